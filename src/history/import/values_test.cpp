#include "history/import/values.h"

#include <gtest/gtest.h>

#include "history/names.h"

namespace tipoff {
namespace {

std::string Date(std::string_view text, bool local = false) {
  auto day = ParseGameDay(text, local);
  return day.ok() ? FormatDay(*day) : day.error().message;
}

int Seconds(std::string_view text, bool dot_is_colon = false) {
  auto played = ParseMinutes(text, dot_is_colon);
  return played.ok() ? played->seconds : -1;
}

TEST(Values, DatesOfAllFormsAreOneDay) {
  for (const char* text :
       {"2024-10-22", "2024/10/22", "10/22/2024", "20241022", "Oct 22, 2024", "October 22, 2024",
        "OCT 22, 2024", "2024-10-22T00:00:00", "2024-10-22 19:30:00", "2024-10-22T19:30:00.000"}) {
    EXPECT_EQ(Date(text), "2024-10-22") << text;
  }
  EXPECT_EQ(Date("Apr 09, 2025"), "2025-04-09");
  EXPECT_EQ(Date("1/4/2024"), "2024-01-04");
}

TEST(Values, AnInstantIsTheDayItIsInNewYork) {
  EXPECT_EQ(Date("2024-10-23T02:00:00Z"), "2024-10-22");
  EXPECT_EQ(Date("2024-10-21T00:00:00Z"), "2024-10-20");
  EXPECT_EQ(Date("2024-10-23T02:00Z"), "2024-10-22");
  EXPECT_EQ(Date("2024-12-25T17:00:00Z"), "2024-12-25");
  EXPECT_EQ(Date("2024-10-22T23:30:00-04:00"), "2024-10-22");
  EXPECT_EQ(Date("2024-10-22 23:40:00+00:00"), "2024-10-22");
  // The hour before the clocks change.
  EXPECT_EQ(Date("2024-11-03T03:59:59Z"), "2024-11-02");
}

TEST(Values, AColumnOfNewYorkTimeIsTakenAtItsWord) {
  EXPECT_EQ(Date("2024-10-22T00:30:00Z", true), "2024-10-22");
}

TEST(Values, F07_AbsurdDatesAreRefused) {
  for (const char* text : {"2024-02-30", "2924-10-22", "0001-01-01", "1899-12-31", "yesterday",
                           "2024", "22.10.2024", "13/40/2024", "Foo 12, 2024", ", 2024", "Apr"}) {
    EXPECT_FALSE(ParseGameDay(text).ok()) << text;
  }
}

TEST(Values, MinutesAreWholeOrFractionsOrMinutesAndSeconds) {
  EXPECT_EQ(Seconds("26"), 26 * 60);
  EXPECT_EQ(Seconds("26.0"), 26 * 60);
  EXPECT_EQ(Seconds("26.083333"), 26 * 60 + 5);
  EXPECT_EQ(Seconds("26:05"), 26 * 60 + 5);
  EXPECT_EQ(Seconds("0"), 0);
  EXPECT_TRUE(ParseMinutes("26", false)->whole_minutes);
  EXPECT_TRUE(ParseMinutes("26.0", false)->whole_minutes);
  EXPECT_FALSE(ParseMinutes("26.5", false)->whole_minutes);
  EXPECT_FALSE(ParseMinutes("26:00", false)->whole_minutes);
}

TEST(Values, MinutesOfKaggleAreMinutesAndSeconds) {
  EXPECT_EQ(Seconds("26.05", true), 26 * 60 + 5);
  EXPECT_EQ(Seconds("15.4", true), 15 * 60 + 40);
  EXPECT_EQ(Seconds("15.04", true), 15 * 60 + 4);
  EXPECT_EQ(Seconds("26:05", true), 26 * 60 + 5);
  EXPECT_EQ(Seconds("37.6", true), 38 * 60);  // Rounded up to sixty seconds.
  EXPECT_EQ(Seconds("26", true), 26 * 60);
  EXPECT_FALSE(ParseMinutes("26", true)->whole_minutes);
  EXPECT_EQ(Seconds("26.75", true), -1);
}

TEST(Values, F07_AbsurdMinutesAreRefused) {
  for (const char* text : {"400", "-5", "80.5", "99999999999", "26:60", "26:5", "26:05:00", "1e1",
                           "inf", "", ":", "26:", ":05", "0x10", "-0:05"}) {
    EXPECT_EQ(Seconds(text), -1) << text;
  }
}

TEST(Values, CountsMayBeFloatsOrSignedOrBlank) {
  EXPECT_EQ(*ParseCount("8", 0, 100), 8);
  EXPECT_EQ(*ParseCount("8.0", 0, 100), 8);
  EXPECT_EQ(*ParseCount("+8", -100, 100), 8);
  EXPECT_EQ(*ParseCount("-14", -100, 100), -14);
  for (const char* blank : {"", "nan", "NaN", "NA", "None", "null", "-"}) {
    EXPECT_EQ(*ParseCount(blank, 0, 100), std::nullopt) << blank;
  }
  for (const char* bad : {"8.5", "-3", "101", "abc", "1e2", "8 8", "99999999999999999999"}) {
    EXPECT_FALSE(ParseCount(bad, 0, 100).ok()) << bad;
  }
}

TEST(Values, HomeIsSaidInManyWays) {
  for (const char* yes : {"1", "HOME", "home", "true", "TRUE", "vs.", "1.0"}) {
    EXPECT_EQ(ParseFlag(yes), true) << yes;
  }
  for (const char* no : {"0", "AWAY", "away", "false", "@"}) EXPECT_EQ(ParseFlag(no), false) << no;
  EXPECT_EQ(ParseFlag("perhaps"), std::nullopt);
  EXPECT_EQ(ParseFlag(""), std::nullopt);
}

TEST(Values, SeasonsAreYearsWithADash) {
  EXPECT_EQ(ParseSeason("2024-25"), "2024-25");
  EXPECT_EQ(ParseSeason("2024-2025"), "2024-25");
  EXPECT_EQ(ParseSeason("22024"), "2024-25");
  EXPECT_EQ(ParseSeason("41999"), "1999-00");
  EXPECT_EQ(ParseSeason("2024"), std::nullopt);
  EXPECT_EQ(ParseSeason("20x4-25"), std::nullopt);
}

TEST(Values, WhatIsShownIsShortAndCanBePrinted) {
  EXPECT_EQ(Shown("abc"), "'abc'");
  EXPECT_EQ(Shown(std::string_view("a\0b\n\x1b[31m", 9)), "'a?b??[31m'");
  EXPECT_EQ(Shown("Dončić"), "'Dončić'");
  EXPECT_EQ(Shown("a\xff"), "'a?'");
  std::string long_text = std::string(39, 'a') + "č and so on";
  EXPECT_TRUE(IsText(Shown(long_text)));
  EXPECT_LT(Shown(std::string(5'000'000, 'x')).size(), 50u);
}

}  // namespace
}  // namespace tipoff
