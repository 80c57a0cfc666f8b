#include "app/grade_published.h"

#include <algorithm>
#include <set>
#include <unordered_map>

#include "predict/features.h"

namespace tipoff {

GradeCases PublishedCases(const HistoryTable& table, std::vector<PublishedPlayer>& players,
                          const GradeOptions& options) {
  GradeCases cases;
  std::vector<PublishedPlayer> kept;
  for (PublishedPlayer& player : players) {
    if (player.skipped || player.predictions.empty()) continue;
    PlayerHistory history{player.spec.player, {}};
    for (const PlayerGame* row : table.Before(player.spec.player, player.spec.game_date)) {
      if (history.games.size() == static_cast<std::size_t>(options.max_games)) break;
      history.games.push_back(row->game);
    }
    if (RecentMinutes(history.games) < options.min_minutes) continue;
    std::optional<double> actual;
    for (const PlayerGame& row : table.PlayedOn(player.spec.game_date)) {
      if (row.player == player.spec.player && row.game.minutes > 0) actual = row.game.points;
    }
    cases.requests.push_back(player.spec);
    cases.history.players.push_back(std::move(history));
    cases.actual.push_back(actual);
    kept.push_back(std::move(player));
  }
  players = std::move(kept);
  return cases;
}

std::vector<GradeRow> RowsOfPublished(const GradeCases& cases,
                                      const std::vector<PublishedPlayer>& players) {
  std::vector<GradeRow> rows;
  for (std::size_t i = 0; i < players.size(); ++i) {
    std::set<std::string> seen;  // They are sorted by system, then line.
    for (const Prediction& prediction : players[i].predictions) {
      if (prediction.stat != "points" || !seen.insert(prediction.system).second) continue;
      const RequestSpec& spec = players[i].spec;
      rows.push_back(
          RowOf(spec, prediction, cases.actual[i], RecentMinutes(cases.history.players[i].games)));
    }
  }
  return rows;
}

}  // namespace tipoff
