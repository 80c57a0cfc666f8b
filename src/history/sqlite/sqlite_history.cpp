#include "history/sqlite/sqlite_history.h"

namespace tipoff {

SqliteHistory::SqliteHistory(Loop& loop, std::string path)
    : SqliteHistory(loop, std::make_shared<HistoryReader>(std::move(path))) {}
SqliteHistory::SqliteHistory(Loop& loop, std::shared_ptr<HistoryReader> reader)
    : loop_(loop), reader_(std::move(reader)) {}
SqliteHistory::~SqliteHistory() { reader_->Forget(this); }

void SqliteHistory::Load(HistoryQuery query, LoadDone done) {
  reader_->Ask(this, loop_, std::move(query), std::move(done));
}

}  // namespace tipoff
