// The fields of one row of a public file, read as dates, teams, ids and counts. For RowParser.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "history/facts.h"
#include "history/import/format.h"

namespace tipoff {

// Keeps the first problem: read all fields, then ask `problem()` once.
class RowFields {
 public:
  RowFields(const Format& format, std::span<const std::string_view> fields)
      : format_(format), fields_(fields) {}

  // False with a problem unless the row has the header's number of fields, all of them text.
  bool CheckShape();
  // Trimmed; "" for an absent column and for what sources write for nothing.
  std::string_view Text(Field field) const;
  void Fail(std::string reason);

  // From the columns that tell it best; a problem if there is none or it makes no sense.
  Day Date();
  PlayerId Player();
  std::string PlayerName();
  GameId Game();
  // "" where it is not told. `left_out()` says why a game of this type does not count.
  std::string Type(const GameId& game);
  std::string Season(const GameId& game);
  std::string Team(std::string_view text);
  // Fills the game's sides, and `team` with the row's own, from the matchup, or from team, opponent
  // and home or away.
  void Teams(GameFact& game, std::string& team);
  std::optional<int> Count(Field field, int least, int most);
  std::optional<double> Odds(Field field);

  const std::string& problem() const { return problem_; }
  const std::string& foreign_team() const { return foreign_team_; }
  const std::string& left_out() const { return left_out_; }

 private:
  bool IsNba() const;
  std::string Team(Field full, Field name, Field city, Field code);

  const Format& format_;
  std::span<const std::string_view> fields_;
  std::string problem_;
  std::string foreign_team_;
  std::string left_out_;
};

}  // namespace tipoff
