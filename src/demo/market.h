// What is published before the demo league's next games: bookmakers' lines and the injury report.
#pragma once

#include <string>
#include <vector>

#include "demo/calendar.h"
#include "demo/players.h"

namespace tipoff {

struct DemoMarket {
  std::string lines;     // CSV.
  std::string injuries;  // CSV.
};

// `scored` has the points of each player's games so far, by his place in `players`, oldest first.
DemoMarket MakeDemoMarket(std::uint64_t seed, const std::vector<DemoGame>& games,
                          const std::vector<DemoPlayer>& players,
                          const std::vector<std::vector<int>>& scored);

}  // namespace tipoff
