// A thin C++ face of SQLite's C interface, for adapters only. Problems are exceptions here, because
// a statement can fail in every line; the adapters turn them into `Error`s at their edge.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/result.h"

namespace tipoff::sqlite {

// What SQLite answered. `code` is its extended result code.
class Failure : public std::runtime_error {
 public:
  Failure(int code, const std::string& message) : std::runtime_error(message), code_(code) {}
  int code() const { return code_; }
  bool disk_full() const;
  // In the terms of callers: full -> kExhausted, busy -> kUnavailable, read-only -> kDenied...
  Error ToError() const;

 private:
  int code_;
};

// A prepared statement. Parameters and columns count from 0.
class Statement {
 public:
  Statement(sqlite3* db, std::string_view sql);

  Statement& Bind(int index, std::int64_t value);
  Statement& Bind(int index, double value);
  Statement& BindText(int index, std::string_view value);
  Statement& BindBlob(int index, std::string_view value);
  Statement& BindNull(int index);

  // Binds all parameters in order: integers, floating-point numbers and texts.
  template <class... Values>
  Statement& With(const Values&... values) {
    Reset();
    int index = 0;
    (BindOne(index++, values), ...);
    return *this;
  }

  // True: there is a row. False: done, and the statement is reset for its next use.
  bool Step();
  // Runs a statement that gives no rows.
  void Run();
  void Reset();

  bool IsNull(int column) const;
  std::int64_t Int(int column) const;
  double Double(int column) const;
  std::string Text(int column) const;
  // Valid until the next Step or Reset.
  std::string_view View(int column) const;
  sqlite3_stmt* handle() const { return statement_.get(); }

 private:
  template <class Value>
  void BindOne(int index, const Value& value) {
    if constexpr (std::is_integral_v<Value> || std::is_enum_v<Value>) {
      Bind(index, static_cast<std::int64_t>(value));
    } else if constexpr (std::is_floating_point_v<Value>) {
      Bind(index, static_cast<double>(value));
    } else if constexpr (std::is_null_pointer_v<Value>) {
      BindNull(index);
    } else {
      BindText(index, value);
    }
  }
  void Check(int code) const;

  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  sqlite3* db_;
  std::unique_ptr<sqlite3_stmt, Finalizer> statement_;
};

// One connection, for one thread at a time. Write-ahead log, synchronous=FULL, foreign keys off,
// automatic checkpoints off unless told otherwise.
class Connection {
 public:
  // kImmutable: read-only, and nobody writes meanwhile. Leaves no file beside the database.
  enum class Mode {
    kReadWrite,
    kReadOnly,
    kImmutable
  };

  // Creates the file (not its folder) if it is missing and `mode` allows it. Read-only works on a
  // read-only medium, too, unless a write-ahead log was left behind there.
  Connection(const std::string& path, Mode mode);

  void Execute(const std::string& sql);
  // A statement that is prepared once and kept; `sql` is its key. It comes back reset.
  Statement& Prepared(std::string_view sql);

  std::int64_t QueryInt(const std::string& sql);
  // Rows changed by the last statement that ran.
  int changes() const { return sqlite3_changes(db_.get()); }
  std::int64_t last_row_id() const { return sqlite3_last_insert_rowid(db_.get()); }
  sqlite3* handle() const { return db_.get(); }

 private:
  void Open(const std::string& path, Mode mode);
  bool Readable();

  struct Closer {
    void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
  };
  std::unique_ptr<sqlite3, Closer> db_;
  std::unordered_map<std::string, std::unique_ptr<Statement>> prepared_;
  // The same by where their text lies, as literals are found faster so. Another text may come to
  // lie there, so the text is compared.
  std::unordered_map<const char*, std::pair<std::string_view, Statement*>> by_address_;
};

// BEGIN IMMEDIATE; rolls back unless committed.
class Transaction {
 public:
  explicit Transaction(Connection& connection);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  // A Failure from here has an unknown outcome.
  void Commit();

 private:
  Connection& connection_;
  bool open_ = true;
};

}  // namespace tipoff::sqlite
