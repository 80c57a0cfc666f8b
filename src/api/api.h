// Everything that can be asked of a coordinator, as HTTP requests and answers, without a socket:
// `tipoff serve` puts a server in front of it, the command line calls it in its own process.
//
// A call goes origin check ─► route ─► who ─► may he ─► seen before (Idempotency-Key) ─► handler.
// docs/API.md and /openapi.json describe the routes.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/audit.h"
#include "api/auth.h"
#include "api/page.h"
#include "api/router.h"
#include "base/loop.h"
#include "base/random.h"
#include "bus/bus.h"
#include "core/policy.h"
#include "core/tally.h"
#include "flow/coordinator.h"
#include "history/history.h"
#include "http/message.h"
#include "store/store.h"
#include "worker/held_request.h"

namespace tipoff {

class Worker;

struct CanaryRules {
  Duration period{0};  // 0: none fly.
  int losses_max = 3;  // So many in a row mean a dead path.
  bool readiness = false;
};

struct ApiOptions {
  Policy policy;  // Of new batches.
  double min_minutes = 15;
  Duration start_window_past = std::chrono::hours(24) * 90;  // For the platform's /start only.
  Duration start_window_future = std::chrono::hours(24) * 14;
  double completeness_min_percent = 80;
  Duration force_repeat_window = std::chrono::minutes(5);
  std::vector<std::string> groups;  // Of systems, besides tipoff's own.
  Duration slate_age_max{0};        // 0: no limit.
  // Of requests that are handed out over HTTP.
  HistoryRules lease_history{.timeout = std::chrono::seconds(10)};
  int tries_max = 3;                       // Deliveries of a request that fails deterministically.
  std::vector<std::string> allowed_hosts;  // Host and Origin names beside the loopback ones.
  CanaryRules canary;
  bool read_only = false;  // The store can't be written: nothing is tried.
  std::string version;
  std::span<const PageFile> page;  // Empty: there is none.
};

// What the routes work with. All must outlive the Api.
struct ApiParts {
  Loop& loop;
  Store& store;
  Bus& bus;
  History& history;  // For workers elsewhere, who have none.
  Random& random;
  Coordinator& coordinator;
  Auth& auth;
  Audit& audit;
  Worker* push_worker = nullptr;  // Works what /predict is sent; nullptr: that door is closed.
  ApiOptions options;
  const Tally* tally = nullptr;  // What the coordinator has committed; nullptr: not counted.
};

class Api {
 public:
  explicit Api(ApiParts parts);
  ~Api();

  // Answers on the loop. Callable from any thread.
  void Handle(HttpRequest request, std::shared_ptr<Responder> responder);
  // The same for the process itself: asks for no key, may do everything.
  void HandleLocal(HttpRequest request, std::shared_ptr<Responder> responder);

  // From then on /readyz says no, and nothing is started any more: the process is about to end.
  void Drain();

  const Router& router() const { return router_; }

 private:
  void Route(HttpRequest request, std::shared_ptr<Responder> responder, bool local);
  void Perform(std::function<void(Call)> handler, Call call);

  ApiParts parts_;
  Router router_;
  std::shared_ptr<bool> draining_;
};

}  // namespace tipoff
