// Port: where players' past games come from.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

// A count that a source does not give.
inline constexpr std::int16_t kAbsent = std::numeric_limits<std::int16_t>::min();

// One game that one player took part in. A player who did not play has no record.
struct GameRecord {
  Day date;  // The day it was played, in New York.
  GameId game;
  std::string season;  // "2024-25"
  bool playoffs = false;
  std::string team;
  std::string opponent;
  bool is_home = false;
  float minutes = 0;
  std::int16_t points = 0;
  std::int16_t rebounds = kAbsent;
  std::int16_t assists = kAbsent;
  std::int16_t steals = kAbsent;
  std::int16_t blocks = kAbsent;
  std::int16_t turnovers = kAbsent;
  std::int16_t fgm = kAbsent, fga = kAbsent;
  std::int16_t fg3m = kAbsent, fg3a = kAbsent;
  std::int16_t ftm = kAbsent, fta = kAbsent;
  std::int16_t plus_minus = kAbsent;

  friend bool operator==(const GameRecord&, const GameRecord&) = default;
};

// Newest first; ties on one date by game id, descending.
struct PlayerHistory {
  PlayerId player;
  std::vector<GameRecord> games;  // Empty: he really has none in the asked-for window.

  friend bool operator==(const PlayerHistory&, const PlayerHistory&) = default;
};

// How a team did in its last 30 games strictly before a date, within the lookback.
struct TeamForm {
  std::string team;
  int games = 0;
  double points_for = 0;      // Mean a game.
  double points_against = 0;  // Mean a game.

  friend bool operator==(const TeamForm&, const TeamForm&) = default;
};

struct HistoryQuery {
  std::vector<PlayerId> players;
  Day before;               // Strictly: no game of that day or later is returned.
  int max_games = 82;       // Per player.
  int lookback_days = 400;  // Nothing older than `before` minus this.
  // How long an answer is waited for: a source that can gives up then what it does for it.
  Duration timeout = std::chrono::seconds(30);
};

// The answer to one query. "Not loaded" has no representation here: it is an Error, never an empty
// list.
struct HistoryBatch {
  std::vector<PlayerHistory> players;  // One for each player asked for, in the order of the query.
  // Every team that played in the window, by name: what a prediction may know of opponents.
  std::vector<TeamForm> teams;
  // Changes whenever the stored history does; kept with the predictions.
  std::string data_version;
};

class History {
 public:
  using LoadDone = std::function<void(Result<HistoryBatch>)>;
  virtual ~History() = default;

  // Loads the last games of all players asked for, in one query. Calls `done` once, posted to the
  // loop. kUnavailable: not loaded, may work later. An unknown player has an empty list.
  // Calling twice is harmless. From the loop's thread only.
  virtual void Load(HistoryQuery query, LoadDone done) = 0;
};

}  // namespace tipoff
