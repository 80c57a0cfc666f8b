#include "predict/stat.h"

#include <gtest/gtest.h>

#include "predict/pipeline.h"
#include "support/player_case.h"

namespace tipoff {
namespace {

PlayerCase Rebounder() {
  PlayerCase player;
  player.PlayedSteadily(30, 20);
  for (GameRecord& game : player.history.games) game.rebounds = 11;
  player.request.lines = {Line::FromMilli(20500)};
  return player;
}

PredictedRequest Predict(const PlayerCase& player, std::string_view stat) {
  PredictionInput input = player.input();
  Pipeline pipeline(StandardSystems(), {}, {}, std::nullopt, *FindStat(stat));
  return pipeline.Predict(BatchId("b"), {&input, 1}).front();
}

TEST(Stat, UnknownOnesAreNotFound) {
  EXPECT_EQ(FindStat("blunders"), nullptr);
  EXPECT_EQ(FindStat("points"), &Points());
}

TEST(Stat, ReboundsGoThroughTheSameSystems) {
  PredictedRequest answer = Predict(Rebounder(), "rebounds");
  ASSERT_EQ(answer.predictions.size(), 4u);
  for (const Prediction& row : answer.predictions) {
    EXPECT_EQ(row.stat, "rebounds");
    EXPECT_NEAR(row.predicted_points, 11, 0.7) << row.system;
    EXPECT_GT(row.quantiles->p90, row.quantiles->p10);
    EXPECT_LT(row.quantiles->p90, 20);
    EXPECT_FALSE(row.line.has_value()) << "lines are of points";
  }
  EXPECT_NE(answer.predictions[0].prediction_id,
            Predict(Rebounder(), "assists").predictions.empty()
                ? ""
                : Predict(Rebounder(), "points").predictions[0].prediction_id);
}

TEST(Stat, AHistoryWithoutTheCountIsNoHistory) {
  PredictedRequest answer = Predict(Rebounder(), "assists");
  EXPECT_EQ(answer.status, RequestState::kSkipped);
  EXPECT_EQ(answer.reason, "NoHistory");
}

TEST(Stat, PointsAreTheSameAsEver) {
  PlayerCase player = Rebounder();
  PredictionInput input = player.input();
  EXPECT_EQ(Predict(player, "points"), Pipeline().Predict(BatchId("b"), {&input, 1}).front());
}

}  // namespace
}  // namespace tipoff
