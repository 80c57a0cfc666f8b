#include "history/delayed_history.h"

#include <memory>

namespace tipoff {

DelayedHistory::~DelayedHistory() {
  for (Loop::TimerId timer : timers_) loop_.Cancel(timer);
}

void DelayedHistory::Load(HistoryQuery query, LoadDone done) {
  if (ills_.hangs) return;
  auto timer = std::make_shared<Loop::TimerId>(0);
  *timer = loop_.After(ills_.delay, [this, timer, query = std::move(query), done] {
    timers_.erase(*timer);
    Answer(query, done);
  });
  timers_.insert(*timer);
}

void DelayedHistory::Answer(HistoryQuery query, LoadDone done) {
  if (ills_.failure.empty()) return source_.Load(std::move(query), std::move(done));
  loop_.Post([done = std::move(done), failure = ills_.failure] {
    done(Error{Errc::kUnavailable, failure});
  });
}

}  // namespace tipoff
