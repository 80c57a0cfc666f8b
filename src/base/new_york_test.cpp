#include "base/new_york.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(NewYork, F11_TheDayIsNewYorksLateInTheEvening) {
  EXPECT_EQ(FormatDay(NewYorkDay(*ParseInstant("2026-01-27T23:40:00Z"))), "2026-01-27");
  EXPECT_EQ(FormatDay(NewYorkDay(*ParseInstant("2026-01-28T04:59:59Z"))), "2026-01-27");
  EXPECT_EQ(FormatDay(NewYorkDay(*ParseInstant("2026-01-28T05:00:00Z"))), "2026-01-28");
}

TEST(NewYork, F11_TheDayTheClocksChange) {
  // Spring: 2025-03-09 has 23 hours; summer time from 07:00 UTC.
  EXPECT_EQ(FormatDay(NewYorkDay(*ParseInstant("2025-03-10T03:59:00Z"))), "2025-03-09");
  EXPECT_EQ(FormatDay(NewYorkDay(*ParseInstant("2025-03-10T04:00:00Z"))), "2025-03-10");
  // Autumn: 2025-11-02 has 25 hours.
  EXPECT_EQ(FormatDay(NewYorkDay(*ParseInstant("2025-11-03T04:59:00Z"))), "2025-11-02");
  EXPECT_EQ(NewYorkMinuteOfDay(*ParseInstant("2025-11-02T05:30:00Z")), 90);
  EXPECT_EQ(NewYorkMinuteOfDay(*ParseInstant("2025-11-02T06:30:00Z")), 90) << "twice 01:30";
}

TEST(NewYork, WallClockTimesBecomeInstants) {
  Day day = *ParseDay("2025-01-15");
  EXPECT_EQ(FormatInstant(NewYorkInstant(day, 10 * 60)), "2025-01-15T15:00:00.000Z");
  Day spring = *ParseDay("2025-03-09");
  EXPECT_EQ(FormatInstant(NewYorkInstant(spring, 150)), "2025-03-09T07:00:00.000Z")
      << "02:30 does not exist: the first instant after the gap";
  Day autumn = *ParseDay("2025-11-02");
  EXPECT_EQ(FormatInstant(NewYorkInstant(autumn, 90)), "2025-11-02T05:30:00.000Z");
}

}  // namespace
}  // namespace tipoff
