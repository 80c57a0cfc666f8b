// The `History` port over PostgreSQL: the tables of deploy/postgres/history.sql. Each query is one
// round trip (a pipeline of statements in one read-only snapshot), on one of a few threads with a
// connection of its own each.
//
// A query that takes longer than its timeout is given up by both ends: the server cancels it
// (`statement_timeout`), also once the connection is closed (`client_connection_check_interval`, so
// from PostgreSQL 14 on), and the client closes it. The next query connects anew.
#pragma once

#include <memory>
#include <string>

#include "base/loop.h"
#include "history/history.h"

namespace tipoff {

struct PostgresOptions {
  std::string url;  // As libpq takes it: "postgresql://user:password@host/database".
  int connections = 4;
};

class PostgresHistory final : public History {
 public:
  // Connects when it is first asked. `loop` outlives this object.
  PostgresHistory(Loop& loop, PostgresOptions options);
  // Gives up what is under way; its answers, and those of queries not begun, are never posted.
  ~PostgresHistory() override;

  // kUnavailable: no connection, no tables, no box scores, or not in time; the message says which,
  // and what to do.
  void Load(HistoryQuery query, LoadDone done) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
