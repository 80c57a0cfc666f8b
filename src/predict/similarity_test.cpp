#include "predict/similarity.h"

#include <gtest/gtest.h>

#include "support/player_case.h"

namespace tipoff {
namespace {

std::optional<Estimate> Of(const PlayerCase& player) {
  PredictionInput input = player.input();
  return Similarity().Predict({&input, 1}).front();
}

TEST(Similarity, AppliesFromFiveGames) {
  PlayerCase player;
  player.PlayedSteadily(4, 12);
  EXPECT_FALSE(Of(player).has_value());
  player.PlayedSteadily(1, 12);
  ASSERT_TRUE(Of(player).has_value());
  EXPECT_NEAR(Of(player)->mean, 12, 1e-9);
}

TEST(Similarity, GamesAgainstSuchADefenceCountMore) {
  PlayerCase player;
  player.teams = {{"AAA", 30, 110, 110}, {"BBB", 30, 110, 120}, {"CCC", 30, 110, 100}};
  player.PlayedSteadily(20, 15);
  for (std::size_t i = 0; i < player.history.games.size(); ++i) {
    bool soft = i % 2 == 0;
    player.history.games[i].opponent = soft ? "BBB" : "CCC";
    player.history.games[i].points = soft ? 24 : 6;
  }
  double against_soft = Of(player)->mean;
  player.request.opponent = "CCC";
  EXPECT_GT(against_soft, Of(player)->mean + 3);
}

TEST(Similarity, VenueCounts) {
  PlayerCase player;
  player.PlayedSteadily(20, 15);
  for (GameRecord& game : player.history.games) game.points = game.is_home ? 20 : 10;
  double home = Of(player)->mean;
  player.request.is_home = false;
  EXPECT_GT(home, Of(player)->mean + 0.5);
}

TEST(Similarity, RecentGamesCountMore) {
  PlayerCase rising, falling;
  rising.PlayedSteadily(10, 20).PlayedSteadily(30, 10);
  falling.PlayedSteadily(10, 10).PlayedSteadily(30, 20);
  EXPECT_GT(Of(rising)->mean, Of(falling)->mean);
}

}  // namespace
}  // namespace tipoff
