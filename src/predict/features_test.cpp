#include "predict/features.h"

#include <gtest/gtest.h>

#include <set>

#include "support/player_case.h"

namespace tipoff {
namespace {

TEST(Features, F44_GamesOfTheDayAndLaterAreNotLookedAt) {
  PlayerCase known;
  known.PlayedSteadily(12, 20);
  PlayerCase leaking = known;
  GameRecord same_day = known.history.games.front();
  same_day.date = known.request.game_date;
  same_day.points = 60;
  GameRecord later = same_day;
  later.date = later.date + 3;
  leaking.history.games.insert(leaking.history.games.begin(), {later, same_day});

  Features expected = DeriveFeatures(known.input());
  Features actual = DeriveFeatures(leaking.input());
  for (const FeatureColumn& column : FeatureColumns()) {
    EXPECT_EQ(actual.*column.value, expected.*column.value) << column.name;
  }
}

TEST(Features, MeansOfTheLastGames) {
  PlayerCase player;
  for (int i = 0; i < 12; ++i) player.Played(2 * (i + 1), 10 + i);
  Features f = DeriveFeatures(player.input());
  EXPECT_EQ(f.games, 12);
  EXPECT_DOUBLE_EQ(f.points_l5, 12);        // 10 .. 14
  EXPECT_DOUBLE_EQ(f.points_l10, 14.5);     // 10 .. 19
  EXPECT_DOUBLE_EQ(f.points_season, 15.5);  // 10 .. 21
  EXPECT_DOUBLE_EQ(f.points_trend, 12 - 15.5);
  EXPECT_NEAR(f.points_sd, 3.452, 0.001);
}

TEST(Features, RestIsCountedBeforeTheGame) {
  PlayerCase player;
  player.Played(1, 10).Played(3, 10).Played(7, 10).Played(8, 10).Played(31, 10);
  Features f = DeriveFeatures(player.input());
  EXPECT_EQ(f.rest_days, 1);
  EXPECT_EQ(f.back_to_back, 1);
  EXPECT_EQ(f.games_7_days, 3);
  EXPECT_EQ(f.games_30_days, 4);

  PlayerCase away;
  away.Played(200, 10);
  EXPECT_EQ(DeriveFeatures(away.input()).rest_days, 60);
  EXPECT_EQ(DeriveFeatures(away.input()).back_to_back, 0);
}

TEST(Features, SteadyMinutesAreTheirOwnForm) {
  PlayerCase player;
  player.PlayedSteadily(20, 15, 31);
  Features f = DeriveFeatures(player.input());
  EXPECT_NEAR(f.minutes_form_2, 31, 1e-9);
  EXPECT_NEAR(f.minutes_form_40, 31, 1e-9);
  EXPECT_EQ(f.minutes_sd, 0);
}

TEST(Features, ShortHalfLifeFollowsTheLastGames) {
  PlayerCase player;
  player.PlayedSteadily(4, 20, 36).PlayedSteadily(40, 8, 16);
  Features f = DeriveFeatures(player.input());
  EXPECT_GT(f.minutes_form_2, f.minutes_form_8);
  EXPECT_GT(f.minutes_form_8, f.minutes_form_40);
}

TEST(Features, FirstGamesOfASeasonLeanOnLastSeasonAsAWhole) {
  PlayerCase player;
  player.request.game_date = OnDay("2025-10-25");
  player.Played(2, 12, 24);
  for (int i = 0; i < 3; ++i) player.Played(200 + i, 40, 44);  // The last week of last season.
  for (int i = 0; i < 40; ++i) player.Played(205 + 2 * i, 12, 24);
  Features f = DeriveFeatures(player.input());
  EXPECT_EQ(f.season_games, 1);
  EXPECT_EQ(f.points_season, 12);
  EXPECT_LT(f.minutes_form_2, 26);
}

TEST(Features, BeforeTheFirstGameOfASeasonTheSeasonIsTheLastOne) {
  PlayerCase player;
  player.request.game_date = OnDay("2025-10-22");
  player.Played(195, 20, 30).Played(197, 10, 30);
  Features f = DeriveFeatures(player.input());
  EXPECT_EQ(f.season_games, 0);
  EXPECT_EQ(f.points_season, 15);
  EXPECT_NEAR(f.minutes_form_2, 30, 1e-9);
}

TEST(Features, AnInjuryOfMonthsIsNoOffSeason) {
  PlayerCase player;
  player.Played(100, 20).Played(102, 20);  // Since late October.
  EXPECT_EQ(DeriveFeatures(player.input()).season_games, 2);
}

TEST(Features, UnknownShotsAreLeftOut) {
  PlayerCase player;
  player.PlayedSteadily(20, 15);
  EXPECT_EQ(DeriveFeatures(player.input()).shots_known, 0);
  for (GameRecord& game : player.history.games) {
    game.fga = 12;
    game.fta = 5;
  }
  Features f = DeriveFeatures(player.input());
  EXPECT_DOUBLE_EQ(f.shots_known, 1);
  EXPECT_NEAR(f.shots_per_minute_16, 14.2 / 30, 0.01);
}

TEST(Features, OpponentIsMeasuredAgainstTheLeague) {
  PlayerCase player;
  player.Played(2, 10);
  player.teams = {{"AAA", 30, 110, 104}, {"BBB", 30, 110, 121}, {"CCC", 30, 110, 105}};
  Features f = DeriveFeatures(player.input());
  EXPECT_NEAR(f.opponent_defence, 0.1 * 30 / 35, 1e-9);
  EXPECT_EQ(f.opponent_tier, 2);
  EXPECT_EQ(OpponentTier(player.teams, "AAA"), 0);
  EXPECT_EQ(OpponentTier(player.teams, "CCC"), 1);
  EXPECT_EQ(OpponentTier(player.teams, "ZZZ"), 1);
}

TEST(Features, WithoutTeamFormsNothingIsSaidOfTheOpponent) {
  PlayerCase player;
  player.Played(2, 10);
  player.teams.clear();
  Features f = DeriveFeatures(player.input());
  EXPECT_EQ(f.opponent_defence, 0);
  EXPECT_EQ(f.opponent_tier, 1);
}

TEST(Features, ColumnsAreNamedOnce) {
  std::set<std::string_view> names;
  for (const FeatureColumn& column : FeatureColumns()) {
    EXPECT_TRUE(names.insert(column.name).second) << column.name;
  }
  EXPECT_EQ(names.size() * sizeof(double), sizeof(Features));
}

TEST(Features, LateSeasonIsFromTenthOfMarchToMidApril) {
  auto late = [](const char* date) {
    PlayerCase player;
    player.request.game_date = OnDay(date);
    player.Played(2, 10);
    return DeriveFeatures(player.input()).late_season;
  };
  EXPECT_EQ(late("2026-03-09"), 0);
  EXPECT_DOUBLE_EQ(late("2026-03-25"), 0.5);
  EXPECT_EQ(late("2026-04-12"), 1);
  EXPECT_EQ(late("2026-04-25"), 0);
}

}  // namespace
}  // namespace tipoff
