#include "sqlite/connection.h"

#include <fmt/format.h>

#include <filesystem>

namespace tipoff::sqlite {
namespace {

constexpr int kBusyTimeoutMs = 5000;

// What SQLite opens for `path`: a URI only where a parameter is needed.
std::string FileName(const std::string& path, Connection::Mode mode) {
  if (mode != Connection::Mode::kImmutable) return path;
  std::string uri = "file:";
  for (char c : path) {
    bool special = c == '%' || c == '?' || c == '#';
    uri += special ? fmt::format("%{:02x}", static_cast<unsigned char>(c)) : std::string(1, c);
  }
  return uri + "?immutable=1";
}

}  // namespace

bool Failure::disk_full() const {
  // The log's index can only be missing room: it is a file that SQLite makes and fills by itself.
  return (code_ & 0xff) == SQLITE_FULL || code_ == SQLITE_IOERR_SHMSIZE;
}

Error Failure::ToError() const {
  if (disk_full()) return {Errc::kExhausted, fmt::format("disk full: {}", what())};
  switch (code_ & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {Errc::kUnavailable, fmt::format("database busy: {}", what())};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH: return {Errc::kDenied, fmt::format("database is read-only: {}", what())};
    case SQLITE_CANTOPEN:
      return {Errc::kDenied,
              fmt::format("cannot open the database (is its folder read-only?): {}", what())};
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT: return {Errc::kCorrupt, fmt::format("database damaged: {}", what())};
    case SQLITE_CONSTRAINT: return {Errc::kExists, what()};
    default: return {Errc::kUnavailable, fmt::format("database: {}", what())};
  }
}

Statement::Statement(sqlite3* db, std::string_view sql) : db_(db) {
  sqlite3_stmt* statement = nullptr;
  int code = sqlite3_prepare_v3(db, sql.data(), static_cast<int>(sql.size()),
                                SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  statement_.reset(statement);
  Check(code);
}

void Statement::Check(int code) const {
  if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
  throw Failure(sqlite3_extended_errcode(db_), sqlite3_errmsg(db_));
}

Statement& Statement::Bind(int index, std::int64_t value) {
  Check(sqlite3_bind_int64(statement_.get(), index + 1, value));
  return *this;
}

Statement& Statement::Bind(int index, double value) {
  Check(sqlite3_bind_double(statement_.get(), index + 1, value));
  return *this;
}

Statement& Statement::BindText(int index, std::string_view value) {
  Check(sqlite3_bind_text(statement_.get(), index + 1, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::BindBlob(int index, std::string_view value) {
  Check(sqlite3_bind_blob(statement_.get(), index + 1, value.data(), static_cast<int>(value.size()),
                          SQLITE_TRANSIENT));
  return *this;
}

Statement& Statement::BindNull(int index) {
  Check(sqlite3_bind_null(statement_.get(), index + 1));
  return *this;
}

bool Statement::Step() {
  int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code != SQLITE_DONE) {
    Failure failure(sqlite3_extended_errcode(db_), sqlite3_errmsg(db_));
    sqlite3_reset(statement_.get());
    throw failure;
  }
  sqlite3_reset(statement_.get());
  return false;
}

void Statement::Run() {
  while (Step()) {
  }
}

void Statement::Reset() { sqlite3_reset(statement_.get()); }

bool Statement::IsNull(int column) const {
  return sqlite3_column_type(statement_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::Int(int column) const {
  return sqlite3_column_int64(statement_.get(), column);
}

double Statement::Double(int column) const {
  return sqlite3_column_double(statement_.get(), column);
}

std::string Statement::Text(int column) const { return std::string(View(column)); }

std::string_view Statement::View(int column) const {
  const void* bytes = sqlite3_column_blob(statement_.get(), column);
  auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_.get(), column));
  return bytes == nullptr ? std::string_view()
                          : std::string_view(static_cast<const char*>(bytes), size);
}

Connection::Connection(const std::string& path, Mode mode) {
  Open(path, mode);
  if (mode == Mode::kReadOnly && !Readable()) {
    // On a medium that can't be written there is no place for the log's index. If there is no log,
    // the file is all there is, and may be read as it stands.
    std::error_code problem;
    auto log_bytes = std::filesystem::file_size(path + "-wal", problem);
    if (!problem && log_bytes > 0) {
      throw Failure(SQLITE_READONLY, path + ": its log can't be read on a read-only medium");
    }
    Open(path, Mode::kImmutable);
  }
  if (mode == Mode::kReadWrite) {
    Execute("PRAGMA journal_mode=WAL");
    Execute("PRAGMA synchronous=FULL");
    Execute("PRAGMA wal_autocheckpoint=0");
  }
  Execute("PRAGMA cache_size=-32768");
  Execute("PRAGMA temp_store=MEMORY");
}

void Connection::Open(const std::string& path, Mode mode) {
  int flags = mode == Mode::kReadWrite  ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
              : mode == Mode::kReadOnly ? SQLITE_OPEN_READONLY
                                        : SQLITE_OPEN_READONLY | SQLITE_OPEN_URI;
  sqlite3* db = nullptr;
  int code =
      sqlite3_open_v2(FileName(path, mode).c_str(), &db, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  db_.reset(db);
  if (code != SQLITE_OK) {
    throw Failure(
        code, fmt::format("{}: {}", path, db == nullptr ? "out of memory" : sqlite3_errmsg(db)));
  }
  sqlite3_extended_result_codes(db, 1);
  sqlite3_busy_timeout(db, kBusyTimeoutMs);
}

bool Connection::Readable() {
  int code = sqlite3_exec(db_.get(), "SELECT 1 FROM sqlite_master", nullptr, nullptr, nullptr);
  return (code & 0xff) != SQLITE_CANTOPEN;
}

void Connection::Execute(const std::string& sql) {
  if (sqlite3_exec(db_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    throw Failure(sqlite3_extended_errcode(db_.get()), sqlite3_errmsg(db_.get()));
  }
}

Statement& Connection::Prepared(std::string_view sql) {
  auto& [text, statement] = by_address_[sql.data()];
  if (statement == nullptr || text != sql) {
    auto found = prepared_.find(std::string(sql));
    if (found == prepared_.end()) {
      found =
          prepared_.emplace(std::string(sql), std::make_unique<Statement>(db_.get(), sql)).first;
    }
    text = found->first;
    statement = found->second.get();
  }
  statement->Reset();
  return *statement;
}

std::int64_t Connection::QueryInt(const std::string& sql) {
  Statement statement(db_.get(), sql);
  return statement.Step() ? statement.Int(0) : 0;
}

Transaction::Transaction(Connection& connection) : connection_(connection) {
  connection_.Execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (open_ && sqlite3_get_autocommit(connection_.handle()) == 0) {
    sqlite3_exec(connection_.handle(), "ROLLBACK", nullptr, nullptr, nullptr);
  }
}

void Transaction::Commit() {
  connection_.Execute("COMMIT");
  open_ = false;
}

}  // namespace tipoff::sqlite
