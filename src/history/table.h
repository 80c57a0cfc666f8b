// Box scores in memory, sorted for the questions that predicting, grading and slates ask. Pure.
#pragma once

#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "history/history.h"
#include "history/team_games.h"

namespace tipoff {

// One row of box scores: one player in one game.
struct PlayerGame {
  PlayerId player;
  std::string player_name;
  GameRecord game;
};

class HistoryTable {
 public:
  // Takes rows in any order; no (player, game) may occur twice.
  HistoryTable(std::vector<PlayerGame> rows, std::string data_version);

  // Exactly what the `History` port answers.
  HistoryBatch Query(const HistoryQuery& query) const;

  // Everybody who took part in a game of that day, by game and player; minutes may be 0.
  std::span<const PlayerGame> PlayedOn(Day day) const;
  // All games of one player strictly before a day, newest first, whatever the lookback.
  std::vector<const PlayerGame*> Before(const PlayerId& player, Day day) const;
  // The days with games, ascending.
  const std::vector<Day>& days() const { return days_; }
  const std::string& data_version() const { return data_version_; }
  std::size_t size() const { return rows_.size(); }

 private:
  void IndexTeams();

  std::vector<PlayerGame> rows_;  // By date, game, player.
  std::vector<Day> days_;
  std::unordered_map<PlayerId, std::vector<std::uint32_t>> by_player_;  // Oldest first.
  TeamGames teams_;
  std::string data_version_;
};

}  // namespace tipoff
