#include "predict/grading.h"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include "predict/features.h"
#include "predict/stat.h"

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
  const Stat& stat = *FindStat(options.stat);
  for (const PlayerGame& row : table.PlayedOn(day)) {
    if (!(row.game.minutes > 0) || row.game.*stat.count == kAbsent) continue;
    std::vector<const PlayerGame*> earlier = table.Before(row.player, day);
    if (earlier.size() < kEarlierGamesMin ||
        MeanMinutes(earlier, kEarlierGamesMin) < options.min_minutes) {
      continue;
    }
    cases.requests.push_back(SpecOf(row, MeanMinutes(earlier, kProjectedGames)));
    cases.actual.push_back(row.game.*stat.count);
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
  const Stat& stat = *FindStat(options.stat);
  for (const PlayerGame& row : table.PlayedOn(slate.game_date)) {
    std::int16_t count = row.game.*stat.count;
    if (row.game.minutes > 0 && count != kAbsent) scored[row.player] = count;
  }
  GradeCases cases;
  cases.requests = SelectRequests(slate, {.min_minutes = options.min_minutes});
  for (RequestSpec& request : cases.requests) {
    // One row per system: the points don't depend on lines.
    if (request.lines.size() > 1)
      request.lines.erase(request.lines.begin() + 1, request.lines.end());
    auto found = scored.find(request.player);
    cases.actual.push_back(found == scored.end() ? std::nullopt : std::optional(found->second));
  }
  cases.history = HistoryOf(table, cases.requests, slate.game_date, options);
  return cases;
}

void AddLines(GradeCases& cases, const Slate& slate) {
  std::unordered_map<PlayerId, std::vector<Line>> lines;
  for (const SlatePlayer& player : slate.players) lines[player.player] = MainLine(player.lines);
  for (RequestSpec& request : cases.requests) {
    if (auto found = lines.find(request.player); found != lines.end()) {
      request.lines = found->second;
    }
  }
}

GradeRow RowOf(const RequestSpec& request, const Prediction& prediction,
               std::optional<double> actual, double minutes) {
  return {.game = request.game,
          .game_date = request.game_date,
          .player = request.player,
          .system = prediction.system,
          .predicted_points = prediction.predicted_points,
          .spread = prediction.spread,
          .actual_points = actual,
          .minutes = minutes,
          .quantiles = prediction.quantiles,
          .line = prediction.line,
          .p_over = prediction.p_over,
          .recommendation = prediction.recommendation};
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
      rows.push_back(
          RowOf(request, prediction, cases.actual[i], RecentMinutes(EarlierGames(inputs[i]))));
    }
  }
  return rows;
}

}  // namespace tipoff
