#include "predict/grading.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/random.h"
#include "predict/scores.h"
#include "support/demo_table.h"
#include "support/player_case.h"

namespace tipoff {
namespace {

PlayerGame Played(const char* player, Day date, float minutes, int points) {
  PlayerGame row{PlayerId(player), player, {}};
  row.game.date = date;
  row.game.game = GameId("g" + FormatDay(date));
  row.game.season = "2025-26";
  row.game.team = "AAA";
  row.game.opponent = "BBB";
  row.game.minutes = minutes;
  row.game.points = static_cast<std::int16_t>(points);
  return row;
}

std::vector<PlayerGame> Games(const char* player, Day last, int games, float minutes,
                              int points = 10) {
  std::vector<PlayerGame> rows;
  for (int i = 0; i < games; ++i) rows.push_back(Played(player, last - 2 * i, minutes, points));
  return rows;
}

std::vector<GradeRow> GradeAll(const HistoryTable& table, Day from, Day to,
                               const GradeOptions& options = {}) {
  Pipeline pipeline;
  std::vector<GradeRow> all;
  for (Day day : table.days()) {
    if (day < from || to < day) continue;
    std::vector<GradeRow> rows = GradeRows(pipeline, PopulationCases(table, day, options));
    all.insert(all.end(), rows.begin(), rows.end());
  }
  return all;
}

const SystemScore& Find(const std::vector<SystemScore>& scores, std::string_view system) {
  return *std::find_if(scores.begin(), scores.end(),
                       [&](const SystemScore& score) { return score.system == system; });
}

TEST(Grading, PopulationIsWhoPlayedWithTenGamesAndTheMinutes) {
  Day day = OnDay("2026-01-20");
  std::vector<PlayerGame> rows;
  auto add = [&](std::vector<PlayerGame> more) {
    rows.insert(rows.end(), more.begin(), more.end());
  };
  add(Games("regular", day, 11, 30));
  add(Games("newcomer", day, 10, 30));  // Nine earlier games.
  add(Games("bench", day, 30, 8));
  add(Games("did-not-play", day - 2, 20, 30));
  add(Games("zero-minutes", day - 2, 20, 30));
  rows.push_back(Played("zero-minutes", day, 0, 0));
  HistoryTable table(rows, "v");

  auto players = [&](double min_minutes) {
    std::set<std::string> names;
    for (const RequestSpec& request :
         PopulationCases(table, day, {.min_minutes = min_minutes}).requests) {
      names.insert(request.player.str());
    }
    return names;
  };
  EXPECT_EQ(players(0), (std::set<std::string>{"bench", "regular"}));
  EXPECT_EQ(players(8), (std::set<std::string>{"bench", "regular"}));
  EXPECT_EQ(players(12), (std::set<std::string>{"regular"}));
}

TEST(Grading, WhoHasBeenAwayLongerThanTheLookbackHasAnEnsembleRow) {
  Day day = OnDay("2026-01-20");
  std::vector<PlayerGame> rows = Games("back", day - 500, 15, 30);
  rows.push_back(Played("back", day, 20, 9));
  HistoryTable table(rows, "v");
  std::vector<GradeRow> graded = GradeAll(table, day, day);
  ASSERT_FALSE(graded.empty());
  EXPECT_EQ(graded.back().system, "ensemble");
  EXPECT_EQ(graded.back().actual_points, 9);
}

TEST(Grading, SlateIsGradedPlayedOrNot) {
  Day day = OnDay("2026-01-20");
  std::vector<PlayerGame> rows = Games("plays", day, 11, 30, 14);
  std::vector<PlayerGame> absent = Games("absent", day - 2, 11, 30);
  rows.insert(rows.end(), absent.begin(), absent.end());
  HistoryTable table(rows, "v");
  Slate slate{.game_date = day};
  for (const char* name : {"plays", "absent", "ruled-out"}) {
    SlatePlayer player{.player = PlayerId(name), .game = GameId("g"), .mean_minutes = 30};
    if (player.player.str() == "ruled-out") player.availability = "OUT";
    player.lines = {{"book", Line::FromMilli(12500)}, {"other", Line::FromMilli(13500)}};
    slate.players.push_back(player);
  }
  GradeCases cases = SlateCases(table, slate, {});
  ASSERT_EQ(cases.requests.size(), 3u);
  EXPECT_EQ(cases.actual[0], std::nullopt);  // By player: absent, plays, ruled-out.
  EXPECT_EQ(cases.actual[1], 14);
  std::vector<GradeRow> graded = GradeRows(Pipeline(), cases);
  EXPECT_EQ(graded.size(), 8u);  // Four systems, no rows per line, none for who is out.
}

// Predictions of some days, by player and system.
using Answers = std::map<std::pair<std::string, std::string>, std::vector<Prediction>>;

Answers Predict(const HistoryTable& table, const GradeCases& as_of, Day day) {
  HistoryQuery query{.players = {}, .before = day};
  for (const RequestSpec& request : as_of.requests) query.players.push_back(request.player);
  HistoryBatch history = table.Query(query);
  std::vector<PredictionInput> inputs;
  for (std::size_t i = 0; i < as_of.requests.size(); ++i) {
    inputs.push_back({&as_of.requests[i], &history.players[i], &history.teams});
  }
  Answers answers;
  std::vector<PredictedRequest> all = Pipeline().Predict(BatchId("b"), inputs);
  for (std::size_t i = 0; i < all.size(); ++i) {
    answers[{FormatDay(day), as_of.requests[i].player.str()}] = all[i].predictions;
  }
  return answers;
}

TEST(Grading, F44_DeletingTheFutureChangesNothing) {
  for (const char* date : {"2025-11-20", "2026-01-09", "2026-03-13"}) {
    Day day = OnDay(date);
    GradeCases cases = PopulationCases(DemoTable(), day, {});
    ASSERT_GT(cases.requests.size(), 50u);
    std::vector<PlayerGame> past;
    std::copy_if(DemoRows().begin(), DemoRows().end(), std::back_inserter(past),
                 [&](const PlayerGame& row) { return row.game.date < day; });
    EXPECT_EQ(Predict(DemoTable(), cases, day), Predict(HistoryTable(past, "past"), cases, day));
  }
}

TEST(Grading, F44_ShufflingTheFutureChangesNothing) {
  Day day = OnDay("2026-01-09");
  GradeCases cases = PopulationCases(DemoTable(), day, {});
  std::vector<PlayerGame> rows = DemoRows();
  SeededRandom random(7);
  for (PlayerGame& row : rows) {
    if (row.game.date < day) continue;
    row.game.points = static_cast<std::int16_t>(random.Next() % 60);
    row.game.minutes = static_cast<float>(random.Next() % 48);
    row.game.fga = static_cast<std::int16_t>(random.Next() % 40);
  }
  EXPECT_EQ(Predict(DemoTable(), cases, day), Predict(HistoryTable(rows, "shuffled"), cases, day));
}

TEST(Grading, OnTheDemoLeagueTheEnsembleIsTheBestAndCalibrated) {
  std::vector<GradeRow> rows =
      GradeAll(DemoTable(), OnDay("2025-12-15"), OnDay("2026-03-31"), {.min_minutes = 12});
  std::vector<SystemScore> scores = ScoreSystems(rows);
  const SystemScore& ensemble = Find(scores, "ensemble");
  EXPECT_GT(ensemble.count, 8000u);
  EXPECT_LT(ensemble.mae.value, Find(scores, "moving_average").mae.value);
  EXPECT_LT(ensemble.mae.value, Find(scores, "similarity").mae.value);
  EXPECT_LT(std::abs(ensemble.bias.value), 0.6);
  for (const SystemScore& score : scores) {
    if (score.band != "all") continue;
    EXPECT_NEAR(score.coverage, 0.8, 0.06) << score.system;
    EXPECT_NEAR(score.mean_spread / score.rmse.value, 1, 0.12) << score.system;
    EXPECT_NEAR(score.within_spread, 0.69, 0.06) << score.system;
  }
}

TEST(Grading, OnARealSeasonTheEnsembleKeepsItsError) {
  Result<std::vector<PlayerGame>> rows =
      ReadBoxScores(TIPOFF_SOURCE_DIR "/../shared/data/nba/player_games.csv.gz");
  if (!rows.ok()) GTEST_SKIP() << "no real box scores beside the project";
  HistoryTable table(std::move(rows).value(), "real");
  std::vector<SystemScore> scores =
      ScoreSystems(GradeAll(table, OnDay("2023-12-01"), OnDay("2024-01-31"), {.min_minutes = 12}));
  const SystemScore& ensemble = Find(scores, "ensemble");
  EXPECT_LT(ensemble.mae.value, 4.85);
  EXPECT_NEAR(ensemble.coverage, 0.8, 0.02);
  EXPECT_LT(std::abs(ensemble.bias.value), 0.3);
  EXPECT_NEAR(ensemble.within_spread, 0.69, 0.04);
}

}  // namespace
}  // namespace tipoff
