// One connection to PostgreSQL for one thread. Every wait on it ends: by an answer, by the deadline
// of the question, or because the process stops.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <string>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff::postgres {

// Wakes whoever waits, once and for good; for several threads at once.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;
  void Raise();
  int fd() const { return fd_; }

 private:
  int fd_;
};

struct Question {
  std::string sql;
  std::vector<std::string> parameters;  // As text; "$1" is the first.
};

// Rows of one question.
class Rows {
 public:
  explicit Rows(PGresult* result) : result_(result) {}
  int size() const { return PQntuples(result_.get()); }
  bool IsNull(int row, int column) const { return PQgetisnull(result_.get(), row, column) != 0; }
  const char* Text(int row, int column) const { return PQgetvalue(result_.get(), row, column); }
  std::int64_t Int(int row, int column) const;

 private:
  struct Clear {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  std::unique_ptr<PGresult, Clear> result_;
};

class Connection {
 public:
  // Both must outlive this.
  Connection(std::string url, const StopSignal& stop);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Asks all of them in one read-only snapshot and one round trip, connecting first where that is
  // needed; the answers come in their order. After an error the connection is closed.
  Result<std::vector<Rows>> Ask(const std::vector<Question>& questions, Duration timeout);

 private:
  enum class Wake {
    kReady,
    kLate,
    kStopped
  };
  Status Connect();
  Status Send(const std::vector<Question>& questions, Duration timeout);
  Status Flush();
  Result<std::vector<Rows>> Receive(std::size_t count);
  Result<PGresult*> NextResult();
  Wake Wait(short events);
  Error Late() const;
  Error Failed(const std::string& what);
  void Arm(Duration timeout);
  void Close();

  std::string url_;
  const StopSignal& stop_;
  int timer_;  // Readable once the question under way is late.
  Duration timeout_{};
  PGconn* connection_ = nullptr;
};

}  // namespace tipoff::postgres
