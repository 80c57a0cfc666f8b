// tipoff.db: one SQLite file that several threads and processes share.
//
// One writer thread gathers what arrives while a commit is under way and commits it as one
// transaction: one fsync for all of it. One reader thread answers queries from its own connection
// and never waits for the writer. A housekeeping thread runs checkpoints apart from the commit path
// and gives back what processes held that have died.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "base/loop.h"
#include "base/result.h"
#include "sqlite/connection.h"

namespace tipoff::sqlite {

// What a write operation works with.
struct WriteContext {
  Connection& db;
  Instant
      now;  // Store time of this transaction: never below that of an earlier one, in any process.
};

struct ReadContext {
  Connection& db;
  Instant now;
};

struct DatabaseOptions {
  std::string path;
  // The statements that bring version i of the schema to version i + 1.
  std::vector<std::string> migrations;
  Connection::Mode mode = Connection::Mode::kReadWrite;
  // This process. Everything that it leases is given back when the process dies.
  Incarnation process;
  // Runs in a transaction when process `dead` is found to have died, or closes: gives back what it
  // held.
  std::function<void(WriteContext&, const Incarnation& dead)> on_death;
};

class Database {
 public:
  // Opens the file, creating it and its folder if need be, and migrates an older schema.
  // kUnsupported for a newer schema, kDenied for a folder that can't be written, kCorrupt for a
  // file that is no database. `clock` gives wall and steady time only and must outlive this, and so
  // must every loop that a `done` posts to.
  static Result<std::unique_ptr<Database>> Open(DatabaseOptions options, Loop& clock);
  // Finishes the writes that were accepted, then gives back what this process still holds. If that
  // can't be written, the next process does it, as for a dead one. While another process holds the
  // write lock this waits for half a second in all; what is not written then fails, kUnavailable.
  ~Database();

  // A write reports its own refusal by a Status; what it wrote is then undone, the others' is not.
  using WriteOperation = std::function<Status(WriteContext&)>;
  // Runs `operation` on the writer thread, then `done` there, once its transaction is durable.
  //   the operation's own error: nothing of it is written;
  //   kUnavailable, kExhausted, kDenied: certainly not applied;
  //   kUnknownOutcome: the commit itself failed.
  // Callable from any thread.
  void Write(WriteOperation operation, std::function<void(Status)> done);

  // Runs `operation` on the reader thread inside one read transaction, then `done` with its error,
  // if it failed. Sees every write that was reported done before the call.
  using ReadOperation = std::function<void(ReadContext&)>;
  void Read(ReadOperation operation, std::function<void(Status)> done);

  // The highest time of any answer, carried forward by the steady clock. Any thread.
  Instant Now();

  // How often a group was committed, how many writes they held, and how often the disk had no room.
  struct Statistics {
    std::uint64_t commits = 0;
    std::uint64_t writes = 0;
    std::uint64_t disk_full = 0;
  };
  Statistics statistics() const;

  // Bytes of the write-ahead log above which housekeeping checkpoints it.
  static constexpr std::int64_t kCheckpointBytes = 4 << 20;

 private:
  struct Impl;
  explicit Database(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff::sqlite
