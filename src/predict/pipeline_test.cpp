#include "predict/pipeline.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include "support/player_case.h"

namespace tipoff {
namespace {

const BatchId kBatch("batch_2026-02-01_1");

PredictedRequest Predict(const PlayerCase& player, const Pipeline& pipeline = Pipeline()) {
  PredictionInput input = player.input();
  return pipeline.Predict(kBatch, {&input, 1}).front();
}

PlayerCase Regular(int points = 20) {
  PlayerCase player;
  player.PlayedSteadily(30, points);
  return player;
}

std::vector<std::string> SystemsOf(const PredictedRequest& answer) {
  std::vector<std::string> systems;
  for (const Prediction& row : answer.predictions) systems.push_back(row.system);
  return systems;
}

// A plug-in that says what it is told to.
class Fixed final : public PredictionSystem {
 public:
  explicit Fixed(Estimate estimate) : estimate_(std::move(estimate)) {}
  std::string_view name() const override { return "fixed"; }
  std::string_view version() const override { return "fixed/1"; }
  std::vector<std::optional<Estimate>> Predict(
      std::span<const PredictionInput> inputs) const override {
    return std::vector<std::optional<Estimate>>(inputs.size(), estimate_);
  }

 private:
  Estimate estimate_;
};

TEST(Pipeline, EverySystemAndTheEnsembleHaveARow) {
  PredictedRequest answer = Predict(Regular());
  EXPECT_EQ(answer.status, RequestState::kSucceeded);
  EXPECT_EQ(SystemsOf(answer),
            (std::vector<std::string>{"moving_average", "rate_minutes", "similarity", "ensemble"}));
  EXPECT_EQ(answer.predictions.back().model_version,
            "ensemble/1 of moving_average/1, rate_minutes/1, similarity/1");
}

TEST(Pipeline, F42_LinesHalfAPointApartAreTwoRows) {
  PlayerCase player = Regular();
  player.request.lines = {Line::FromMilli(25000), Line::FromMilli(24500)};
  PredictedRequest answer = Predict(player);
  ASSERT_EQ(answer.predictions.size(), 8u);
  std::set<std::string> ids;
  for (const Prediction& row : answer.predictions) ids.insert(row.prediction_id);
  EXPECT_EQ(ids.size(), 8u);
  EXPECT_EQ(answer.predictions[0].line->str(), "24.5");
  EXPECT_EQ(answer.predictions[1].line->str(), "25.0");
  EXPECT_EQ(answer.predictions[0].predicted_points, answer.predictions[1].predicted_points);
}

TEST(Pipeline, F42_WithoutALineThereIsOneRowAndNoLine) {
  for (const Prediction& row : Predict(Regular()).predictions) {
    EXPECT_FALSE(row.line.has_value());
    EXPECT_EQ(row.recommendation, Recommendation::kNoLine);
  }
}

TEST(Pipeline, F42_ALineOfTwentyIsALine) {
  PlayerCase player = Regular(30);
  player.request.lines = {Line::FromMilli(20000)};
  EXPECT_EQ(Predict(player).predictions.back().recommendation, Recommendation::kOver);
}

TEST(Pipeline, TheSameLineTwiceIsOneRow) {
  PlayerCase player = Regular();
  player.request.lines = {Line::FromMilli(24500), Line::FromMilli(24500)};
  EXPECT_EQ(Predict(player).predictions.size(), 4u);
}

TEST(Pipeline, F39_TheSameRequestTwiceGivesTheSameRowsAndIds) {
  PlayerCase player = Regular();
  player.request.lines = {Line::FromMilli(24500)};
  PredictedRequest here = Predict(player);
  PredictedRequest there;
  std::thread elsewhere([&] { there = Predict(player); });
  elsewhere.join();
  EXPECT_EQ(here, there);
}

TEST(Pipeline, WhoElseIsAskedForDoesNotMatter) {
  PlayerCase one = Regular(12), two = Regular(25);
  two.request.player = two.history.player = PlayerId("p2");
  std::vector<PredictionInput> inputs{two.input(), one.input()};
  EXPECT_EQ(Pipeline().Predict(kBatch, inputs)[1], Predict(one));
}

TEST(Pipeline, NumbersAreRounded) {
  for (const Prediction& row : Predict(Regular(17)).predictions) {
    EXPECT_NEAR(row.predicted_points * 10, std::round(row.predicted_points * 10), 1e-9);
    EXPECT_NEAR(row.spread * 10, std::round(row.spread * 10), 1e-9);
    EXPECT_NEAR(row.confidence * 100, std::round(row.confidence * 100), 1e-9);
    EXPECT_GT(row.spread, 0);
    EXPECT_GE(row.confidence, 0);
    EXPECT_LE(row.confidence, 1);
    EXPECT_FALSE(row.components.empty());
  }
}

TEST(Pipeline, ASingleGameIsEnoughForTheEnsemble) {
  PlayerCase player;
  player.Played(3, 14);
  EXPECT_EQ(SystemsOf(Predict(player)),
            (std::vector<std::string>{"moving_average", "rate_minutes", "ensemble"}));
}

TEST(Pipeline, NobodyIsExpectedBeyondSixty) {
  for (const Prediction& row : Predict(Regular(95)).predictions) {
    EXPECT_LE(row.predicted_points, 60);
    EXPECT_GE(row.predicted_points, 0);
  }
  for (const Prediction& row : Predict(Regular(0)).predictions) EXPECT_GE(row.predicted_points, 0);
}

TEST(Pipeline, F15_WhoIsRuledOutIsSkipped) {
  for (const char* word : {"OUT", "DOUBTFUL"}) {
    PlayerCase player = Regular();
    player.request.availability = word;
    PredictedRequest answer = Predict(player);
    EXPECT_EQ(answer.status, RequestState::kSkipped);
    EXPECT_EQ(answer.reason, "PlayerOut");
    EXPECT_TRUE(answer.predictions.empty());
  }
  PlayerCase maybe = Regular();
  maybe.request.availability = "QUESTIONABLE";
  EXPECT_EQ(Predict(maybe).status, RequestState::kSucceeded);
}

TEST(Pipeline, F15_WithoutHistoryHeIsSkipped) {
  PredictedRequest answer = Predict(PlayerCase());
  EXPECT_EQ(answer.status, RequestState::kSkipped);
  EXPECT_EQ(answer.reason, "NoHistory");
}

TEST(Pipeline, F44_OnlyGamesOfTheFutureAreNoHistory) {
  PlayerCase player;
  player.Played(0, 30).Played(-2, 30);
  EXPECT_EQ(Predict(player).reason, "NoHistory");
}

TEST(Pipeline, F07_OneAbsurdRowSkipsOnlyItsPlayer) {
  const auto nan = std::numeric_limits<float>::quiet_NaN();
  std::vector<PlayerCase> players(6, Regular());
  players[0].history.games[3].minutes = nan;
  players[1].history.games[3].minutes = -5;
  players[2].history.games[3].points = 4000;
  players[3].history.games[3].fga = -7;
  players[4].request.projected_minutes = std::numeric_limits<double>::infinity();
  std::vector<PredictionInput> inputs;
  for (const PlayerCase& player : players) inputs.push_back(player.input());
  std::vector<PredictedRequest> answers = Pipeline().Predict(kBatch, inputs);
  for (std::size_t i = 0; i < 5; ++i) {
    EXPECT_EQ(answers[i].status, RequestState::kSkipped) << i;
    EXPECT_TRUE(answers[i].reason.starts_with("InvalidInput: ")) << answers[i].reason;
    EXPECT_TRUE(answers[i].predictions.empty());
  }
  EXPECT_EQ(answers[5], Predict(players[5]));
  EXPECT_EQ(answers[2].reason, "InvalidInput: 4000 points in game g8");
}

TEST(Pipeline, F07_NamesMayHoldAnything) {
  PlayerCase player = Regular();
  player.request.player = player.history.player = PlayerId("o'dunnell-jörvik.jr");
  player.request.player_name = "Žiga O'Dunnell-Jørvik Jr.";
  EXPECT_EQ(Predict(player).status, RequestState::kSucceeded);
}

TEST(Pipeline, F07_HistoryOutOfOrderOrOfAnotherPlayerIsRefused) {
  PlayerCase shuffled = Regular();
  std::swap(shuffled.history.games[2], shuffled.history.games[9]);
  EXPECT_EQ(Predict(shuffled).reason, "InvalidInput: the history is not newest first");
  PlayerCase other = Regular();
  other.history.player = PlayerId("p9");
  EXPECT_EQ(Predict(other).reason, "InvalidInput: the history is another player's");
}

TEST(Pipeline, F43_ASystemThatGivesNonsenseFailsTheRequest) {
  for (Estimate bad : {Estimate{.mean = std::nan(""), .spread = 5, .confidence = 0.5},
                       Estimate{.mean = 20, .spread = 0, .confidence = 0.5},
                       Estimate{.mean = 20, .spread = 5, .confidence = 70}}) {
    std::vector<std::unique_ptr<PredictionSystem>> systems = StandardSystems();
    systems.push_back(std::make_unique<Fixed>(bad));
    PredictedRequest answer = Predict(Regular(), Pipeline(std::move(systems)));
    EXPECT_EQ(answer.status, RequestState::kFailed);
    EXPECT_TRUE(answer.reason.starts_with("BadEstimate: fixed gave")) << answer.reason;
  }
}

TEST(Pipeline, APlugInTakesPart) {
  std::vector<std::unique_ptr<PredictionSystem>> systems = StandardSystems();
  systems.push_back(std::make_unique<Fixed>(Estimate{.mean = 50, .spread = 5, .confidence = 0.9}));
  PredictedRequest with = Predict(Regular(), Pipeline(std::move(systems)));
  EXPECT_GT(with.predictions.back().predicted_points,
            Predict(Regular()).predictions.back().predicted_points + 5);
}

TEST(Pipeline, OneSystemAloneMakesNoEnsemble) {
  std::vector<std::unique_ptr<PredictionSystem>> systems;
  systems.push_back(std::make_unique<Fixed>(Estimate{.mean = 12, .spread = 5, .confidence = 0.9}));
  EXPECT_EQ(SystemsOf(Predict(Regular(), Pipeline(std::move(systems)))),
            (std::vector<std::string>{"fixed"}));
}

}  // namespace
}  // namespace tipoff
