#include "history/compact_history.h"

#include <algorithm>
#include <map>
#include <tuple>

#include "history/facts.h"

namespace tipoff {

std::uint32_t CompactHistory::Intern(const std::string& text) {
  auto [found, fresh] = numbers_.try_emplace(text, static_cast<std::uint32_t>(texts_.size()));
  if (fresh) texts_.push_back(text);
  return found->second;
}

void CompactHistory::Add(const PlayerId& player, const GameRecord& game) {
  Row row;
  row.player = Intern(player.str());
  row.date = game.date;
  row.game = Intern(game.game.str());
  row.season = Intern(game.season);
  row.team = Intern(game.team);
  row.opponent = Intern(game.opponent);
  row.minutes = game.minutes;
  row.points = game.points;
  for (std::size_t i = 0; i < kCounts.size(); ++i) row.counts[i] = game.*kCounts[i];
  row.playoffs = game.playoffs;
  row.is_home = game.is_home;
  rows_.push_back(row);
}

void CompactHistory::Seal(std::string data_version) {
  data_version_ = std::move(data_version);
  IndexTeams();
  std::sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
    return std::tie(a.player, a.date, texts_[a.game]) < std::tie(b.player, b.date, texts_[b.game]);
  });
  rows_.shrink_to_fit();
  for (std::uint32_t i = 0; i < rows_.size(); ++i) {
    Range& range = players_[PlayerId(texts_[rows_[i].player])];
    if (range.end == 0) range.begin = i;
    range.end = i + 1;
  }
  numbers_ = {};
}

void CompactHistory::IndexTeams() {
  std::sort(rows_.begin(), rows_.end(), [this](const Row& a, const Row& b) {
    return std::tie(a.date, texts_[a.game]) < std::tie(b.date, texts_[b.game]);
  });
  for (auto begin = rows_.begin(); begin != rows_.end();) {
    std::map<std::uint32_t, int> points;
    auto end = begin;
    for (; end != rows_.end() && end->game == begin->game && end->date == begin->date; ++end) {
      points[end->team] += end->points;
    }
    if (points.size() == 2) {
      const auto& [one, one_points] = *points.begin();
      const auto& [other, other_points] = *points.rbegin();
      teams_.Add(begin->date, texts_[one], one_points, texts_[other], other_points);
    }
    begin = end;
  }
}

GameRecord CompactHistory::Unpack(const Row& row) const {
  GameRecord game;
  game.date = row.date;
  game.game = GameId(texts_[row.game]);
  game.season = texts_[row.season];
  game.playoffs = row.playoffs;
  game.team = texts_[row.team];
  game.opponent = texts_[row.opponent];
  game.is_home = row.is_home;
  game.minutes = row.minutes;
  game.points = row.points;
  for (std::size_t i = 0; i < kCounts.size(); ++i) game.*kCounts[i] = row.counts[i];
  return game;
}

HistoryBatch CompactHistory::Query(const HistoryQuery& query) const {
  HistoryBatch batch;
  batch.data_version = data_version_;
  batch.players.reserve(query.players.size());
  Day oldest = query.before - query.lookback_days;
  auto older = [](const Row& row, Day day) { return row.date < day; };
  for (const PlayerId& player : query.players) {
    PlayerHistory& history = batch.players.emplace_back();
    history.player = player;
    auto found = players_.find(player);
    if (found == players_.end()) continue;
    auto begin = rows_.begin() + found->second.begin, end = rows_.begin() + found->second.end;
    auto last = std::lower_bound(begin, end, query.before, older);
    auto first = std::lower_bound(begin, last, oldest, older);
    if (last - first > query.max_games) first = last - query.max_games;
    history.games.reserve(static_cast<std::size_t>(last - first));
    while (last != first) history.games.push_back(Unpack(*--last));
  }
  batch.teams = teams_.FormsBefore(query.before, oldest);
  return batch;
}

}  // namespace tipoff
