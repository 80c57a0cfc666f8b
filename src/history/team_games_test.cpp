#include "history/team_games.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

const Day kFirst = *ParseDay("2025-01-01");

TEST(TeamGames, OnlyTheLastThirtyBeforeADayCount) {
  TeamGames games;
  for (int i = 0; i < 40; ++i) games.Add(kFirst + i, "X", i < 5 ? 0 : 100, "A", 90);
  EXPECT_EQ(games.FormsBefore(kFirst + 36, kFirst),
            (std::vector<TeamForm>{{"A", 30, 90, 100}, {"X", 30, 100, 90}}));
}

TEST(TeamGames, NeitherTheDayItselfNorWhatIsTooOld) {
  TeamGames games;
  games.Add(kFirst, "A", 10, "B", 20);
  games.Add(kFirst + 5, "A", 100, "B", 90);
  games.Add(kFirst + 6, "A", 1, "C", 2);
  EXPECT_EQ(games.FormsBefore(kFirst + 6, kFirst + 1),
            (std::vector<TeamForm>{{"A", 1, 100, 90}, {"B", 1, 90, 100}}));
  EXPECT_TRUE(games.FormsBefore(kFirst, kFirst - 10).empty());
}

}  // namespace
}  // namespace tipoff
