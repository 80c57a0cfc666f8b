// A made-up league to try everything on: one season of a league of 30 teams, generated from a seed,
// in the file formats that people import.
#pragma once

#include <cstdint>
#include <string>

#include "base/instant.h"

namespace tipoff {

struct DemoOptions {
  std::uint64_t seed = 1;
  int year = 2025;        // The season begins in October of it.
  int unplayed_days = 4;  // The last game days, of which only the schedule is known; at least 1.
};

// The texts of four CSV files. The same options give the same bytes everywhere.
struct DemoLeague {
  std::string player_games;  // Native format: a row for everyone who played.
  std::string schedule;      // Native format: the whole season; no scores where not yet played.
  std::string lines;         // The Odds API, flattened: points lines of the next game day.
  std::string injuries;      // The league's injury report of that day.
  Day next_game_day;         // The first day whose games are not played.
};

DemoLeague MakeDemoLeague(const DemoOptions& options);

}  // namespace tipoff
