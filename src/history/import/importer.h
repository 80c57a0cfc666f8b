// Imports public files into the history database and rebuilds the slates that this changes. What
// `tipoff import` and the demo call; knows no terminal and no command line.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/slate.h"
#include "history/sqlite/history_database.h"
#include "history/sqlite/history_update.h"

namespace tipoff {

struct RejectedLine {
  std::int64_t line = 0;
  std::string reason;
};

struct FileReport {
  std::string path;
  std::string kind;     // "" if the file was not recognised.
  ImportCounts counts;  // read = added + same + changed + rejected; all 0 after an error.
  // Rows that rightly change nothing, by reason ("did not play"); they are among `same`.
  std::map<std::string, std::int64_t> ignored;
  std::string rejects_file;  // "" if nothing was rejected, or in a dry run.
  std::vector<RejectedLine> first_rejects;
  std::optional<Error> error;  // Nothing of the file was stored.
};

struct SlatesReport {
  std::optional<Day> from;  // Nothing: none had to be rebuilt.
  std::int64_t dates = 0;
  std::optional<Error> error;  // They stay due; the next import or RebuildSlates builds them.
};

struct ImportReport {
  std::vector<FileReport> files;
  ImportCounts totals;
  SlatesReport slates;

  // Every file was read and all slates are up to date.
  bool ok() const;
};

struct ImportOptions {
  std::string data;      // The data folder; made if it is missing.
  bool dry_run = false;  // Nothing is written, and nothing is made.
  Instant now;
  SlateSink put_slates;  // Stores them, durably. Empty: they stay due.
  // Bytes read so far of all files' bytes, and the file under way.
  std::function<void(std::uint64_t done, std::uint64_t total, const std::string& file)> progress;
};

// Imports each file in one transaction of its own: an error leaves the others alone. Rows are
// recognised by what they say, so that importing again adds nothing. A problem of the data folder
// itself is every file's error.
ImportReport ImportFiles(const std::vector<std::string>& paths, const ImportOptions& options);

// The slates that are due, as after an import that was cut off before it wrote them; with `all`
// every slate. Harmless to repeat. kUnavailable if there is no history.
Result<SlatesReport> RebuildSlates(HistoryDatabase& database, Instant now,
                                   const SlateSink& put_slates, bool all = false);

}  // namespace tipoff
