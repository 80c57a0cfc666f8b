#include "history/sqlite/player_rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "history/sqlite/rows.h"

namespace tipoff {
namespace {

constexpr int kOneCareerDays = 730;

bool Assign(std::int16_t& stored, std::int16_t given) {
  if (given == kAbsent || given == stored) return false;
  stored = given;
  return true;
}

template <class T>
bool Assign(T& stored, const T& given) {
  if (stored == given) return false;
  stored = given;
  return true;
}

// True if the rounded value says nothing against the finer one.
bool IsRoundingOf(int whole_seconds, int seconds) {
  return seconds % 60 != 0 && std::abs(whole_seconds - seconds) < 60;
}

// Adds `given` to `stored`; true if that changes it.
bool Merge(GameRecord& stored, int& stored_seconds, const GameRecord& given, int seconds,
           bool whole_minutes) {
  bool changed = false;
  for (auto count : kCounts) changed |= Assign(stored.*count, given.*count);
  changed |= Assign(stored.points, given.points);
  changed |= Assign(stored.season, given.season);
  changed |= Assign(stored.playoffs, given.playoffs);
  changed |= Assign(stored.team, given.team);
  changed |= Assign(stored.opponent, given.opponent);
  changed |= Assign(stored.is_home, given.is_home);
  if (!whole_minutes || !IsRoundingOf(seconds, stored_seconds)) {
    changed |= Assign(stored_seconds, seconds);
  }
  return changed;
}

void BindRecord(sqlite::Statement& statement, const PlayerId& player, const GameRecord& record,
                int seconds) {
  statement.With(player.str(), record.date.days(), record.game.str(), record.season,
                 record.playoffs, record.team, record.opponent, record.is_home, seconds,
                 record.points);
  int index = 10;
  for (auto count : kCounts) {
    if (record.*count == kAbsent) {
      statement.BindNull(index++);
    } else {
      statement.Bind(index++, std::int64_t{record.*count});
    }
  }
}

}  // namespace

RowNews PlayerRows::Store(const PlayerId& player, const GameRecord& record, int seconds,
                          bool whole_minutes) {
  static const std::string kFind = fmt::format(
      "SELECT {} FROM player_games WHERE player = ? AND date = ? AND game = ?", kRecordColumns);
  static const std::string kPut = fmt::format(
      "INSERT OR REPLACE INTO player_games (player, {}) VALUES "
      "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      kRecordColumns);
  sqlite::Statement& find = connection_.Prepared(kFind);
  find.With(player.str(), record.date.days(), record.game.str());
  if (!find.Step()) {
    sqlite::Statement& put = connection_.Prepared(kPut);
    BindRecord(put, player, record, seconds);
    put.Run();
    return RowNews::kNew;
  }
  GameRecord stored = ReadRecord(find, 0);
  int stored_seconds = static_cast<int>(find.Int(7));
  find.Reset();
  if (!Merge(stored, stored_seconds, record, seconds, whole_minutes)) return RowNews::kSame;
  sqlite::Statement& put = connection_.Prepared(kPut);
  BindRecord(put, player, stored, stored_seconds);
  put.Run();
  return RowNews::kChanged;
}

void PlayerRows::Realign(const KnownGame& game) {
  const GameFact& fact = game.fact;
  connection_
      .Prepared(
          "UPDATE player_games SET season = ?, playoffs = ?, opponent = iif(team = ?3, ?4, ?3), "
          "home = (team = ?3 AND ?5) WHERE date = ?6 AND game = ?7")
      .With(fact.season, game.playoffs(), fact.home, fact.away, fact.home_by != HomeBy::kNobody,
            fact.date.days(), fact.game.str())
      .Run();
}

std::optional<std::pair<Day, Day>> PlayerRows::ActiveDays(const PlayerId& player) {
  sqlite::Statement& days = connection_.Prepared(
      "SELECT min(date), max(date) FROM ("
      "SELECT min(date) AS date FROM player_games WHERE player = ?1 "
      "UNION ALL SELECT max(date) FROM player_games WHERE player = ?1 "
      "UNION ALL SELECT date FROM lines WHERE player = ?1 "
      "UNION ALL SELECT date FROM injuries WHERE player = ?1)");
  days.With(player.str());
  days.Step();
  std::optional<std::pair<Day, Day>> active;
  if (!days.IsNull(0)) active.emplace(ReadDay(days, 0), ReadDay(days, 1));
  days.Reset();
  return active;
}

bool PlayerRows::MayBeOneMan(const PlayerId& made, const PlayerId& real) {
  auto a = ActiveDays(made), b = ActiveDays(real);
  if (!a || !b) return true;
  return a->first - b->second <= kOneCareerDays && b->first - a->second <= kOneCareerDays;
}

std::optional<Day> PlayerRows::Join(const PlayerId& made, const PlayerId& real) {
  static const std::string kRows =
      fmt::format("SELECT {} FROM player_games WHERE player = ?", kRecordColumns);
  std::vector<std::pair<GameRecord, int>> games;
  sqlite::Statement& rows = connection_.Prepared(kRows);
  rows.With(made.str());
  while (rows.Step()) games.emplace_back(ReadRecord(rows, 0), static_cast<int>(rows.Int(7)));
  for (auto& [record, seconds] : games) {
    sqlite::Statement& find = connection_.Prepared(kRows + " AND date = ? AND game = ?");
    find.With(real.str(), record.date.days(), record.game.str());
    if (find.Step()) {
      GameRecord later = ReadRecord(find, 0);
      int later_seconds = static_cast<int>(find.Int(7));
      find.Reset();
      Merge(record, seconds, later, later_seconds, later_seconds % 60 == 0);
    }
    Store(real, record, seconds, false);
  }
  connection_.Prepared("DELETE FROM player_games WHERE player = ?").With(made.str()).Run();
  if (games.empty()) return std::nullopt;
  return games.front().first.date;  // The key is in order of dates.
}

}  // namespace tipoff
