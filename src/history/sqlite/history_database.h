// history.db: box scores, games, players, lines and injury lists in a SQLite file of their own, so
// that a big import never holds up the coordinator's commits. Synchronous; one object for one
// thread at a time, any number of objects and processes on one file.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "history/history.h"
#include "history/slate_builder.h"
#include "history/table.h"

namespace tipoff {

namespace sqlite {
class Connection;
}

// Slates that no longer say what history says.
struct SlatesDue {
  std::optional<Day> from;   // Nothing: all are up to date.
  std::string data_version;  // Of the history that they are to be built from.
  std::vector<Day> slated;   // Dates on or after `from` whose slates were handed over before.
};

class HistoryDatabase {
 public:
  enum class Mode {
    kReadOnly,
    kReadWrite
  };

  // Read-write: makes the file (not its folder) and brings an older format up to date. Read-only:
  // kUnavailable if there is no file. Both: kUnsupported if a newer tipoff wrote it; kDenied with
  // the path if it may not be opened.
  static Result<HistoryDatabase> Open(const std::string& path, Mode mode);
  // A copy in memory, empty if there is no file: for trying something without touching the file.
  static Result<HistoryDatabase> CopyInMemory(const std::string& path);

  HistoryDatabase(HistoryDatabase&&) noexcept;
  HistoryDatabase& operator=(HistoryDatabase&&) noexcept;
  ~HistoryDatabase();

  // What the `History` port promises, and exactly what HistoryTable::Query answers, from one state
  // of the file. kUnavailable as long as no box score has been imported.
  Result<HistoryBatch> Query(const HistoryQuery& query);
  // All box scores. kUnavailable as long as there is none.
  Result<HistoryTable> LoadTable();
  Result<SlateView> LoadSlateView();
  // Changes with every commit that changed something; "" if nothing was ever imported.
  Result<std::string> DataVersion();

  Result<SlatesDue> DueSlates();
  // All slates are to be built again, whatever has changed.
  Status MarkSlatesDue();
  // The slates of `due` were handed over, `dates` being all dates on or after due.from that have
  // games. Does nothing if history has changed since `due`.
  Status SlatesDone(const SlatesDue& due, const std::vector<Day>& dates);

  // Moves the write-ahead log into the file, if no reader stands in the way.
  void Checkpoint();

  // For HistoryUpdate and tests.
  sqlite::Connection& connection() { return *connection_; }

 private:
  explicit HistoryDatabase(std::unique_ptr<sqlite::Connection> connection);
  std::vector<GameRecord> GamesOf(const PlayerId& player, Day oldest, const HistoryQuery& query);
  const std::vector<TeamForm>& TeamForms(const std::string& data_version, Day oldest, Day before);

  std::unique_ptr<sqlite::Connection> connection_;
  // The teams of the last query: the chunks of one batch all ask for the same.
  struct {
    std::string data_version;
    Day oldest, before;
    std::vector<TeamForm> teams;
  } last_teams_;
};

// `data`/history.db
std::string HistoryPath(const std::string& data);

}  // namespace tipoff
