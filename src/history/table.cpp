#include "history/table.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace tipoff {

HistoryTable::HistoryTable(std::vector<PlayerGame> rows, std::string data_version)
    : rows_(std::move(rows)), data_version_(std::move(data_version)) {
  std::sort(rows_.begin(), rows_.end(), [](const PlayerGame& a, const PlayerGame& b) {
    return std::tie(a.game.date, a.game.game, a.player) <
           std::tie(b.game.date, b.game.game, b.player);
  });
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    by_player_[rows_[i].player].push_back(i);
    Day date = rows_[i].game.date;
    if (days_.empty() || days_.back() != date) days_.push_back(date);
  }
  IndexTeams();
}

void HistoryTable::IndexTeams() {
  for (std::size_t begin = 0; begin < rows_.size();) {
    std::size_t end = begin;
    std::map<std::string, int> points;
    for (; end < rows_.size() && rows_[end].game.game == rows_[begin].game.game &&
           rows_[end].game.date == rows_[begin].game.date;
         ++end) {
      points[rows_[end].game.team] += rows_[end].game.points;
    }
    if (points.size() == 2) {
      const auto& [one, one_points] = *points.begin();
      const auto& [other, other_points] = *points.rbegin();
      teams_.Add(rows_[begin].game.date, one, one_points, other, other_points);
    }
    begin = end;
  }
}

HistoryBatch HistoryTable::Query(const HistoryQuery& query) const {
  HistoryBatch batch;
  batch.data_version = data_version_;
  Day oldest = query.before - query.lookback_days;
  for (const PlayerId& player : query.players) {
    PlayerHistory history{player, {}};
    for (const PlayerGame* row : Before(player, query.before)) {
      if (row->game.date < oldest ||
          history.games.size() >= static_cast<std::size_t>(query.max_games)) {
        break;
      }
      history.games.push_back(row->game);
    }
    batch.players.push_back(std::move(history));
  }
  batch.teams = teams_.FormsBefore(query.before, oldest);
  return batch;
}

std::span<const PlayerGame> HistoryTable::PlayedOn(Day day) const {
  auto first =
      std::lower_bound(rows_.begin(), rows_.end(), day,
                       [](const PlayerGame& row, Day wanted) { return row.game.date < wanted; });
  auto last = std::upper_bound(first, rows_.end(), day, [](Day wanted, const PlayerGame& row) {
    return wanted < row.game.date;
  });
  return {first, last};
}

std::vector<const PlayerGame*> HistoryTable::Before(const PlayerId& player, Day day) const {
  std::vector<const PlayerGame*> games;
  auto found = by_player_.find(player);
  if (found == by_player_.end()) return games;
  const std::vector<std::uint32_t>& indices = found->second;
  auto end = std::lower_bound(
      indices.begin(), indices.end(), day,
      [&](std::uint32_t index, Day wanted) { return rows_[index].game.date < wanted; });
  games.reserve(static_cast<std::size_t>(end - indices.begin()));
  for (auto index = end; index != indices.begin();) games.push_back(&rows_[*--index]);
  return games;
}

}  // namespace tipoff
