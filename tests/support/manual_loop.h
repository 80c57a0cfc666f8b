// A loop whose time stands still until a test moves it. Tasks posted by adapters' real threads are
// waited for; no test ever sleeps.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <optional>

#include "base/loop.h"

namespace tipoff {

class ManualLoop final : public Loop {
 public:
  Instant Now() override;
  Duration Steady() override;
  void Post(Task task) override;
  TimerId After(Duration delay, Task task) override;
  void Cancel(TimerId timer) override;

  // Runs posted tasks until `done()` holds. Fails the test after 20 real seconds without it.
  void RunUntil(const std::function<bool()>& done);
  // Runs what is posted, until nothing is. For backends without threads of their own.
  void RunIdle();
  // Moves the time, running due timers and what they post in order.
  void Advance(Duration by);
  // Moves only the wall clock, as an operator or a faulty clock does; timers do not care.
  void StepWallClock(Duration by);

 private:
  bool RunOne();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<Task> tasks_;
  std::map<std::pair<Duration, TimerId>, Task> timers_;
  std::map<TimerId, Duration> due_;
  TimerId next_timer_ = 1;
  Duration elapsed_{};
  Duration wall_offset_{};
};

// Runs one asynchronous call on a ManualLoop and returns its answer.
template <class T, class Call>
Result<T> Await(ManualLoop& loop, Call call) {
  std::optional<Result<T>> answer;
  call([&](Result<T> result) { answer.emplace(std::move(result)); });
  loop.RunUntil([&] { return answer.has_value(); });
  return std::move(*answer);
}

}  // namespace tipoff
