// Who plays on a game day: the snapshot that a start reads instead of asking the history source.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "core/line.h"
#include "core/request.h"

namespace tipoff {

struct SlateGame {
  GameId game;
  std::string home;
  std::string away;
  bool neutral_site = false;

  friend bool operator==(const SlateGame&, const SlateGame&) = default;
};

// One bookmaker's points line.
struct BookLine {
  std::string book;
  Line line;

  friend bool operator==(const BookLine&, const BookLine&) = default;
};

// A player whose latest team plays, and who took part in one of its last 10 games or has a line.
struct SlatePlayer {
  PlayerId player;
  std::string name;
  std::string team;
  std::string opponent;
  GameId game;
  bool is_home = false;
  bool recent = true;        // Took part in one of his team's last 10 games.
  double mean_minutes = 0;   // Of his last 7 games strictly before the date; 0 without any.
  std::string availability;  // "", or as the injury list says: OUT, DOUBTFUL, QUESTIONABLE, ...
  std::vector<BookLine> lines;

  friend bool operator==(const SlatePlayer&, const SlatePlayer&) = default;
};

struct Slate {
  Day game_date;
  Instant as_of;  // When it was built.
  std::vector<SlateGame> games;
  std::vector<SlatePlayer> players;
  // Completeness of the 7 days before: games played, and those of them with player rows.
  int recent_games = 0;
  int recent_games_with_rows = 0;

  friend bool operator==(const Slate&, const Slate&) = default;
};

// OUT or DOUBTFUL: not predicted.
bool RuledOut(std::string_view availability);

struct SlateOptions {
  double min_minutes = 15;
  bool use_multiple_lines = false;  // All distinct lines of a player instead of the main one.
};

// The line that most bookmakers offer; among equally frequent ones the lowest. Empty: no line.
std::vector<Line> MainLine(const std::vector<BookLine>& lines);

// Whom to predict: recent players of at least `min_minutes` who are not OUT or DOUBTFUL, and
// everyone with a line. Sorted by game, then player; each player once.
std::vector<RequestSpec> SelectRequests(const Slate& slate, const SlateOptions& options);

}  // namespace tipoff
