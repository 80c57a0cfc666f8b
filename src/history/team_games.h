// What teams scored and allowed, and how they did lately. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "history/history.h"

namespace tipoff {

class TeamGames {
 public:
  // One game, of which both sides are known: one alone says nothing about what it allowed. Games
  // come oldest first.
  void Add(Day date, const std::string& one, std::int64_t one_points, const std::string& other,
           std::int64_t other_points);

  // Of every team that played from `oldest` to the day before `before`, by name.
  std::vector<TeamForm> FormsBefore(Day before, Day oldest) const;

 private:
  struct Game {
    Day date;
    std::int64_t points_for;
    std::int64_t points_against;
  };
  std::map<std::string, std::vector<Game>> teams_;  // Oldest first.
};

}  // namespace tipoff
