#include "predict/learned.h"

#include <gtest/gtest.h>

#include "predict/pipeline.h"
#include "support/player_case.h"

namespace tipoff {
namespace {

Learned TaughtUntil(const char* day) {
  Learned learned{.until = OnDay(day),
                  .weights = {{"moving_average", 1.0}, {"rate_minutes", 0.0}},
                  .calibrations = {}};
  Calibration wide;
  for (Calibration::Band& band : wide.bands) band = {0, 3, 3};
  learned.calibrations.push_back({"ensemble", wide});
  return learned;
}

std::vector<Prediction> RowsWith(std::optional<Learned> learned) {
  PlayerCase player;
  player.Played(1, 40, 38).PlayedSteadily(30, 18);
  PredictionInput input = player.input();
  Pipeline pipeline(StandardSystems(), {}, {}, std::move(learned));
  return pipeline.Predict(BatchId("b"), {&input, 1}).front().predictions;
}

TEST(Learned, WeightsMakeTheEnsembleAndAreItsShares) {
  std::vector<Prediction> rows = RowsWith(TaughtUntil("2026-02-01"));
  EXPECT_EQ(rows.back().predicted_points, rows.front().predicted_points);
  EXPECT_EQ(rows.back().model_version,
            "ensemble/2 of moving_average/1, rate_minutes/1, similarity/1");
  double shares = 0;
  for (const auto& [name, value] : rows.back().components) {
    if (name == "share_moving_average") {
      EXPECT_EQ(value, 1);
    }
    if (name.starts_with("share_")) shares += value;
  }
  EXPECT_EQ(shares, 1);
}

TEST(Learned, CalibrationWidensTheInterval) {
  Quantiles fixed = *RowsWith(std::nullopt).back().quantiles;
  Quantiles wide = *RowsWith(TaughtUntil("2026-02-01")).back().quantiles;
  EXPECT_LT(wide.p10, fixed.p10);
  EXPECT_GT(wide.p90, fixed.p90);
}

TEST(Learned, F44_ADayBeforeItsEndIsPredictedAsIfNothingHadBeenLearned) {
  EXPECT_EQ(RowsWith(TaughtUntil("2026-02-02")), RowsWith(std::nullopt));
}

}  // namespace
}  // namespace tipoff
