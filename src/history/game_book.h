// Which game a row is about: all known games by id and by date and teams, and what several sources
// say about one of them put together. Pure.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "history/facts.h"

namespace tipoff {

struct KnownGame {
  GameFact fact;         // With an id, a date, a season and both teams.
  bool stored = false;   // Known before this book's changes.
  bool realign = false;  // Something that rows copy (season, type, home) has changed since.
  bool seen = false;     // A row of the file under way has named it.
  bool changed = false;

  bool IsHome(const std::string& team) const {
    return fact.home_by != HomeBy::kNobody && team == fact.home;
  }
  const std::string& Opponent(const std::string& team) const {
    return team == fact.home ? fact.away : fact.home;
  }
  bool playoffs() const { return !fact.type.empty() && fact.type != "Regular Season"; }
};

// A game whose id or date has changed; its rows must follow.
struct GameMove {
  GameId from;
  Day from_date;
  GameId to;
  Day to_date;
};

enum class GameNews {
  kNew,
  kChanged,
  kSame
};

class GameBook {
 public:
  // What is stored already.
  void Load(GameFact game);

  // Finds the game that `fact` is about, or enters it, and adds what the fact tells. Two teams
  // meet once a day: a fact without an id, or with one of another numbering, is the known game of
  // that date and those teams, and an id of the league replaces one that was made up. Answers null
  // and sets `problem` if the fact contradicts what is known for sure.
  const KnownGame* Resolve(const GameFact& fact, std::string* problem);

  // What the last Resolve made of a fact of the schedule.
  GameNews last_news() const { return last_news_; }
  // Moves since the last call, in order. Their rows must be moved before other rows are stored.
  std::vector<GameMove> TakeMoves();
  // Entered or changed since the last call, by id.
  std::vector<const KnownGame*> Changed() const;
  const std::unordered_map<GameId, KnownGame>& games() const { return games_; }

 private:
  KnownGame* Locate(const GameFact& fact, std::string* problem);
  KnownGame* MoveTo(const GameId& from, const GameId& to, Day date);
  KnownGame& Enter(GameFact fact);
  bool MergeHome(KnownGame& game, const GameFact& fact, std::string* problem);
  void MergeRest(KnownGame& game, const GameFact& fact);

  std::unordered_map<GameId, KnownGame> games_;
  std::unordered_map<std::string, GameId> by_teams_;  // The one of the best id, if several.
  std::vector<GameMove> moves_;
  GameNews last_news_ = GameNews::kSame;
};

// "20241022_NYK_BOS", for games that no source numbers.
GameId MakeGameId(Day date, const std::string& away, const std::string& home);
// "2024-25": the season that a game of that date belongs to, where no source says it.
std::string SeasonOf(Day date);

}  // namespace tipoff
