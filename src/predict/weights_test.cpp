#include "predict/weights.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/random.h"

namespace tipoff {
namespace {

// Uniform in -1..1.
double Noise(SeededRandom& random) {
  return static_cast<double>(random.Next() % 20001) / 10000.0 - 1;
}

TEST(Weights, TheSteadierWeighsMoreInProportionToItsCertainty) {
  SeededRandom random(1);
  std::vector<MemberErrors> games;
  for (int i = 0; i < 20000; ++i) games.push_back({Noise(random), 2 * Noise(random)});
  std::vector<double> weights = LearnWeights(games, 2);
  EXPECT_NEAR(weights[0], 0.8, 0.02) << "a quarter of the variance, four times the weight";
  EXPECT_NEAR(weights[0] + weights[1], 1, 1e-9);
}

TEST(Weights, WhoAddsNothingWeighsNothing) {
  SeededRandom random(2);
  std::vector<MemberErrors> games;
  for (int i = 0; i < 5000; ++i) {
    double good = Noise(random);
    games.push_back({good, good + 3 * Noise(random)});
  }
  std::vector<double> weights = LearnWeights(games, 2);
  EXPECT_NEAR(weights[0], 1, 0.02);
  EXPECT_GE(weights[1], 0);
}

TEST(Weights, WhoSaysTheSameShares) {
  SeededRandom random(3);
  std::vector<MemberErrors> games;
  for (int i = 0; i < 1000; ++i) {
    double error = Noise(random);
    games.push_back({error, error, error});
  }
  for (double weight : LearnWeights(games, 3)) EXPECT_NEAR(weight, 1 / 3.0, 1e-6);
}

TEST(Weights, WithoutGamesAllWeighAlike) {
  EXPECT_EQ(LearnWeights({}, 4), std::vector<double>(4, 0.25));
}

}  // namespace
}  // namespace tipoff
