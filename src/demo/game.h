// One game of the demo league: who plays, for how long, and what the box score says.
#pragma once

#include <vector>

#include "demo/dice.h"
#include "demo/players.h"

namespace tipoff {

struct DemoBoxScore {
  const DemoPlayer* player = nullptr;
  bool is_home = false;
  int minutes = 0;
  int fgm = 0, fga = 0, fg3m = 0, fg3a = 0, ftm = 0, fta = 0;
  int rebounds = 0, assists = 0, steals = 0, blocks = 0, turnovers = 0;
  int plus_minus = 0;

  int points() const { return 2 * fgm + fg3m + ftm; }
};

struct DemoResult {
  std::vector<DemoBoxScore> lines;  // Of those who played.
  int home_score = 0;
  int away_score = 0;
};

struct DemoSide {
  std::vector<const DemoPlayer*> available;
  bool back_to_back = false;
};

// Never a tie; points are those of the shots, scores those of the players, minutes 240 a team (265
// after overtime).
DemoResult PlayDemoGame(const DemoSide& home, const DemoSide& away, Dice& dice);

}  // namespace tipoff
