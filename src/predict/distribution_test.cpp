#include "predict/distribution.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tipoff {
namespace {

constexpr Calibration::Band kPlain{0, 1, 1};

Line At(const char* text) { return Line::Parse(text).value(); }

TEST(Distribution, IsThatOfAGammaOfTheSameMeanAndSpread) {
  // Of the gamma distribution with mean 20 and standard deviation 8.
  PointsDistribution points(20, 8, kPlain);
  EXPECT_NEAR(points.Quantile(0.1), 10.66, 0.05);
  EXPECT_NEAR(points.Quantile(0.5), 18.95, 0.05);
  EXPECT_NEAR(points.Quantile(0.9), 30.69, 0.05);
}

TEST(Distribution, OverALineIsWhatTheQuantilesSay) {
  PointsDistribution points(20, 8, kPlain);
  EXPECT_NEAR(points.Over(At("18.5")), 0.52, 0.01);
  for (double share : {0.1, 0.3, 0.7, 0.9}) {
    Line line = Line::FromNumber(std::round(points.Quantile(share)) - 0.5).value();
    EXPECT_NEAR(points.Over(line), 1 - share, 0.04);
  }
}

TEST(Distribution, F42_LinesHalfAPointApartAreNotTheSame) {
  PointsDistribution points(25, 8, kPlain);
  EXPECT_GT(points.Over(At("24.5")), points.Over(At("25.0")));
  EXPECT_EQ(points.Over(At("24.0")), points.Over(At("24.5"))) << "25 and more, both";
  EXPECT_NEAR(points.Over(At("24.5")) + points.Under(At("24.5")), 1, 1e-12);
  EXPECT_LT(points.Over(At("25.0")) + points.Under(At("25.0")), 0.99) << "25 is neither";
}

TEST(Distribution, WhoHardlyScoresHasNoQuantileBelowNought) {
  for (double mean : {0.0, 0.5, 2.0}) {
    PointsDistribution points(mean, 3, FixedCalibration().bands[0]);
    EXPECT_GE(points.Quantile(0.1), 0);
    EXPECT_LE(points.Quantile(0.1), points.Quantile(0.5));
    EXPECT_LT(points.Quantile(0.5), points.Quantile(0.9));
  }
}

TEST(Distribution, BandsBeginWhereTheySay) {
  EXPECT_EQ(MinutesBand(0), 0u);
  EXPECT_EQ(MinutesBand(17.9), 1u);
  EXPECT_EQ(MinutesBand(18), 2u);
  EXPECT_EQ(MinutesBand(40), kMinutesBands.size() - 1);
}

TEST(Distribution, CalibratedIntervalsCoverWhatTheySay) {
  // Everybody ends between 0.5 below and 2.5 above the middle, evenly.
  std::vector<Placed> placed;
  for (int i = 0; i < 1000; ++i) placed.push_back({2, -0.5 + 3.0 * i / 999});
  Calibration calibration = Calibrate(placed);
  PointsDistribution points(20, 8, calibration.bands[2]);
  std::size_t below = 0, above = 0, under = 0;
  double p50 = PointsDistribution::Place(20, 8, points.Quantile(0.5));
  double p10 = PointsDistribution::Place(20, 8, points.Quantile(0.1));
  double p90 = PointsDistribution::Place(20, 8, points.Quantile(0.9));
  for (const Placed& one : placed) {
    below += one.place < p10 ? 1 : 0;
    above += one.place > p90 ? 1 : 0;
    under += one.place < p50 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(under), 500, 5);
  EXPECT_NEAR(static_cast<double>(below), 100, 5);
  EXPECT_NEAR(static_cast<double>(above), 100, 5);
}

TEST(Distribution, ABandOfAFewKeepsTheFixedNumbers) {
  std::vector<Placed> placed(50, {1, 3.0});
  EXPECT_EQ(Calibrate(placed), FixedCalibration());
}

}  // namespace
}  // namespace tipoff
