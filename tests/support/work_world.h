// A coordinator with the doors for workers elsewhere: leases and pushes, asked without sockets.
#pragma once

#include <boost/json.hpp>
#include <memory>
#include <optional>
#include <string>

#include "api/api.h"
#include "support/api_world.h"
#include "worker/worker.h"

namespace tipoff {

// Everybody has played one game, of 20 points.
class OneGameHistory final : public History {
 public:
  explicit OneGameHistory(Loop& loop) : loop_(loop) {}
  void Load(HistoryQuery query, LoadDone done) override;

  int queries = 0;
  bool down = false;
  bool hang = false;

 private:
  Loop& loop_;
};

struct WorkWorld {
  // A slate of ten players; with a push worker, which predicts two rows for everybody.
  explicit WorkWorld(bool push = true);
  ~WorkWorld();

  // Sends a request to the route that is there for it; the answer comes with the loop.
  std::shared_ptr<TestResponder> Send(const std::string& path, const std::string& body);
  // The same, until it is answered.
  HttpResponse Ask(const std::string& path, const std::string& body = "{}");

  // Starts the batch of the slate and waits until its requests are on the bus.
  void StartBatch();
  const MemoryDatabase::StoredBatch& Everything() const { return world.Everything(batch); }
  Batch Stored() const { return world.Stored(batch); }
  const Request& Row(std::uint32_t ordinal) const { return Everything().requests.at(ordinal).row; }
  Backlog Left(Topic::Kind kind) { return world.broker.Inspect({kind, ""}, world.loop.Now()); }

  // Leases of a call with these fields of its body; each is {token, expires_at, ...}.
  boost::json::array Lease(const std::string& fields = "");

  World world;
  std::unique_ptr<TestCoordinator> process;
  OneGameHistory history;
  Worker push_worker;
  Auth auth;
  Audit audit;
  Router router;
  std::shared_ptr<bool> draining = std::make_shared<bool>(false);  // The process is about to end.
  BatchId batch;
};

}  // namespace tipoff
