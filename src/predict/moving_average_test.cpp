#include "predict/moving_average.h"

#include <gtest/gtest.h>

#include "support/player_case.h"

namespace tipoff {
namespace {

Estimate Only(const PredictionSystem& system, const PlayerCase& player) {
  PredictionInput input = player.input();
  return system.Predict({&input, 1}).front().value();
}

TEST(MovingAverage, IsTheWeightedMeanThatItsHeaderSays) {
  PlayerCase player;
  for (int points : {20, 25, 15, 30, 10, 12, 18, 22, 16, 12, 40, 40}) {
    int n = static_cast<int>(player.history.games.size());
    player.Played(2 * (n + 1), points);
  }
  // L5 20, L10 18, season 260/12; at home, rested.
  EXPECT_NEAR(Only(MovingAverage(), player).mean, 10 + 5.4 + 0.2 * 260 / 12 + 0.1, 1e-9);
}

TEST(MovingAverage, VenueAndSecondDayAreAdded) {
  PlayerCase player;
  player.Played(1, 20).Played(3, 20);
  player.request.is_home = false;
  MovingAverage system({.home_edge = 1.0, .back_to_back = 1.5});
  EXPECT_NEAR(Only(system, player).mean, 20 - 0.5 + 1.5, 1e-9);
}

TEST(MovingAverage, OneGameIsEnoughAndNoneIsNot) {
  PlayerCase player;
  PredictionInput input = player.input();
  EXPECT_FALSE(MovingAverage().Predict({&input, 1}).front().has_value());
  player.Played(3, 9);
  EXPECT_NEAR(Only(MovingAverage(), player).mean, 9.1, 1e-9);
}

TEST(MovingAverage, StaysWithinThePointsOfAGame) {
  PlayerCase high, low;
  high.PlayedSteadily(10, 90);
  low.Played(2, 0);
  low.request.is_home = false;
  EXPECT_EQ(Only(MovingAverage(), high).mean, 60);
  EXPECT_EQ(Only(MovingAverage(), low).mean, 0);
}

TEST(MovingAverage, TrustsSteadyScorersMore) {
  PlayerCase steady, wild;
  steady.PlayedSteadily(20, 15);
  for (int i = 0; i < 20; ++i) wild.Played(2 * (i + 1), i % 2 == 0 ? 5 : 25);
  EXPECT_GT(Only(MovingAverage(), steady).confidence, Only(MovingAverage(), wild).confidence);
  EXPECT_LT(Only(MovingAverage(), steady).spread, Only(MovingAverage(), wild).spread);
}

}  // namespace
}  // namespace tipoff
