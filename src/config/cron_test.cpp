#include "config/cron.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

std::string Next(std::string_view line, std::string_view after) {
  auto cron = ParseCron(line);
  EXPECT_TRUE(cron.ok()) << cron.error().message;
  return FormatInstant(NextAfter(*cron, *ParseInstant(after)));
}

std::string Problem(std::string_view line) {
  auto cron = ParseCron(line);
  return cron.ok() ? "" : cron.error().message;
}

TEST(Cron, TheTimeIsNewYorks) {
  EXPECT_EQ(Next("0 10 * * *", "2025-01-15T14:59:59Z"), "2025-01-15T15:00:00.000Z");
  EXPECT_EQ(Next("0 10 * * *", "2025-01-15T15:00:00Z"), "2025-01-16T15:00:00.000Z");
  EXPECT_EQ(Next("0 10 * * *", "2025-07-01T00:00:00Z"), "2025-07-01T14:00:00.000Z");
  EXPECT_EQ(Next("30 23 * * *", "2025-01-16T04:00:00Z"), "2025-01-16T04:30:00.000Z");
}

TEST(Cron, ListsRangesStepsAndNames) {
  EXPECT_EQ(Next("*/15 * * * *", "2025-01-15T15:00:00Z"), "2025-01-15T15:15:00.000Z");
  EXPECT_EQ(Next("5,50 9-17/4 * * *", "2025-01-15T15:00:00Z"), "2025-01-15T18:05:00.000Z");
  EXPECT_EQ(Next("0 0 1 jul *", "2025-01-15T15:00:00Z"), "2025-07-01T04:00:00.000Z");
  EXPECT_EQ(ParseCron("0 0 * * SUN")->weekdays, ParseCron("0 0 * * 7")->weekdays);
  EXPECT_EQ(Next("0 0 * * 5-7", "2025-01-16T15:00:00Z"), "2025-01-17T05:00:00.000Z") << "a Friday";
  EXPECT_EQ(ParseCron("* * * * *")->minutes.count(), 60u);
}

TEST(Cron, DayOfMonthAndDayOfWeekAreEitherIfBothAreGiven) {
  // 2025-01-15 is a Wednesday, the 20th a Monday.
  EXPECT_EQ(Next("0 12 17 * MON", "2025-01-15T20:00:00Z"), "2025-01-17T17:00:00.000Z");
  EXPECT_EQ(Next("0 12 17 * MON", "2025-01-17T20:00:00Z"), "2025-01-20T17:00:00.000Z");
  EXPECT_EQ(Next("0 12 * * MON", "2025-01-15T20:00:00Z"), "2025-01-20T17:00:00.000Z");
}

TEST(Cron, LeapDaysComeHoweverFarAway) {
  EXPECT_EQ(Next("0 12 29 2 *", "2096-03-01T00:00:00Z"), "2104-02-29T17:00:00.000Z");
}

TEST(Cron, F11_ATimeThatTheClocksSkipComesAtTheNextMinuteThatExists) {
  // 2025-03-09: after 01:59 EST comes 03:00 EDT.
  EXPECT_EQ(Next("30 2 * * *", "2025-03-09T05:00:00Z"), "2025-03-09T07:00:00.000Z");
  EXPECT_EQ(Next("30 2 * * *", "2025-03-09T07:00:00Z"), "2025-03-10T06:30:00.000Z");
  // Four skipped times and 03:00 itself are one.
  EXPECT_EQ(Next("*/15 * * * *", "2025-03-09T06:45:00Z"), "2025-03-09T07:00:00.000Z");
  EXPECT_EQ(Next("*/15 * * * *", "2025-03-09T07:00:00Z"), "2025-03-09T07:15:00.000Z");
}

TEST(Cron, F11_ATimeThatTheClocksShowTwiceComesOnce) {
  // 2025-11-02: 01:30 is 05:30Z and again 06:30Z.
  EXPECT_EQ(Next("30 1 * * *", "2025-11-02T04:00:00Z"), "2025-11-02T05:30:00.000Z");
  EXPECT_EQ(Next("30 1 * * *", "2025-11-02T05:30:00Z"), "2025-11-03T06:30:00.000Z");
  EXPECT_EQ(Next("30 1 * * *", "2025-11-02T06:15:00Z"), "2025-11-03T06:30:00.000Z")
      << "asked during the second hour";
}

TEST(Cron, MistakesNameTheField) {
  EXPECT_NE(Problem("60 * * * *").find("minute"), std::string::npos);
  EXPECT_NE(Problem("* 24 * * *").find("hour"), std::string::npos);
  EXPECT_NE(Problem("* * 0 * *").find("day of the month"), std::string::npos);
  EXPECT_NE(Problem("* * * 13 *").find("month"), std::string::npos);
  EXPECT_NE(Problem("* * * * FUN").find("day of the week"), std::string::npos);
  EXPECT_NE(Problem("* * * * 8").find("day of the week"), std::string::npos);
  for (const char* line :
       {"", "* * * *", "* * * * * *", "@daily", "1, * * * *", "5-1 * * * *", "*/0 * * * *",
        "*/x * * * *", "5/10 * * * *", "-1 * * * *", "1- * * * *", "** * * * *", "+1 * * * *"}) {
    EXPECT_NE(Problem(line), "") << line;
  }
  EXPECT_NE(Problem("0 0 30 2 *").find("never"), std::string::npos);
  EXPECT_EQ(Problem("0 0 30 2 MON"), "") << "every Monday of February";
}

}  // namespace
}  // namespace tipoff
