// A request and its history for tests of predictions, built game by game.
#pragma once

#include <string>
#include <vector>

#include "predict/system.h"

namespace tipoff {

inline Day OnDay(const std::string& text) { return ParseDay(text).value(); }

struct PlayerCase {
  RequestSpec request{.player = PlayerId("p1"),
                      .player_name = "Ade O'Merrin",
                      .game = GameId("0022500900"),
                      .game_date = OnDay("2026-02-01"),
                      .team = "AAA",
                      .opponent = "BBB",
                      .is_home = true,
                      .projected_minutes = 30};
  PlayerHistory history{.player = PlayerId("p1"), .games = {}};
  // By name; all alike until a test says otherwise.
  std::vector<TeamForm> teams{{"AAA", 30, 110, 110}, {"BBB", 30, 110, 110}, {"CCC", 30, 110, 110}};

  PredictionInput input() const { return {&request, &history, &teams}; }

  // Adds an older game than all before: `days` before the request's date.
  PlayerCase& Played(int days, int points, float minutes = 30) {
    GameRecord game;
    game.date = request.game_date - days;
    game.game = GameId("g" + std::to_string(days));
    game.season = "2025-26";
    game.team = "AAA";
    game.opponent = "CCC";
    game.is_home = history.games.size() % 2 == 0;
    game.minutes = minutes;
    game.points = static_cast<std::int16_t>(points);
    history.games.push_back(game);
    return *this;
  }
  // `n` more games, every other day.
  PlayerCase& PlayedSteadily(int n, int points, float minutes = 30) {
    int days = history.games.empty() ? 0 : request.game_date - history.games.back().date;
    for (int i = 0; i < n; ++i) Played(days += 2, points, minutes);
    return *this;
  }
  GameRecord& oldest() { return history.games.back(); }
};

}  // namespace tipoff
