// The rows of player_games on their way in: new, the same, or a correction. For HistoryUpdate;
// failures of the database are thrown.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "history/facts.h"
#include "history/game_book.h"
#include "sqlite/connection.h"

namespace tipoff {

enum class RowNews {
  kNew,
  kSame,
  kChanged
};

class PlayerRows {
 public:
  explicit PlayerRows(sqlite::Connection& connection) : connection_(connection) {}

  // Adds one row to what is stored of that player and game. Counts that it does not give stay, and
  // whole minutes do not replace finer ones that they may be the rounding of.
  RowNews Store(const PlayerId& player, const GameRecord& record, int seconds, bool whole_minutes);

  // Season, kind and sides of all rows of a game as the game has them now.
  void Realign(const KnownGame& game);

  // Two men of one name (a father and his son) do not play within two years of each other; where
  // one of both has no dated row nothing speaks against one man.
  bool MayBeOneMan(const PlayerId& made, const PlayerId& real);
  // Gives all rows of `made` to `real`, as if those of `real` had come later. The date of the first
  // of them; nothing if there was none.
  std::optional<Day> Join(const PlayerId& made, const PlayerId& real);

 private:
  // First and last date of what is stored about a player.
  std::optional<std::pair<Day, Day>> ActiveDays(const PlayerId& player);

  sqlite::Connection& connection_;
};

}  // namespace tipoff
