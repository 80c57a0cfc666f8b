#include "predict/xgboost/training.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "predict/grading.h"
#include "predict/pipeline.h"
#include "predict/scores.h"
#include "predict/xgboost/xgboost_system.h"
#include "support/box_scores.h"
#include "support/demo_table.h"
#include "support/player_case.h"

namespace tipoff {
namespace {

const Day kUntil = OnDay("2026-01-20");

TrainingOptions Quick() {
  TrainingOptions options{.until = kUntil};
  options.booster.rounds = 25;
  options.booster.learning_rate = 0.1;
  return options;
}

const Model& DemoModel() {
  static const Model model = [] {
    Model trained = TrainModel(DemoTable(), Quick()).value();
    EncodeModel(trained);
    return trained;
  }();
  return model;
}

Pipeline PipelineOf(const Model& model) {
  auto systems = StandardSystems();
  systems.push_back(XgboostSystem::Load(model).value());
  return Pipeline(std::move(systems), {}, {}, model.learned);
}

std::vector<GradeRow> RowsOn(const Pipeline& pipeline, const HistoryTable& table, Day day) {
  return GradeRows(pipeline, PopulationCases(table, day, {.min_minutes = 12}));
}

TEST(Training, TheModelSaysWhatItIs) {
  const Model& model = DemoModel();
  EXPECT_EQ(model.features.size(), FeatureColumns().size());
  EXPECT_EQ(model.learned.until, kUntil);
  EXPECT_EQ(model.scores.size(), 5u) << "three plain systems, the trees, the ensemble";
  double weights = 0;
  for (const EnsembleWeight& weight : model.learned.weights) {
    EXPECT_GE(weight.weight, 0);
    weights += weight.weight;
  }
  EXPECT_NEAR(weights, 1, 1e-5);
  EXPECT_EQ(model.learned.calibrations.size(), 5u);
}

TEST(Training, TwiceGivesTheSameBytes) {
  Model again = TrainModel(DemoTable(), Quick()).value();
  Model once = DemoModel();
  EXPECT_EQ(EncodeModel(again), EncodeModel(once));
}

TEST(Training, F44_NoGameOfTheDayOrLaterIsLookedAt) {
  std::vector<PlayerGame> past;
  std::copy_if(DemoRows().begin(), DemoRows().end(), std::back_inserter(past),
               [](const PlayerGame& row) { return row.game.date < kUntil; });
  Model without_future = TrainModel(HistoryTable(past, "demo"), Quick()).value();
  Model with_future = DemoModel();
  EXPECT_EQ(EncodeModel(without_future), EncodeModel(with_future));
}

TEST(Training, F44_ADayThatItHasLearnedFromIsPredictedWithoutIt) {
  Day seen = OnDay("2026-01-19");
  std::vector<GradeRow> with = RowsOn(PipelineOf(DemoModel()), DemoTable(), seen);
  ASSERT_FALSE(with.empty());
  EXPECT_EQ(with, RowsOn(Pipeline(), DemoTable(), seen));
}

TEST(Training, FromItsDayOnItTakesPart) {
  std::vector<GradeRow> rows;
  Pipeline pipeline = PipelineOf(DemoModel());
  for (Day day = kUntil; day < kUntil + 14; day = day + 1) {
    std::vector<GradeRow> more = RowsOn(pipeline, DemoTable(), day);
    rows.insert(rows.end(), more.begin(), more.end());
  }
  double boosted = 0, mean = 0;
  for (const SystemScore& score : ScoreSystems(rows)) {
    if (score.band != "all") continue;
    if (score.system == "xgboost") boosted = score.mae.value;
    if (score.system == "moving_average") mean = score.mae.value;
    if (score.system == "ensemble") {
      EXPECT_NEAR(score.coverage, 0.8, 0.06);
    }
  }
  EXPECT_GT(boosted, 0);
  EXPECT_LT(boosted, mean);
}

TEST(Training, WhoIsPredictedWithOthersIsPredictedAsAlone) {
  GradeCases cases = PopulationCases(DemoTable(), OnDay("2026-02-02"), {.min_minutes = 12});
  std::vector<PredictionInput> inputs;
  for (std::size_t i = 0; i < cases.requests.size(); ++i) {
    inputs.push_back({&cases.requests[i], &cases.history.players[i], &cases.history.teams});
  }
  ASSERT_GT(inputs.size(), 5u);
  Pipeline pipeline = PipelineOf(DemoModel());
  std::vector<PredictedRequest> together = pipeline.Predict(BatchId("b"), inputs);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(pipeline.Predict(BatchId("b"), {&inputs[i], 1}).front(), together[i]);
  }
}

TEST(Training, ReboundsAreLearnedAsReboundsAndScoredSo) {
  TrainingOptions options = Quick();
  options.stat = "rebounds";
  Model model = TrainModel(DemoTable(), options).value();
  EXPECT_EQ(model.stat, "rebounds");
  for (const ValidationScore& score : model.scores) EXPECT_LT(score.mae, 3.5) << score.system;
  options.stat = "blunders";
  EXPECT_EQ(TrainModel(DemoTable(), options).error().code, Errc::kInvalid);
}

TEST(Training, TooFewGamesAreSaid) {
  TrainingOptions early = Quick();
  early.until = OnDay("2025-11-01");
  Result<Model> model = TrainModel(DemoTable(), early);
  ASSERT_FALSE(model.ok());
  EXPECT_EQ(model.error().code, Errc::kNotFound);
  EXPECT_NE(model.error().message.find("before 2025-11-01"), std::string::npos);
}

TEST(Training, F43_AFeatureThatThisBuildDoesNotDeriveIsRefusedByName) {
  Model renamed = DemoModel();
  renamed.features[3] = "points_l20";
  Result<std::unique_ptr<XgboostSystem>> system = XgboostSystem::Load(renamed);
  ASSERT_FALSE(system.ok());
  EXPECT_EQ(system.error().code, Errc::kUnsupported);
  EXPECT_NE(system.error().message.find("its feature 4 is points_l20"), std::string::npos);
  Model fewer = DemoModel();
  fewer.features.pop_back();
  EXPECT_FALSE(XgboostSystem::Load(fewer).ok());
}

TEST(Training, OnRealSeasonsTheEnsembleGainsAndCoversWhatItSays) {
  Result<std::vector<PlayerGame>> rows =
      ReadBoxScores(TIPOFF_SOURCE_DIR "/../shared/data/nba/player_games.csv.gz");
  if (!rows.ok()) GTEST_SKIP() << "no real box scores beside the project";
  // Half a season, so that it is quick where sanitizers watch: of the tuning, not of the test.
  std::erase_if(*rows, [](const PlayerGame& row) {
    return row.game.date < OnDay("2022-10-01") || OnDay("2023-03-20") < row.game.date;
  });
  HistoryTable table(std::move(rows).value(), "real");
  TrainingOptions options{.until = OnDay("2023-02-20")};
  options.booster.rounds = 60;
  options.booster.learning_rate = 0.06;
  Model model = TrainModel(table, options).value();
  Pipeline pipeline = PipelineOf(model);
  std::vector<GradeRow> graded;
  for (Day day = options.until; day < OnDay("2023-03-20"); day = day + 1) {
    std::vector<GradeRow> more = RowsOn(pipeline, table, day);
    graded.insert(graded.end(), more.begin(), more.end());
  }
  for (const SystemScore& score : ScoreSystems(graded)) {
    if (score.system != "ensemble" || score.band != "all") continue;
    EXPECT_LT(score.mae.value, 5.0);
    EXPECT_LT(std::abs(score.bias.value), 0.3);
    EXPECT_NEAR(score.coverage, 0.8, 0.04);
  }
}

}  // namespace
}  // namespace tipoff
