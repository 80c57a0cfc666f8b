// A history source that is late, fails or hangs: for tests and demonstrations of what happens then.
#pragma once

#include <set>
#include <string>

#include "base/loop.h"
#include "history/history.h"

namespace tipoff {

class DelayedHistory final : public History {
 public:
  struct Ills {
    Duration delay{0};    // Before the source is asked.
    bool hangs = false;   // It never answers.
    std::string failure;  // Not empty: it answers kUnavailable with that, after the delay.
  };

  // Both must outlive this.
  DelayedHistory(Loop& loop, History& source, Ills ills)
      : loop_(loop), source_(source), ills_(std::move(ills)) {}
  ~DelayedHistory() override;

  void Load(HistoryQuery query, LoadDone done) override;

 private:
  void Answer(HistoryQuery query, LoadDone done);

  Loop& loop_;
  History& source_;
  Ills ills_;
  std::set<Loop::TimerId> timers_;
};

}  // namespace tipoff
