// Starts what the schedule says, and tries again where the day is not ready for it yet.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "app/schedule.h"
#include "base/loop.h"
#include "flow/start.h"

namespace tipoff {

class ScheduledStarts {
 public:
  // All must outlive this. `request` has what the configuration decides.
  ScheduledStarts(Loop& loop, Starter& starter, std::function<StartRequest()> request);
  ~ScheduledStarts();

  // A live batch of the day is as good as a new one. Everything else that makes no batch (no games
  // known, data incomplete or stale, nobody eligible, a store that does not answer) may change: it
  // is tried again, after a minute, then less and less often, until 3 h after it was due; then it
  // is given up, and said so. Several coordinators and restarts make one batch, by its key.
  void Start(const ScheduledStart& due);

 private:
  void Try(const ScheduledStart& due, int tries);
  void Tried(const ScheduledStart& due, int tries, const Result<StartOutcome>& outcome);

  Loop& loop_;
  Starter& starter_;
  std::function<StartRequest()> request_;
  std::map<std::string, Loop::TimerId> waiting_;  // By key.
};

}  // namespace tipoff
