// The demo league as box scores in memory.
#pragma once

#include "demo/league.h"
#include "history/table.h"
#include "support/box_scores.h"

namespace tipoff {

inline const std::vector<PlayerGame>& DemoRows() {
  static const std::vector<PlayerGame> rows =
      ParseBoxScores(MakeDemoLeague({.seed = 1}).player_games).value();
  return rows;
}

inline const HistoryTable& DemoTable() {
  static const HistoryTable table(DemoRows(), "demo");
  return table;
}

}  // namespace tipoff
