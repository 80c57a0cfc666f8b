// The `History` port over history.db, on a thread of its own.
#pragma once

#include <memory>
#include <string>

#include "base/loop.h"
#include "history/history.h"

namespace tipoff {

class SqliteHistory final : public History {
 public:
  // Opens nothing yet: the file may appear later. `loop` outlives this object.
  SqliteHistory(Loop& loop, std::string path);
  // Waits for the query under way; answers of queries not begun are never posted.
  ~SqliteHistory() override;

  // Queries run one after another. No file, or one without box scores, is kUnavailable.
  void Load(HistoryQuery query, LoadDone done) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
