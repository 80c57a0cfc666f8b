// One file's worth of changes to history.db, in one transaction: all of it is stored, or nothing.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "history/facts.h"
#include "history/game_book.h"
#include "history/player_book.h"
#include "history/sqlite/history_database.h"
#include "history/sqlite/player_rows.h"

namespace tipoff {

struct ImportCounts {
  std::int64_t read = 0;
  std::int64_t added = 0;
  std::int64_t same = 0;
  std::int64_t changed = 0;
  std::int64_t rejected = 0;

  friend bool operator==(const ImportCounts&, const ImportCounts&) = default;
};

struct ImportRecord {
  std::string path;
  std::string kind;
  std::string hash;  // SHA-256 of the file.
  Instant at;
  ImportCounts counts;
};

class HistoryUpdate {
 public:
  using Outcome = RowNews;

  // kUnavailable if another process is writing; kDenied if the file may not be written.
  static Result<std::unique_ptr<HistoryUpdate>> Begin(HistoryDatabase& database);
  ~HistoryUpdate();  // Rolls back unless committed.
  HistoryUpdate(const HistoryUpdate&) = delete;
  HistoryUpdate& operator=(const HistoryUpdate&) = delete;

  // Each adds what one row tells. kInvalid: the row contradicts what is known; it is left out and
  // others may follow. Any other error: the database failed, and nothing can be committed.
  //
  // What a fact leaves out does not erase what is known, and rounded minutes do not replace finer
  // ones. A game's date, season, home team and kind are those of all its rows: a row that
  // corrects them corrects all.
  Result<Outcome> Put(const PlayerGameFact& fact);
  Result<Outcome> Put(const GameFact& fact);
  // The lines of one player, stat and book in one file replace those of earlier files.
  Result<Outcome> Put(const LineFact& fact);
  Result<Outcome> Put(const InjuryFact& fact);
  Result<Outcome> Put(const PositionFact& fact);

  // Joins players of made ids with the real ones that have come, and makes everything durable.
  // After an error nothing was stored, except after kUnknownOutcome: import again.
  Status Commit(const ImportRecord& record);

 private:
  struct Transaction;
  struct LineGroup;
  struct Place {
    PlayerId player;
    const KnownGame* game;
  };
  explicit HistoryUpdate(HistoryDatabase& database);

  void LoadBooks();
  Result<const KnownGame*> FindGame(const GameFact& fact);
  template <class Fact>
  Result<Place> FindPlace(const Fact& fact);
  Result<PlayerId> FindPlayer(const PlayerId& id, const std::string& name, Day date);
  void MoveGame(const GameMove& move);
  LineGroup& FindLineGroup(Day date, const PlayerId& player, const LineFact& fact);
  void JoinPlayers();
  void JoinPlayer(const PlayerId& made, const PlayerId& real);
  void DropStaleLines();
  void StoreGames();
  void StorePlayers();
  void StoreRecord(const ImportRecord& record);
  void Touch(Day date);

  sqlite::Connection& connection_;
  PlayerRows rows_;
  std::unique_ptr<Transaction> transaction_;
  PlayerBook players_;
  GameBook games_;
  std::map<std::string, LineGroup> line_groups_;
  bool changed_ = false;
  std::optional<Day> touched_;  // The earliest date that changed.
};

}  // namespace tipoff
