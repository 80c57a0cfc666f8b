// What one row of a source says, before it is known which player and which game it is about.
// One struct per kind of row; an importer makes them, the history database takes them.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "base/id.h"
#include "base/instant.h"
#include "core/line.h"
#include "history/history.h"

namespace tipoff {

// The counts of a game that a source may lack, in the order of the stored columns.
inline constexpr std::array<std::int16_t GameRecord::*, 12> kCounts{
    &GameRecord::rebounds,  &GameRecord::assists, &GameRecord::steals, &GameRecord::blocks,
    &GameRecord::turnovers, &GameRecord::fgm,     &GameRecord::fga,    &GameRecord::fg3m,
    &GameRecord::fg3a,      &GameRecord::ftm,     &GameRecord::fta,    &GameRecord::plus_minus};

// How sure it is which team is at home. A stronger word replaces a weaker one, so that files may
// come in any order. League logs write "A @ B" for both teams of a game at a neutral site.
enum class HomeBy : std::uint8_t {
  kNobody,     // Nobody said, or both teams are said to be away.
  kOtherTeam,  // A row of the other team says "away".
  kItself,     // A row of the team says "home".
  kScheduled,  // The schedule says it.
};

// A game, as far as one row tells.
struct GameFact {
  GameId game;  // Empty: the source has no ids of the usual numbering.
  Day date;
  std::string season;
  std::string type;  // "Regular Season", "Playoffs", "Play-In"; "": not told.
  std::string home;
  std::string away;
  HomeBy home_by = HomeBy::kNobody;
  std::optional<bool> neutral_site;
  std::optional<int> home_score;
  std::optional<int> away_score;
  bool scheduled = false;  // From a schedule or a list of results, not from a player's row.
};

struct PlayerGameFact {
  PlayerId player;   // Empty: resolved by name.
  std::string name;  // "First Surname"; may be empty if there is an id.
  GameFact game;
  std::string team;
  // Date, game, team, opponent, season and home are taken from `game`, once that is resolved.
  GameRecord record;
  int seconds = 0;             // Played; record.minutes is made from it.
  bool whole_minutes = false;  // Rounded by the source: no correction of a finer value.
};

struct LineFact {
  PlayerId player;
  std::string name;
  GameFact game;
  std::string stat;  // "points", "threes", ...
  std::string book;
  Line line = Line::FromMilli(0);
  std::optional<double> over_odds;
  std::optional<double> under_odds;
};

struct InjuryFact {
  PlayerId player;
  std::string name;
  Day date;
  std::string team;
  std::string status;  // Upper case: OUT, DOUBTFUL, QUESTIONABLE, PROBABLE, ...
  std::string reason;
};

struct PositionFact {
  PlayerId player;
  std::string name;
  std::string season;
  std::string position;        // "G-F"
  std::string position_group;  // "G", "F" or "C"
};

}  // namespace tipoff
