#include "app/schedule.h"

#include <gtest/gtest.h>

#include "base/new_york.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class ScheduleTest : public testing::Test {
 protected:
  // The wall clock of the test.
  void Set(std::string_view at) { loop_.StepWallClock(*ParseInstant(at) - loop_.Now()); }

  void Begin(std::initializer_list<const char*> lines) {
    std::vector<StartLine> parsed;
    for (const char* line : lines) parsed.push_back(*ParseStartLine(line));
    schedule_ = std::make_unique<Schedule>(loop_, std::move(parsed),
                                           [this](const ScheduledStart& s) { ran_.push_back(s); });
    schedule_->Start();
    loop_.RunIdle();
  }

  std::vector<std::string> Due() const {
    std::vector<std::string> due;
    for (const ScheduledStart& start : ran_) due.push_back(FormatInstant(start.due));
    return due;
  }

  ManualLoop loop_;
  std::unique_ptr<Schedule> schedule_;
  std::vector<ScheduledStart> ran_;
};

using Times = std::vector<std::string>;

TEST_F(ScheduleTest, ALineRunsAtItsMinuteWithItsDayAndMode) {
  Set("2025-01-15T14:58:30Z");
  Begin({"0 10 * * * TODAY FIRST"});
  loop_.Advance(seconds(89));
  EXPECT_TRUE(ran_.empty());
  loop_.Advance(seconds(1));
  ASSERT_EQ(Due(), Times{"2025-01-15T15:00:00.000Z"});
  EXPECT_EQ(FormatDay(ran_[0].game_date), "2025-01-15");
  EXPECT_EQ(ran_[0].run_mode, "FIRST");
  EXPECT_EQ(ran_[0].line, "0 10 * * * TODAY FIRST");
  loop_.Advance(hours(48));
  EXPECT_EQ(ran_.size(), 3u);
}

TEST_F(ScheduleTest, F11_TodayAndTomorrowAreNewYorksAtTheMinuteThatWasDue) {
  Set("2025-01-16T04:29:00Z");
  Begin({"30 23 * * * TOMORROW", "30 23 * * * TODAY"});
  loop_.Advance(minutes(2));
  ASSERT_EQ(ran_.size(), 2u);
  EXPECT_EQ(FormatDay(ran_[0].game_date), "2025-01-16");
  EXPECT_EQ(FormatDay(ran_[1].game_date), "2025-01-15");
  EXPECT_NE(ran_[0].idempotency_key, ran_[1].idempotency_key);
}

TEST_F(ScheduleTest, F11_OnTheDaysWhenTheClocksChangeALineRunsOnce) {
  Set("2025-03-09T05:00:00Z");
  Begin({"30 2 * * *", "30 1 * * *"});
  loop_.Advance(hours(6));
  EXPECT_EQ(Due(), (Times{"2025-03-09T06:30:00.000Z", "2025-03-09T07:00:00.000Z"}));
  ran_.clear();
  Set("2025-11-02T04:00:00Z");
  loop_.Advance(hours(8));
  EXPECT_EQ(Due(), (Times{"2025-11-02T05:30:00.000Z", "2025-11-02T07:30:00.000Z"}));
}

TEST_F(ScheduleTest, AStepForwardIsNoticedAndWhatItMissedRunsOnce) {
  Set("2025-01-15T14:00:00Z");
  Begin({"*/10 10 * * *"});
  loop_.StepWallClock(hours(3));
  loop_.Advance(seconds(30));
  EXPECT_EQ(Due(), Times{"2025-01-15T15:50:00.000Z"}) << "the last of six";
}

TEST_F(ScheduleTest, WhatWasMissedOnAnotherDayIsNotMadeUpFor) {
  Set("2025-01-15T14:00:00Z");
  Begin({"0 10 * * *"});
  loop_.StepWallClock(hours(24));
  loop_.Advance(seconds(30));
  EXPECT_TRUE(ran_.empty());
  loop_.Advance(hours(1));
  EXPECT_EQ(Due(), Times{"2025-01-16T15:00:00.000Z"});
}

TEST_F(ScheduleTest, AStepBackRunsNoMinuteTwice) {
  Set("2025-01-15T14:59:00Z");
  Begin({"0 10 * * *"});
  loop_.Advance(minutes(5));
  ASSERT_EQ(ran_.size(), 1u);
  for (int i = 0; i < 3; ++i) {
    loop_.StepWallClock(-minutes(30));
    loop_.Advance(minutes(31));
  }
  EXPECT_EQ(ran_.size(), 1u);
  loop_.Advance(hours(24));
  EXPECT_EQ(ran_.size(), 2u);
}

TEST_F(ScheduleTest, AClockThatWasAYearAheadForAMomentHoldsNothingUp) {
  Set("2025-01-15T14:00:00Z");
  Begin({"0 10 * * *"});
  loop_.StepWallClock(hours(24 * 365));
  loop_.Advance(minutes(1));
  loop_.StepWallClock(-hours(24 * 365));
  loop_.Advance(hours(2));
  EXPECT_EQ(Due(), Times{"2025-01-15T15:00:00.000Z"});
}

TEST_F(ScheduleTest, ARestartOverTheMinuteLosesNothingAndKeepsTheKey) {
  Set("2025-01-15T14:59:00Z");
  Begin({"0 10 * * *"});
  loop_.Advance(minutes(2));
  ASSERT_EQ(ran_.size(), 1u);
  schedule_.reset();
  Begin({"0 10 * * *"});
  ASSERT_EQ(ran_.size(), 2u);
  EXPECT_EQ(ran_[0].idempotency_key, ran_[1].idempotency_key);
  schedule_.reset();
  loop_.Advance(minutes(20));
  Begin({"0 10 * * *"});
  EXPECT_EQ(ran_.size(), 2u) << "too long ago";
}

TEST_F(ScheduleTest, WithoutLinesNothingRunsAndDestroyedNothingRunsAnyMore) {
  Set("2025-01-15T14:59:30Z");
  Begin({});
  EXPECT_TRUE(schedule_->Next(loop_.Now()).never());
  Begin({"* * * * *"});
  ran_.clear();
  EXPECT_EQ(FormatInstant(schedule_->Next(loop_.Now())), "2025-01-15T15:00:00.000Z");
  schedule_.reset();
  loop_.Advance(hours(1));
  EXPECT_TRUE(ran_.empty());
}

}  // namespace
}  // namespace tipoff
