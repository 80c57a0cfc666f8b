// Starts game days by the clock, so that no outside scheduler is needed.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "config/start_line.h"

namespace tipoff {

// One start that is due.
struct ScheduledStart {
  Instant due;
  Day game_date;  // TODAY or TOMORROW of New York at `due`, resolved here and never again.
  std::string run_mode;
  std::string line;  // As it stands in schedule.start.
  // The same for the same line and minute in every coordinator and after a restart, so that all of
  // them together start one batch.
  std::string idempotency_key;
};

// Looks at the wall clock every 30 s at most, so a step of it is noticed. After a step forward, or
// when the machine slept, a line that was missed runs at once if its New York day is not over, once
// however often it was missed. No minute of a line runs twice, wherever the clock steps.
class Schedule {
 public:
  using Callback = std::function<void(const ScheduledStart&)>;

  // `loop` must outlive this; `start` is called on it.
  Schedule(Loop& loop, std::vector<StartLine> lines, Callback start);
  ~Schedule();

  // From now on, until destroyed. Lines that were due in the last 10 minutes run, too: a restart
  // over such a minute loses nothing, and where it was done already the key says so.
  void Start();

  // The next time that any line is due after `now`; never without lines.
  Instant Next(Instant now) const;

 private:
  struct Entry {
    StartLine line;
    std::deque<Instant> ran;  // The newest last.
  };
  void Look();
  void Run(Entry& entry, Instant from, Instant now);

  Loop& loop_;
  std::vector<Entry> entries_;
  Callback start_;
  Instant looked_;  // Up to here everything due has run.
  Loop::TimerId timer_ = 0;
};

}  // namespace tipoff
