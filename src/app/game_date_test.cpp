#include "app/game_date.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(GameDate, F11_TodayAndTomorrowAreNewYorks) {
  Instant evening = *ParseInstant("2026-01-27T23:40:00Z");
  EXPECT_EQ(FormatDay(*ResolveGameDate("TODAY", evening)), "2026-01-27");
  EXPECT_EQ(FormatDay(*ResolveGameDate("TOMORROW", evening)), "2026-01-28");
  Instant night = *ParseInstant("2026-01-28T03:00:00Z");
  EXPECT_EQ(FormatDay(*ResolveGameDate("TODAY", night)), "2026-01-27");
  Instant clocks_change = *ParseInstant("2025-03-10T03:30:00Z");
  EXPECT_EQ(FormatDay(*ResolveGameDate("TOMORROW", clocks_change)), "2025-03-10");
}

TEST(GameDate, OtherTextsMustBeDates) {
  Instant now = *ParseInstant("2026-01-27T23:40:00Z");
  EXPECT_EQ(FormatDay(*ResolveGameDate("2025-01-15", now)), "2025-01-15");
  for (const char* text : {"today", "", "2025-02-30", "15.1.2025"}) {
    auto date = ResolveGameDate(text, now);
    ASSERT_FALSE(date.ok()) << text;
    EXPECT_NE(date.error().message.find("TOMORROW"), std::string::npos);
  }
}

}  // namespace
}  // namespace tipoff
