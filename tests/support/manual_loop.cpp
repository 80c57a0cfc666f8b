#include "support/manual_loop.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

constexpr Instant kEpoch = Instant::FromMicros(1'750'000'000'000'000);

}  // namespace

Instant ManualLoop::Now() {
  std::scoped_lock guard(mutex_);
  return kEpoch + elapsed_ + wall_offset_;
}

Duration ManualLoop::Steady() {
  std::scoped_lock guard(mutex_);
  return std::chrono::hours(1) + elapsed_;
}

void ManualLoop::Post(Task task) {
  std::scoped_lock guard(mutex_);
  tasks_.push_back(std::move(task));
  posted_.notify_all();
}

Loop::TimerId ManualLoop::After(Duration delay, Task task) {
  std::scoped_lock guard(mutex_);
  TimerId id = next_timer_++;
  timers_.emplace(std::pair(elapsed_ + delay, id), std::move(task));
  due_[id] = elapsed_ + delay;
  return id;
}

void ManualLoop::Cancel(TimerId timer) {
  std::scoped_lock guard(mutex_);
  auto due = due_.find(timer);
  if (due == due_.end()) return;
  timers_.erase({due->second, timer});
  due_.erase(due);
}

bool ManualLoop::RunOne() {
  Task task;
  {
    std::scoped_lock guard(mutex_);
    if (tasks_.empty()) return false;
    task = std::move(tasks_.front());
    tasks_.pop_front();
  }
  task();
  return true;
}

void ManualLoop::RunUntil(const std::function<bool()>& done) {
  auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!done()) {
    if (RunOne()) continue;
    std::unique_lock guard(mutex_);
    bool posted = posted_.wait_until(guard, give_up, [&] { return !tasks_.empty(); });
    if (!posted) {
      ADD_FAILURE() << "nothing more happened, and what was waited for did not";
      throw std::runtime_error("ManualLoop: waited in vain");
    }
  }
}

void ManualLoop::RunIdle() {
  while (RunOne()) {
  }
}

void ManualLoop::Advance(Duration by) {
  Duration target;
  {
    std::scoped_lock guard(mutex_);
    target = elapsed_ + by;
  }
  while (true) {
    RunIdle();
    Task task;
    {
      std::scoped_lock guard(mutex_);
      auto first = timers_.begin();
      if (first == timers_.end() || first->first.first > target) break;
      elapsed_ = std::max(elapsed_, first->first.first);
      due_.erase(first->first.second);
      task = std::move(first->second);
      timers_.erase(first);
    }
    task();
  }
  {
    std::scoped_lock guard(mutex_);
    elapsed_ = target;
  }
  RunIdle();
}

void ManualLoop::StepWallClock(Duration by) {
  std::scoped_lock guard(mutex_);
  wall_offset_ += by;
}

}  // namespace tipoff
