#include "predict/grading.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

namespace tipoff {
namespace {

constexpr std::size_t kEarlierGamesMin = 10;
constexpr std::size_t kProjectedGames = 7;  // As a slate's mean minutes.

double MeanMinutes(const std::vector<const PlayerGame*>& newest_first, std::size_t games) {
  std::size_t n = std::min(games, newest_first.size());
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += newest_first[i]->game.minutes;
  return n == 0 ? 0 : sum / static_cast<double>(n);
}

RequestSpec SpecOf(const PlayerGame& row, double projected_minutes) {
  return {.player = row.player,
          .player_name = row.player_name,
          .game = row.game.game,
          .game_date = row.game.date,
          .team = row.game.team,
          .opponent = row.game.opponent,
          .is_home = row.game.is_home,
          .projected_minutes = projected_minutes};
}

HistoryBatch HistoryOf(const HistoryTable& table, const std::vector<RequestSpec>& requests, Day day,
                       const GradeOptions& options) {
  HistoryQuery query{
      .before = day, .max_games = options.max_games, .lookback_days = options.lookback_days};
  for (const RequestSpec& request : requests) query.players.push_back(request.player);
  return table.Query(query);
}

}  // namespace

GradeCases PopulationCases(const HistoryTable& table, Day day, const GradeOptions& options) {
  GradeCases cases;
  for (const PlayerGame& row : table.PlayedOn(day)) {
    if (!(row.game.minutes > 0)) continue;
    std::vector<const PlayerGame*> earlier = table.Before(row.player, day);
    if (earlier.size() < kEarlierGamesMin ||
        MeanMinutes(earlier, kEarlierGamesMin) < options.min_minutes) {
      continue;
    }
    cases.requests.push_back(SpecOf(row, MeanMinutes(earlier, kProjectedGames)));
    cases.actual.push_back(row.game.points);
  }
  cases.history = HistoryOf(table, cases.requests, day, options);
  for (PlayerHistory& history : cases.history.players) {
    if (!history.games.empty()) continue;
    for (const PlayerGame* row : table.Before(history.player, day)) {
      if (history.games.size() == static_cast<std::size_t>(options.max_games)) break;
      history.games.push_back(row->game);
    }
  }
  return cases;
}

GradeCases SlateCases(const HistoryTable& table, const Slate& slate, const GradeOptions& options) {
  std::unordered_map<PlayerId, double> scored;
  for (const PlayerGame& row : table.PlayedOn(slate.game_date)) {
    if (row.game.minutes > 0) scored[row.player] = row.game.points;
  }
  GradeCases cases;
  cases.requests = SelectRequests(slate, {.min_minutes = options.min_minutes});
  for (RequestSpec& request : cases.requests) {
    request.lines.clear();  // One row per system: the points don't depend on lines.
    auto found = scored.find(request.player);
    cases.actual.push_back(found == scored.end() ? std::nullopt : std::optional(found->second));
  }
  cases.history = HistoryOf(table, cases.requests, slate.game_date, options);
  return cases;
}

std::vector<GradeRow> GradeRows(const Pipeline& pipeline, const GradeCases& cases) {
  std::vector<PredictionInput> inputs;
  for (std::size_t i = 0; i < cases.requests.size(); ++i) {
    inputs.push_back({&cases.requests[i], &cases.history.players[i], &cases.history.teams});
  }
  std::vector<PredictedRequest> answers = pipeline.Predict(BatchId("grade"), inputs);
  std::vector<GradeRow> rows;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    const RequestSpec& request = cases.requests[i];
    for (const Prediction& prediction : answers[i].predictions) {
      rows.push_back({request.game, request.game_date, request.player, prediction.system,
                      prediction.predicted_points, prediction.spread, cases.actual[i]});
    }
  }
  return rows;
}

std::vector<SystemScore> ScoreSystems(const std::vector<GradeRow>& rows) {
  std::vector<SystemScore> scores;
  for (const GradeRow& row : rows) {
    if (!row.actual_points) continue;
    auto score = std::find_if(scores.begin(), scores.end(), [&](const SystemScore& candidate) {
      return candidate.system == row.system;
    });
    if (score == scores.end()) score = scores.insert(score, SystemScore{.system = row.system});
    double error = row.predicted_points - *row.actual_points;
    ++score->count;
    score->mae += std::abs(error);
    score->bias += error;
    score->rmse += error * error;
    score->mean_spread += row.spread;
    score->within_spread += std::abs(error) <= row.spread ? 1 : 0;
  }
  for (SystemScore& score : scores) {
    auto n = static_cast<double>(score.count);
    score.mae /= n;
    score.bias /= n;
    score.rmse = std::sqrt(score.rmse / n);
    score.mean_spread /= n;
    score.within_spread /= n;
  }
  return scores;
}

}  // namespace tipoff
