#include "history/team_games.h"

#include <algorithm>

namespace tipoff {
namespace {

constexpr int kTeamFormGames = 30;

}  // namespace

void TeamGames::Add(Day date, const std::string& one, std::int64_t one_points,
                    const std::string& other, std::int64_t other_points) {
  teams_[one].push_back({date, one_points, other_points});
  teams_[other].push_back({date, other_points, one_points});
}

std::vector<TeamForm> TeamGames::FormsBefore(Day before, Day oldest) const {
  std::vector<TeamForm> forms;
  for (const auto& [team, games] : teams_) {
    auto end = std::lower_bound(games.begin(), games.end(), before,
                                [](const Game& game, Day day) { return game.date < day; });
    TeamForm form{team, 0, 0, 0};
    for (auto game = end; game != games.begin() && form.games < kTeamFormGames;) {
      --game;
      if (game->date < oldest) break;
      ++form.games;
      form.points_for += static_cast<double>(game->points_for);
      form.points_against += static_cast<double>(game->points_against);
    }
    if (form.games == 0) continue;
    form.points_for /= form.games;
    form.points_against /= form.games;
    forms.push_back(std::move(form));
  }
  return forms;
}

}  // namespace tipoff
