#include "base/instant.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Instant, ReadsBackAsWritten) {
  for (const char* text :
       {"2025-01-15T18:30:00.000Z", "1969-12-31T23:59:59.999Z", "2024-02-29T00:00:00.125Z"}) {
    EXPECT_EQ(FormatInstant(*ParseInstant(text)), text);
  }
  EXPECT_EQ(FormatInstant(Instant()), "");
}

TEST(Instant, AcceptsOffsetsAndFractions) {
  EXPECT_EQ(*ParseInstant("2025-01-15T18:30:00-05:00"), *ParseInstant("2025-01-15T23:30:00Z"));
  EXPECT_EQ(*ParseInstant("2025-01-16T01:00:00+05:30"), *ParseInstant("2025-01-15T19:30:00Z"));
  EXPECT_EQ(ParseInstant("2025-01-15T18:30:00.123456789Z")->micros() % 1'000'000, 123456);
}

TEST(Instant, RefusesWhatIsNoInstant) {
  for (const char* text :
       {"", "2025-01-15", "2025-02-30T00:00:00Z", "2025-01-15T24:00:00Z", "2025-01-15T18:30:00",
        "2025-01-15T18:30:00.Z", "2025-01-15T18:30:00Zx", "2025-01-15T18:30:00+5:00"}) {
    EXPECT_FALSE(ParseInstant(text).ok()) << text;
  }
}

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(*ParseDuration("1h30m"), Duration(std::chrono::minutes(90)));
  EXPECT_EQ(*ParseDuration("250ms"), Duration(std::chrono::milliseconds(250)));
  EXPECT_EQ(*ParseDuration("14d"), Duration(std::chrono::hours(14 * 24)));
  for (const char* text : {"", "5", "1.5h", "-3s", "5 m", "m", "5x", "999999999999d"}) {
    EXPECT_FALSE(ParseDuration(text).ok()) << text;
  }
}

TEST(Duration, IsShownInTwoUnitsAtMost) {
  EXPECT_EQ(FormatDuration(std::chrono::milliseconds(7)), "7ms");
  EXPECT_EQ(FormatDuration(std::chrono::milliseconds(4250)), "4.2s");
  EXPECT_EQ(FormatDuration(std::chrono::seconds(61)), "1m 1s");
  EXPECT_EQ(FormatDuration(std::chrono::minutes(120)), "2h");
  EXPECT_EQ(FormatDuration(std::chrono::hours(50)), "2d 2h");
  EXPECT_EQ(FormatDuration(-std::chrono::seconds(5)), "-5.0s");
}

TEST(Day, ReadsBackAndChecksTheCalendar) {
  EXPECT_EQ(FormatDay(*ParseDay("2024-02-29")), "2024-02-29");
  EXPECT_EQ(*ParseDay("2025-03-01") - *ParseDay("2025-02-28"), 1);
  for (const char* text : {"", "2025-2-1", "2023-02-29", "2025-13-01", "2025-01-00", "20250101",
                           "2025-01-15 ", "TODAY"}) {
    EXPECT_FALSE(ParseDay(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tipoff
