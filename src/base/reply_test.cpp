#include "base/reply.h"

#include <gtest/gtest.h>

#include <deque>

namespace tipoff {
namespace {

using std::chrono::seconds;

// A loop that runs what is due only when a test says so, in the order of a machine that wakes up:
// timers before what was posted meanwhile.
class SleepyLoop final : public Loop {
 public:
  Instant Now() override { return Instant(); }
  Duration Steady() override { return now_; }
  void Post(Task task) override { posted_.push_back(std::move(task)); }
  TimerId After(Duration delay, Task task) override {
    due_ = now_ + delay;
    timer_ = std::move(task);
    return ++next_;
  }
  void Cancel(TimerId) override { timer_ = nullptr; }

  void Sleep(Duration time) { now_ += time; }
  void Wake() {
    if (timer_ != nullptr && now_ >= due_) std::exchange(timer_, nullptr)();
    while (!posted_.empty()) {
      Task task = std::move(posted_.front());
      posted_.pop_front();
      task();
    }
  }

 private:
  Duration now_{}, due_{};
  Task timer_;
  std::deque<Task> posted_;
  TimerId next_ = 0;
};

struct ReplyTest : testing::Test {
  SleepyLoop loop;
  std::string heard;
  std::shared_ptr<Reply<int>> reply = Reply<int>::Start(
      loop, seconds(10), {Errc::kUnavailable, "late"},
      [this](Result<int> r) { heard += r.ok() ? std::to_string(*r) : r.error().message; });
};

TEST_F(ReplyTest, WithoutAnAnswerItIsLateOnce) {
  loop.Sleep(seconds(10));
  loop.Wake();
  reply->Post(1);
  loop.Wake();
  EXPECT_EQ(heard, "late");
}

TEST_F(ReplyTest, WhatWasAnsweredWhileTheProcessStoodStillComesFirst) {
  reply->Post(7);
  loop.Sleep(seconds(60));
  loop.Wake();
  EXPECT_EQ(heard, "7");
}

TEST_F(ReplyTest, AProcessThatKeepsStandingStillWaitsOnceMoreOnly) {
  loop.Sleep(seconds(60));
  loop.Wake();
  EXPECT_EQ(heard, "");
  loop.Sleep(seconds(60));
  loop.Wake();
  EXPECT_EQ(heard, "late");
}

}  // namespace
}  // namespace tipoff
