#include "predict/spread.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Spread, GrowsWithTheMean) {
  Features f{.games = 40, .points_sd = 6};
  EXPECT_LT(PointsSpread(5, f), PointsSpread(15, f));
  EXPECT_GT(PointsSpread(0, f), 0);
}

TEST(Spread, OwnScatterCounts) {
  Features steady{.games = 40, .points_sd = 3}, wild{.games = 40, .points_sd = 9};
  EXPECT_LT(PointsSpread(15, steady), PointsSpread(15, wild));
}

TEST(Spread, FewGamesAddDoubt) {
  Features one{.games = 1}, many{.games = 80, .points_sd = 6};
  EXPECT_GT(PointsSpread(15, one), PointsSpread(15, many));
}

}  // namespace
}  // namespace tipoff
