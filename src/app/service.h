// A coordinator with its API, joined: `serve` puts a server in front of it,
// the command line calls it within its own process.
#pragma once

#include <memory>
#include <string>

#include "api/api.h"
#include "app/announcers.h"
#include "app/engines.h"
#include "app/history.h"
#include "http/client.h"
#include "store/metered_store.h"

namespace tipoff {

class Service {
 public:
  struct Options {
    Sweep::Options sweep;
    AnnounceOptions announce;
    CanaryRunner::Options canary;
    ApiOptions api;
    Auth::Options auth;
    Worker::Options push_worker;  // process and name are set here, and the program's version.
    PrefetchPlan prefetch;
    Predictor predict;            // If set, /predict works what it is sent.
    bool fetch_key_sets = false;  // Whether OIDC key sets may be asked for over the network.
  };

  // Opens what the profile names. Nothing runs until coordinator().Start().
  static Result<std::unique_ptr<Service>> Open(const Globals& globals, Access access,
                                               Options options);
  ~Service();

  Engines& engines() { return *engines_; }
  Coordinator& coordinator() { return *coordinator_; }
  Api& api() { return *api_; }

  // Reads the keys before anybody comes.
  void WarmAuth() { auth_->Warm(); }

  // Lets the first batch find the box scores in memory, where they lie in the data folder.
  void WarmHistory();

  // Sweeps away now and then what nobody needs any more: answers kept for repeats.
  void StartHousekeeping();

  // Runs the loop until what is under way is durable, for at most `limit`.
  void Drain(Duration limit);

 private:
  explicit Service(std::unique_ptr<Engines> engines);
  void DropOld();

  std::unique_ptr<Engines> engines_;
  std::unique_ptr<HttpClient> http_client_;
  std::unique_ptr<BigqueryRows> rows_;
  std::unique_ptr<Bus> closed_bus_;  // Where the folder is open for reading only.
  std::unique_ptr<History> history_;
  std::unique_ptr<MeteredStore> store_;
  bool history_is_local_ = true;
  std::unique_ptr<PrefetchSource> prefetch_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Auth> auth_;
  std::unique_ptr<Audit> audit_;
  std::unique_ptr<Worker> push_worker_;
  std::unique_ptr<Api> api_;
  Loop::TimerId housekeeping_ = 0;
  Duration keep_batches_{0};  // 0: for ever.
};

}  // namespace tipoff
