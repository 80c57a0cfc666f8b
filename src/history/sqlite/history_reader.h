// history.db as one process reads it: on one thread, for any number of loops. Once nobody has asked
// for a while it takes all box scores into memory (6 MB for 100,000 of them), and answers from
// there as long as the file still says the same: a query costs a look at the data version then, and
// a tenth of the time. What an import changed is in the next answer in any case.
#pragma once

#include <memory>
#include <string>

#include "base/loop.h"
#include "history/history.h"

namespace tipoff {

class HistoryReader {
 public:
  struct Options {
    // Without a query for so long it takes the file into memory, in steps between queries.
    Duration idle = std::chrono::milliseconds(500);
  };

  // Opens nothing yet: the file may appear later.
  explicit HistoryReader(std::string path) : HistoryReader(std::move(path), Options()) {}
  HistoryReader(std::string path, Options options);
  ~HistoryReader();

  // Answers on `loop`, which must be there until Forget(client). Queries run one after another.
  void Ask(const void* client, Loop& loop, HistoryQuery query, History::LoadDone done);
  // Nothing is posted for this client any more; waits for a query of his that is under way.
  void Forget(const void* client);

  // Whether the last answer came out of memory. Any thread.
  bool in_memory() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
