// The `History` port over history.db.
#pragma once

#include <memory>
#include <string>

#include "base/loop.h"
#include "history/history.h"
#include "history/sqlite/history_reader.h"

namespace tipoff {

class SqliteHistory final : public History {
 public:
  // With a reader of its own, or one that several loops of a process share. `loop` outlives this
  // object.
  SqliteHistory(Loop& loop, std::string path);
  SqliteHistory(Loop& loop, std::shared_ptr<HistoryReader> reader);
  // Waits for the query under way; answers of queries not begun are never posted.
  ~SqliteHistory() override;

  // No file, or one without box scores, is kUnavailable.
  void Load(HistoryQuery query, LoadDone done) override;

 private:
  Loop& loop_;
  std::shared_ptr<HistoryReader> reader_;
};

}  // namespace tipoff
