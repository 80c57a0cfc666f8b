#include "sqlite/database.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "base/crash_point.h"
#include "base/log.h"
#include "sqlite/process_lock.h"

namespace tipoff::sqlite {
namespace {

// Writes that wait for the writer. Beyond it callers are told to come back later.
constexpr std::size_t kQueueMax = 50'000;
// Writes in one transaction: bounds how long the first of them waits for the last.
constexpr std::size_t kGroupMax = 512;
// How long a transaction waits for another process's; and all that are left when this one closes,
// together: whoever stops a service does not wait for a stranger.
constexpr int kBusyMsMax = 5000;
constexpr int kClosingBusyMsMax = 500;
// Of the log, read and written again at a time.
constexpr std::size_t kRewriteBytes = 1 << 20;
constexpr auto kHousekeeping = std::chrono::milliseconds(500);

struct PendingWrite {
  Database::WriteOperation operation;
  std::function<void(Status)> done;
  Status status = Ok();
};

struct PendingRead {
  Database::ReadOperation operation;
  std::function<void(Status)> done;
};

void Migrate(Connection& db, const DatabaseOptions& options) {
  auto newest = static_cast<std::int64_t>(options.migrations.size());
  std::int64_t found = db.QueryInt("PRAGMA user_version");
  if (found == newest) return;
  if (options.mode == Connection::Mode::kReadOnly && found < newest) {
    throw Failure(SQLITE_READONLY, "its schema is older and has to be migrated first");
  }
  Transaction transaction(db);
  TIPOFF_CRASH_POINT("database/migrate");
  found = db.QueryInt("PRAGMA user_version");  // Another process may have been faster.
  for (std::int64_t version = found; version < newest; ++version) {
    db.Execute(options.migrations[static_cast<std::size_t>(version)]);
    TIPOFF_CRASH_POINT("database/migration-step");
  }
  if (found < newest) db.Execute(fmt::format("PRAGMA user_version={}", newest));
  transaction.Commit();
  TIPOFF_CRASH_POINT("database/migrated");
}

}  // namespace

struct Database::Impl {
  Impl(DatabaseOptions opened, Loop& a_clock) : options(std::move(opened)), clock(a_clock) {}

  void OpenWriter();
  bool WaitForLock(int times);
  void WriterMain();
  void ReaderMain();
  void HousekeeperMain();
  void CommitGroup(std::vector<PendingWrite>& group);
  bool RunGroup(std::vector<PendingWrite>& group);
  void Checkpoint(Connection& db);
  void RewriteLog();
  void ReleaseTheDead();
  void Observe(Instant answer);
  Instant Carried();
  Instant TransactionTime(Connection& db);

  DatabaseOptions options;
  Loop& clock;
  std::unique_ptr<Connection> writer;
  std::optional<ProcessLock> lock;

  std::mutex write_mutex;
  std::condition_variable write_ready;
  std::deque<PendingWrite> writes;
  bool closed = false;
  int busy_ms = 0;  // Waited for the write lock: in this transaction, and since closing began.
  int closing_busy_ms = 0;

  std::mutex read_mutex;
  std::condition_variable read_ready;
  std::deque<PendingRead> reads;

  std::mutex time_mutex;
  Instant seen;
  Duration seen_at_steady{};

