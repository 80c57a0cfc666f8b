// Rows of player_games as records. For the files of this folder.
#pragma once

#include <string>

#include "history/facts.h"
#include "sqlite/connection.h"

namespace tipoff {

// What ReadRecord reads, in its order.
inline constexpr char kRecordColumns[] =
    "date, game, season, playoffs, team, opponent, home, seconds, points, rebounds, assists, "
    "steals, blocks, turnovers, fgm, fga, fg3m, fg3a, ftm, fta, plus_minus";
inline constexpr int kRecordColumnCount = 21;

inline Day ReadDay(const sqlite::Statement& row, int column) {
  return Day::FromDays(static_cast<std::int32_t>(row.Int(column)));
}

// Minutes are stored as seconds, so that "26:05", 26.05 of Kaggle and 26.083333 are one value.
inline float ToMinutes(int seconds) { return static_cast<float>(seconds) / 60.0F; }

inline GameRecord ReadRecord(const sqlite::Statement& row, int column) {
  GameRecord record;
  record.date = ReadDay(row, column);
  record.game = GameId(row.Text(column + 1));
  record.season = row.Text(column + 2);
  record.playoffs = row.Int(column + 3) != 0;
  record.team = row.Text(column + 4);
  record.opponent = row.Text(column + 5);
  record.is_home = row.Int(column + 6) != 0;
  record.minutes = ToMinutes(static_cast<int>(row.Int(column + 7)));
  record.points = static_cast<std::int16_t>(row.Int(column + 8));
  int at = column + 9;
  for (auto count : kCounts) {
    if (!row.IsNull(at)) record.*count = static_cast<std::int16_t>(row.Int(at));
    ++at;
  }
  return record;
}

template <class T>
struct ResultOf {
  using Type = Result<T>;
};
template <class T>
struct ResultOf<Result<T>> {
  using Type = Result<T>;
};

// Runs `body`, which may throw a sqlite::Failure: the edge where failures become errors.
template <class Body>
auto AtEdge(Body body) -> typename ResultOf<decltype(body())>::Type {
  try {
    return body();
  } catch (const sqlite::Failure& failure) {
    return failure.ToError();
  }
}

}  // namespace tipoff
