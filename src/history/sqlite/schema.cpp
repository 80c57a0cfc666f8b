#include "history/sqlite/schema.h"

#include <array>

namespace tipoff {
namespace {

// Dates are days since 1970-01-01. Counts that a source does not give are NULL.
const std::array<std::string, 1> kSteps{R"sql(
CREATE TABLE players (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  name_key TEXT NOT NULL,     -- without diacritics, dots and case
  made INTEGER NOT NULL,      -- 1: the id is made from the name
  named_on INTEGER NOT NULL   -- date of the row that gave the name
) WITHOUT ROWID;

CREATE TABLE games (
  id TEXT PRIMARY KEY,
  date INTEGER NOT NULL,
  season TEXT NOT NULL,
  type TEXT NOT NULL,         -- '': no source has told
  home TEXT NOT NULL,
  away TEXT NOT NULL,
  home_by INTEGER NOT NULL,   -- HomeBy: how sure it is which team is at home
  neutral INTEGER,
  home_score INTEGER,
  away_score INTEGER,
  scheduled INTEGER NOT NULL  -- 1: from a schedule, 0: from players' rows only
) WITHOUT ROWID;

-- Clustered by player: his last games are neighbours on disk.
CREATE TABLE player_games (
  player TEXT NOT NULL,
  date INTEGER NOT NULL,
  game TEXT NOT NULL,
  season TEXT NOT NULL,
  playoffs INTEGER NOT NULL,
  team TEXT NOT NULL,
  opponent TEXT NOT NULL,
  home INTEGER NOT NULL,
  seconds INTEGER NOT NULL,
  points INTEGER NOT NULL,
  rebounds INTEGER, assists INTEGER, steals INTEGER, blocks INTEGER, turnovers INTEGER,
  fgm INTEGER, fga INTEGER, fg3m INTEGER, fg3a INTEGER, ftm INTEGER, fta INTEGER,
  plus_minus INTEGER,
  PRIMARY KEY (player, date, game)
) WITHOUT ROWID;

-- All of a date's games and teams without reading the rows.
CREATE INDEX player_games_by_date ON player_games (date, game, team, points);

CREATE TABLE lines (
  date INTEGER NOT NULL,
  player TEXT NOT NULL,
  stat TEXT NOT NULL,
  book TEXT NOT NULL,
  line INTEGER NOT NULL,      -- thousandths
  game TEXT NOT NULL,
  over_odds REAL,
  under_odds REAL,
  PRIMARY KEY (date, player, stat, book, line)
) WITHOUT ROWID;

CREATE TABLE injuries (
  date INTEGER NOT NULL,
  player TEXT NOT NULL,
  team TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (date, player)
) WITHOUT ROWID;

CREATE TABLE positions (
  season TEXT NOT NULL,
  player TEXT NOT NULL,
  position TEXT NOT NULL,
  position_group TEXT NOT NULL,
  PRIMARY KEY (season, player)
) WITHOUT ROWID;

CREATE TABLE imports (
  id INTEGER PRIMARY KEY,
  path TEXT NOT NULL,
  kind TEXT NOT NULL,
  hash TEXT NOT NULL,         -- SHA-256 of the file's bytes
  imported_at INTEGER NOT NULL,
  read INTEGER NOT NULL, new INTEGER NOT NULL, same INTEGER NOT NULL,
  changed INTEGER NOT NULL, rejected INTEGER NOT NULL
);

-- Dates whose slates were handed over: those that have no games any more need an empty one.
CREATE TABLE slated (date INTEGER PRIMARY KEY);

CREATE TABLE state (
  only INTEGER PRIMARY KEY CHECK (only = 1),
  data_version TEXT NOT NULL,  -- '': nothing was ever imported
  dirty_from INTEGER           -- slates of this date and later are to be rebuilt
);
INSERT INTO state VALUES (1, '', NULL);
)sql"};

}  // namespace

std::span<const std::string> HistorySchema() { return kSteps; }

}  // namespace tipoff
