#include "predict/ensemble.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

Estimate Of(double mean, double confidence = 0.5, double spread = 6) {
  return {.mean = mean, .spread = spread, .confidence = confidence, .components = {}};
}

const Ensemble kEven({.weights = {}});

TEST(Ensemble, FewerThanTwoMembersAreNoPrediction) {
  Estimate one = Of(20);
  std::vector<Member> members{{"a", "a/1", &one}, {"b", "b/1", nullptr}};
  EXPECT_FALSE(kEven.Combine(members).has_value());
  EXPECT_FALSE(kEven.Combine({}).has_value());
}

TEST(Ensemble, WeighsByConfidence) {
  Estimate sure = Of(30, 0.6, 8), unsure = Of(20, 0.2, 4);
  std::vector<Member> members{{"a", "a/1", &sure}, {"b", "b/1", &unsure}};
  EnsembleEstimate combined = kEven.Combine(members).value();
  EXPECT_NEAR(combined.estimate.mean, (30 * 0.6 + 20 * 0.2) / 0.8, 1e-9);
  EXPECT_NEAR(combined.estimate.spread, (8 * 0.6 + 4 * 0.2) / 0.8, 1e-9);
}

TEST(Ensemble, FixedWeightsMultiplyConfidence) {
  Estimate a = Of(30), b = Of(20);
  Ensemble ensemble({.weights = {{"a", 3}, {"b", 1}}});
  std::vector<Member> members{{"a", "a/1", &a}, {"b", "b/1", &b}};
  EXPECT_NEAR(ensemble.Combine(members)->estimate.mean, 27.5, 1e-9);
}

TEST(Ensemble, AgreementMakesItSure) {
  Estimate a = Of(20), near = Of(21), far = Of(34);
  std::vector<Member> agree{{"a", "a/1", &a}, {"b", "b/1", &near}};
  std::vector<Member> differ{{"a", "a/1", &a}, {"b", "b/1", &far}};
  EXPECT_NEAR(kEven.Combine(agree)->estimate.confidence, 0.5 + 0.10 + 0.05, 1e-9);
  EXPECT_NEAR(kEven.Combine(differ)->estimate.confidence, 0.5 - 0.10 + 0.05, 1e-9);
}

TEST(Ensemble, NamesWhoTookPart) {
  Estimate a = Of(20), c = Of(20);
  std::vector<Member> members{{"a", "a/1", &a}, {"b", "b/7", nullptr}, {"c", "c/2", &c}};
  EnsembleEstimate combined = kEven.Combine(members).value();
  EXPECT_EQ(combined.model_version, "ensemble/1 of a/1, c/2");
  EXPECT_NEAR(combined.estimate.confidence, 0.5 + 0.10, 1e-9);  // One is missing.
}

TEST(Ensemble, ConfidenceAndPointsStayInTheirBounds) {
  Estimate sure = Of(80, 1.0), unsure = Of(0, 0.01), other = Of(0, 0.01);
  std::vector<Member> high{{"a", "a/1", &sure}, {"b", "b/1", &sure}};
  std::vector<Member> low{{"a", "a/1", &unsure}, {"b", "b/1", &other}};
  EXPECT_EQ(kEven.Combine(high)->estimate.mean, 60);
  EXPECT_EQ(kEven.Combine(high)->estimate.confidence, 0.95);
  EXPECT_EQ(kEven.Combine(low)->estimate.mean, 0);
  EXPECT_EQ(kEven.Combine(low)->estimate.confidence, 0.20);
}

}  // namespace
}  // namespace tipoff
