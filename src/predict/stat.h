// Other counts than points, through the same systems: a game's count takes the place of its points.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "predict/system.h"

namespace tipoff {

struct Stat {
  std::string_view name;  // "points", "rebounds", "assists", "threes".
  // One of them is worth so many points to the systems, so that a league's level, a prior and a
  // bound on points fit: a player scores about as often a minute as he makes `scale` x the count.
  int scale;
  double spread;  // Times as widely spread as points of the same worth; measured before 2024-25.
  std::int16_t GameRecord::*count;
};

// Points first.
std::span<const Stat> Stats();
const Stat& Points();
// Their names, points first.
std::vector<std::string> StatNames();
// Null for one that is not known.
const Stat* FindStat(std::string_view name);

// The inputs as the systems see them for a stat. For points they are the same; else the games have
// the scaled count as points and no shots, games without the count are left out, and nothing is
// said of teams, whose forms are of points. Must not outlive `inputs`.
class StatInputs {
 public:
  StatInputs(const Stat& stat, std::span<const PredictionInput> inputs);
  std::span<const PredictionInput> inputs() const { return inputs_; }

 private:
  std::vector<PlayerHistory> histories_;
  std::vector<TeamForm> no_teams_;
  std::vector<PredictionInput> made_;
  std::span<const PredictionInput> inputs_;
};

}  // namespace tipoff