  std::mutex housekeeping_mutex;
  std::condition_variable housekeeping_ready;
  std::atomic<std::int64_t> wal_pages{0};

  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> commits{0};
  std::atomic<std::uint64_t> written{0};
  std::atomic<std::uint64_t> disk_full{0};
  std::thread writer_thread, reader_thread, housekeeper_thread;
};

Database::Database(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Database>> Database::Open(DatabaseOptions options, Loop& clock) {
  namespace fs = std::filesystem;
  bool writable = options.mode == Connection::Mode::kReadWrite;
  fs::path path(options.path);
  std::error_code problem;
  if (writable && path.has_parent_path()) fs::create_directories(path.parent_path(), problem);
  if (problem) {
    return Error{Errc::kDenied, fmt::format("cannot create the folder {}: {}",
                                            path.parent_path().string(), problem.message())};
  }
  if (!writable && !fs::exists(path, problem)) {
    if (problem) {
      return Error{Errc::kDenied, fmt::format("{}: {}", options.path, problem.message())};
    }
    return Error{Errc::kNotFound, fmt::format("there is no database {}", options.path)};
  }
  auto impl = std::make_unique<Impl>(std::move(options), clock);
  try {
    impl->OpenWriter();
    TIPOFF_CRASH_POINT("database/file-made");
    auto newest = static_cast<std::int64_t>(impl->options.migrations.size());
    std::int64_t found = impl->writer->QueryInt("PRAGMA user_version");
    if (found > newest) {
      return Error{Errc::kUnsupported,
                   fmt::format("{} has schema version {}, this tipoff knows {}: use a newer tipoff",
                               impl->options.path, found, newest)};
    }
    Migrate(*impl->writer, impl->options);
    impl->Observe(impl->TransactionTime(*impl->writer));
  } catch (const Failure& failure) {
    return Annotate(failure.ToError(), impl->options.path);
  }
  if (writable) {
    fs::path folder = path.parent_path() / "processes";
    auto lock = ProcessLock::Take(folder.string(), impl->options.process);
    if (!lock.ok()) return lock.error();
    impl->lock.emplace(std::move(*lock));
    TIPOFF_CRASH_POINT("database/locked");
  }
  std::unique_ptr<Database> database(new Database(std::move(impl)));
  Impl& running = *database->impl_;
  if (writable) {
    running.ReleaseTheDead();
    running.writer_thread = std::thread([&running] { running.WriterMain(); });
    running.housekeeper_thread = std::thread([&running] { running.HousekeeperMain(); });
  }
  running.reader_thread = std::thread([&running] { running.ReaderMain(); });
  return database;
}

Database::~Database() {
  impl_->stopping = true;
  {
    std::scoped_lock guard(impl_->write_mutex, impl_->read_mutex, impl_->housekeeping_mutex);
    impl_->write_ready.notify_all();
    impl_->read_ready.notify_all();
    impl_->housekeeping_ready.notify_all();
  }
  // The writer last: the others may still have handed it something.
  if (impl_->reader_thread.joinable()) impl_->reader_thread.join();
  if (impl_->housekeeper_thread.joinable()) impl_->housekeeper_thread.join();
  if (impl_->writer_thread.joinable()) {
    Status given_back = Ok();
    {
      std::scoped_lock guard(impl_->write_mutex);
      // What is still held when all is done would be nobody's until its lease ends.
      impl_->writes.push_back({[impl = impl_.get()](WriteContext& context) {
                                 if (impl->options.on_death) {
                                   impl->options.on_death(context, impl->options.process);
                                 }
                                 return Ok();
                               },
                               [&given_back](Status status) { given_back = std::move(status); },
                               Ok()});
      impl_->closed = true;
      impl_->write_ready.notify_all();
    }
    TIPOFF_CRASH_POINT("database/closing");
    impl_->writer_thread.join();
    TIPOFF_CRASH_POINT("database/closed");
    if (!given_back.ok()) impl_->lock->LeaveBehind();
  }
}

void Database::Write(WriteOperation operation, std::function<void(Status)> done) {
  std::unique_lock guard(impl_->write_mutex);
  bool refused = impl_->options.mode == Connection::Mode::kReadOnly;
  bool full = impl_->writes.size() >= kQueueMax;
  if (refused || full) {
    guard.unlock();
    done(refused ? Error{Errc::kDenied, impl_->options.path + " is opened read-only"}
                 : Error{Errc::kExhausted, "too many writes are waiting for the disk"});
    return;
  }
  impl_->writes.push_back({std::move(operation), std::move(done)});
  impl_->write_ready.notify_one();
}

void Database::Read(ReadOperation operation, std::function<void(Status)> done) {
  std::unique_lock guard(impl_->read_mutex);
  if (impl_->reads.size() >= kQueueMax) {
    guard.unlock();
    done(Error{Errc::kExhausted, "too many reads are waiting"});
    return;
  }
  impl_->reads.push_back({std::move(operation), std::move(done)});
  impl_->read_ready.notify_one();
}

Instant Database::Now() { return impl_->Carried(); }

Database::Statistics Database::statistics() const {
  return {impl_->commits.load(), impl_->written.load(), impl_->disk_full.load()};
}

void Database::Impl::Observe(Instant answer) {
  std::scoped_lock guard(time_mutex);
  Duration steady = clock.Steady();
  Instant carried = seen + (steady - seen_at_steady);
  if (!seen.never() && answer <= carried) return;
  seen = answer;
  seen_at_steady = steady;
}

Instant Database::Impl::Carried() {
  std::scoped_lock guard(time_mutex);
  return seen.never() ? seen : seen + (clock.Steady() - seen_at_steady);
}

// The wall clock, but never below what this database has told before, in this or another process.
Instant Database::Impl::TransactionTime(Connection& db) {
  Statement& mark = db.Prepared("SELECT value FROM meta WHERE key='clock'");
  std::int64_t high = mark.Step() ? mark.Int(0) : 0;
  mark.Reset();
  return std::max({clock.Now(), Instant::FromMicros(high), Carried()});
}

void Database::Impl::OpenWriter() {
  writer = std::make_unique<Connection>(options.path, options.mode);
  if (options.mode == Connection::Mode::kReadOnly) return;
  sqlite3_busy_handler(
      writer->handle(),
      [](void* self, int times) { return static_cast<Impl*>(self)->WaitForLock(times) ? 1 : 0; },
      this);
  sqlite3_wal_hook(
      writer->handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<Impl*>(self)->wal_pages.store(pages);
        return SQLITE_OK;
      },
      this);
}

// Counts what it slept: the clock of `clock` need not move. Closing may begin meanwhile.
bool Database::Impl::WaitForLock(int times) {
  if (times == 0) busy_ms = 0;
  if (busy_ms >= kBusyMsMax || closing_busy_ms >= kClosingBusyMsMax) return false;
  int ms = std::min(1 + times, 20);
  sqlite3_sleep(ms);
  busy_ms += ms;
  if (stopping) closing_busy_ms += ms;
  return true;
}

void Database::Impl::WriterMain() {
  std::vector<PendingWrite> group;
  while (true) {
    {
      std::unique_lock guard(write_mutex);
      write_ready.wait(guard, [&] { return !writes.empty() || closed; });
      if (writes.empty()) return;
      while (!writes.empty() && group.size() < kGroupMax) {
        group.push_back(std::move(writes.front()));
        writes.pop_front();
      }
    }
    CommitGroup(group);
    for (PendingWrite& write : group) write.done(std::move(write.status));
    TIPOFF_CRASH_POINT("database/answered");
    group.clear();
  }
}

void Database::Impl::CommitGroup(std::vector<PendingWrite>& group) {
  bool committing = false;
  try {
    if (writer == nullptr) OpenWriter();  // Start from what is really in the file.
    Transaction transaction(*writer);
    TIPOFF_CRASH_POINT("database/begun");
    if (!RunGroup(group)) return;
    committing = true;
    TIPOFF_CRASH_POINT("database/commit");
    transaction.Commit();
    TIPOFF_CRASH_POINT("database/committed");
    ++commits;
    written += group.size();
  } catch (const Failure& failure) {
    Error error = failure.ToError();
    if (failure.disk_full()) ++disk_full;
    if (committing) {
      // Whether the log took the commit is not known, and this handle can't be trusted any more.
      error = {Errc::kUnknownOutcome, fmt::format("commit failed: {}", failure.what())};
      Log(Severity::kError, "a commit failed; the database is opened anew",
          {{"error", failure.what()}});
    }
    for (PendingWrite& write : group) {
      if (write.status.ok()) write.status = error;
    }
    if (committing || (failure.code() & 0xff) == SQLITE_IOERR) writer.reset();
  }
  if (wal_pages.load() * 4096 > kCheckpointBytes) housekeeping_ready.notify_one();
}

// Runs every operation in its own savepoint. False if the transaction broke: all have failed.
bool Database::Impl::RunGroup(std::vector<PendingWrite>& group) {
  Instant now = TransactionTime(*writer);
  int before = sqlite3_total_changes(writer->handle());
  WriteContext context{*writer, now};
  for (PendingWrite& write : group) {
    writer->Prepared("SAVEPOINT operation").Run();
    try {
      write.status = write.operation(context);
    } catch (const Failure& failure) {
      write.status = failure.ToError();
      if (failure.disk_full()) ++disk_full;
    }
    if (sqlite3_get_autocommit(writer->handle()) != 0) {  // SQLite rolled everything back.
      Error error = write.status.ok() ? Error{Errc::kUnavailable, "transaction rolled back"}
                                      : write.status.error();
      for (PendingWrite& other : group) other.status = error;
      return false;
    }
    TIPOFF_CRASH_POINT("database/operation-run");
    if (!write.status.ok()) writer->Prepared("ROLLBACK TO operation").Run();
    writer->Prepared("RELEASE operation").Run();
  }
  if (sqlite3_total_changes(writer->handle()) != before) {
    writer
        ->Prepared(
            "INSERT INTO meta(key, value) VALUES('clock', ?1) "
            "ON CONFLICT(key) DO UPDATE SET value=?1")
        .With(now.micros())
        .Run();
  }
  Observe(now);
  return true;
}

void Database::Impl::ReaderMain() {
  std::unique_ptr<Connection> reader;
  while (true) {
    PendingRead read;
    {
      std::unique_lock guard(read_mutex);
      read_ready.wait(guard, [&] { return !reads.empty() || stopping; });
      if (reads.empty()) return;
      read = std::move(reads.front());
      reads.pop_front();
    }
    Status status = Ok();
    try {
      if (reader == nullptr) {
        reader = std::make_unique<Connection>(options.path, Connection::Mode::kReadOnly);
      }
      reader->Execute("BEGIN");
      Instant now = TransactionTime(*reader);
      ReadContext context{*reader, now};
      read.operation(context);
      reader->Execute("COMMIT");
      Observe(now);
    } catch (const Failure& failure) {
      status = failure.ToError();
      reader.reset();
    }
    read.done(std::move(status));
  }
}

void Database::Impl::HousekeeperMain() {
  std::unique_ptr<Connection> db;
  while (!stopping) {
    {
      std::unique_lock guard(housekeeping_mutex);
      housekeeping_ready.wait_for(guard, kHousekeeping);
    }
    if (stopping) return;
    ReleaseTheDead();
    if (wal_pages.load() * 4096 <= kCheckpointBytes) continue;
    try {
      if (db == nullptr) db = std::make_unique<Connection>(options.path, options.mode);
      Checkpoint(*db);
    } catch (const Failure& failure) {
      if (failure.code() == SQLITE_IOERR_FSYNC) {
        // Pages that an earlier checkpoint wrote may be lost with this sync, and nobody writes them
        // again: only what the kernel still holds is whole.
        Log(Severity::kError,
            "the disk did not sync the database file: copy it with `sqlite3 FILE '.backup COPY'`, "
            "and look at the disk, before the power fails",
            {{"file", options.path}});
      }
      Log(Severity::kWarning, "checkpoint failed; it is tried again", {{"error", failure.what()}});
      db.reset();
    }
  }
}

void Database::Impl::Checkpoint(Connection& db) {
  TIPOFF_CRASH_POINT("database/checkpoint");
  int log_pages = 0;
  int done_pages = 0;
  int code = sqlite3_wal_checkpoint_v2(db.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log_pages,
                                       &done_pages);
  if (code != SQLITE_OK && code != SQLITE_BUSY) {
    throw Failure(code, sqlite3_errmsg(db.handle()));
  }
  TIPOFF_CRASH_POINT("database/checkpointed");
  // Once all of it is in the file, the next commit starts the log anew and tells its new size.
  if (code == SQLITE_OK && done_pages == log_pages) wal_pages.store(0);
}

// A process may have died after the disk had refused to sync its last commit. What it wrote then is
// in the log as the kernel shows it, SQLite's recovery takes it for committed, and others commit
// behind it; but the kernel holds it for clean and no later sync writes it, so that a power cut
// would take it away and with it all that came behind. Written once more it is synced with the next
// commit. Within a transaction, so that nobody else writes to the log.
void Database::Impl::RewriteLog() {
  std::string path = options.path + "-wal";
  int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0 && errno == ENOENT) return;
  std::vector<char> buffer(kRewriteBytes);
  ssize_t size = fd < 0 ? -1 : 0;
  for (off_t at = 0; fd >= 0; at += size) {
    size = pread(fd, buffer.data(), buffer.size(), at);
    if (size <= 0) break;
    if (pwrite(fd, buffer.data(), static_cast<std::size_t>(size), at) == size) continue;
    size = -1;
    break;
  }
  if (fd >= 0) close(fd);
  if (size < 0) throw Failure(SQLITE_IOERR_WRITE, path + ": cannot be written");
}

void Database::Impl::ReleaseTheDead() {
  if (!lock.has_value() || !options.on_death) return;
  std::vector<Incarnation> found = lock->FindDead();
  if (found.empty()) return;
  auto release = [this, found](WriteContext& context) {
    RewriteLog();
    for (const Incarnation& dead : found) options.on_death(context, dead);
    TIPOFF_CRASH_POINT("database/give-back");
    return Ok();
  };
  auto forget = [this, found](Status status) {
    TIPOFF_CRASH_POINT("database/given-back");
    for (const Incarnation& dead : found) status.ok() ? lock->Forget(dead) : lock->LetGo(dead);
  };
  std::scoped_lock guard(write_mutex);
  writes.push_back({release, forget});
  write_ready.notify_one();
}

}  // namespace tipoff::sqlite
