#include "predict/xgboost/booster.h"

#include <gtest/gtest.h>

#include <cmath>
#include <thread>

#include "base/random.h"

namespace tipoff {
namespace {

struct Examples {
  std::vector<float> values, targets;
  FeatureRows rows() const { return {values, 2}; }
};

// The target is the first column where the second is above 0.5, else nothing.
const Examples& Learnable() {
  static const Examples examples = [] {
    Examples made;
    SeededRandom random(5);
    auto uniform = [&] { return static_cast<float>(random.Next() % 1000) / 1000.0F; };
    for (int i = 0; i < 4000; ++i) {
      float a = uniform(), b = uniform();
      made.values.insert(made.values.end(), {a, b});
      made.targets.push_back(b > 0.5F ? a : 0);
    }
    return made;
  }();
  return examples;
}

BoosterParameters Small() {
  return {.rounds = 40,
          .depth = 4,
          .learning_rate = 0.2,
          .min_child_weight = 10,
          .columns_by_tree = 1,
          .lambda = 1};
}

Booster Trained() {
  return Booster::Train(Learnable().rows(), Learnable().targets, Small()).value();
}

TEST(Booster, LearnsWhatIsThere) {
  std::vector<double> predicted = Trained().Predict(Learnable().rows()).value();
  double absolute = 0;
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    absolute += std::abs(predicted[i] - Learnable().targets[i]);
  }
  EXPECT_LT(absolute / static_cast<double>(predicted.size()), 0.06);
}

TEST(Booster, TheSameSeedGivesTheSameBytesAndAnotherDoesNot) {
  EXPECT_EQ(Trained().Save().value(), Trained().Save().value());
  BoosterParameters other = Small();
  other.seed = 2;
  Booster different = Booster::Train(Learnable().rows(), Learnable().targets, other).value();
  EXPECT_NE(different.Save().value(), Trained().Save().value());
}

TEST(Booster, PredictsTheSameAfterSavingAndLoadingAndOnAnyThread) {
  Booster booster = Trained();
  std::vector<double> here = booster.Predict(Learnable().rows()).value();
  Booster loaded = Booster::Load(booster.Save().value()).value();
  EXPECT_EQ(loaded.columns(), 2u);
  EXPECT_EQ(loaded.Predict(Learnable().rows()).value(), here);
  std::vector<double> one, two;
  std::thread a([&] { one = booster.Predict(Learnable().rows()).value(); });
  std::thread b([&] { two = booster.Predict(Learnable().rows()).value(); });
  a.join();
  b.join();
  EXPECT_EQ(one, here);
  EXPECT_EQ(two, here);
}

TEST(Booster, NobodyIsNoRow) { EXPECT_TRUE(Trained().Predict({{}, 2}).value().empty()); }

TEST(Booster, F43_AnotherNumberOfFeaturesIsRefused) {
  std::vector<float> values(9, 0.5F);
  Result<std::vector<double>> predicted = Trained().Predict({values, 3});
  ASSERT_FALSE(predicted.ok());
  EXPECT_EQ(predicted.error().message, "the model was trained on 2 features, not 3");
}

}  // namespace
}  // namespace tipoff
