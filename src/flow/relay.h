// Outbox to bus: publishes what is recorded and not yet confirmed. Recorded means it will be sent:
// whoever finds a batch with something in its outbox kicks the relay, and it resumes from there.
#pragma once

#include <map>
#include <optional>

#include "base/loop.h"
#include "base/random.h"
#include "bus/bus.h"
#include "flow/driver.h"
#include "store/store.h"

namespace tipoff {

class Relay {
 public:
  Relay(Loop& loop, Store& store, Bus& bus, Driver& driver, Random& random, TroubleLog& troubles);
  ~Relay();

  // Publishes everything in the batch's outbox. Kicked while it is at work it looks once more when
  // it is through; publishing a request twice is harmless.
  void Kick(const Batch& batch);

  // Batches it is at work on.
  std::size_t active() const { return runs_.size(); }

 private:
  struct Run;
  void NextPage(const BatchId& id);
  void Publish(const BatchId& id, std::vector<NewRequest> page);
  void Confirm(const BatchId& id, const std::vector<NewRequest>& page,
               const std::vector<std::string>& refusals);
  void PageDone(const BatchId& id, std::optional<Error> trouble);
  void Pause(const BatchId& id, const Error& error);
  void NewRound(const BatchId& id);
  void Finish(const BatchId& id);

  Loop& loop_;
  Store& store_;
  Bus& bus_;
  Driver& driver_;
  Random& random_;
  TroubleLog& troubles_;
  std::map<BatchId, Run> runs_;
};

}  // namespace tipoff
