// The people of the demo league: what they are like, and how they are on a given day.
#pragma once

#include <cstdint>
#include <vector>

#include "demo/dice.h"
#include "demo/names.h"

namespace tipoff {

struct DemoPlayer {
  int id = 0;
  DemoPlayerName name;
  int team = 0;

  // What he is like, for the season.
  double talent = 0;            // About normal; decides minutes and shots.
  double shots_per_minute = 0;  // Field goals tried, in a team of usual players.
  double three_share = 0;       // Of the field goals tried.
  double two_percent = 0, three_percent = 0, free_percent = 0;
  double free_per_shot = 0;  // Free throws tried per field goal tried.
  double rebounds = 0, assists = 0, steals = 0, blocks = 0, turnovers = 0;  // A minute.

  // How he is, from game to game.
  double standing = 0;      // With the coach; drifts.
  double touch = 0;         // Shots, drifts.
  int games_out = 0;        // Still to miss.
  int games_back = 99;      // Since he returned from a longer absence.
  const char* injury = "";  // Why he is or was out.
};

// 13 to 15 for each team.
std::vector<DemoPlayer> MakeDemoPlayers(std::uint64_t seed);

// Before each game of his team: drifts, gets hurt, heals.
void LiveOn(DemoPlayer& player, bool back_to_back, Dice& dice);

// Before the deadline some change teams, one for one of the same standing.
void TradeDemoPlayers(std::vector<DemoPlayer>& players, int trades, Dice& dice);

}  // namespace tipoff
