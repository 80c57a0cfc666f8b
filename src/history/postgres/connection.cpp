#include "history/postgres/connection.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <utility>

#include "base/panic.h"

namespace tipoff::postgres {
namespace {

constexpr char kUndefinedTable[] = "42P01";

// libpq's messages span lines and end in one.
std::string OneLine(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  for (char& c : text) {
    if (c == '\n') c = ' ';
  }
  return text;
}

}  // namespace

StopSignal::StopSignal() : fd_(eventfd(0, EFD_CLOEXEC)) {
  TIPOFF_CHECK(fd_ >= 0, "no eventfd is left");
}
StopSignal::~StopSignal() { close(fd_); }
void StopSignal::Raise() { eventfd_write(fd_, 1); }

std::int64_t Rows::Int(int row, int column) const {
  return std::strtoll(Text(row, column), nullptr, 10);
}

Connection::Connection(std::string url, const StopSignal& stop)
    : url_(std::move(url)), stop_(stop), timer_(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC)) {
  TIPOFF_CHECK(timer_ >= 0, "no timerfd is left");
}

Connection::~Connection() {
  Close();
  close(timer_);
}

Result<std::vector<Rows>> Connection::Ask(const std::vector<Question>& questions,
                                          Duration timeout) {
  Arm(timeout);
  auto answer = [&]() -> Result<std::vector<Rows>> {
    if (connection_ == nullptr) TIPOFF_TRY_STATUS(Connect());
    TIPOFF_TRY_STATUS(Send(questions, timeout));
    return Receive(questions.size());
  }();
  if (!answer.ok()) Close();
  return answer;
}

Status Connection::Connect() {
  const char* names[] = {"dbname", "application_name", nullptr};
  const char* values[] = {url_.c_str(), "tipoff", nullptr};
  connection_ = PQconnectStartParams(names, values, 1);
  if (connection_ == nullptr) return Error{Errc::kUnavailable, "PostgreSQL: no memory is left"};
  if (PQstatus(connection_) == CONNECTION_BAD) return Failed("can't connect");
  for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;) {
    if (next == PGRES_POLLING_FAILED) return Failed("can't connect");
    Wake wake = Wait(next == PGRES_POLLING_READING ? POLLIN : POLLOUT);
    if (wake != Wake::kReady) return Late();
    next = PQconnectPoll(connection_);
  }
  if (PQsetnonblocking(connection_, 1) != 0) return Failed("can't connect");
  return Ok();
}

Status Connection::Send(const std::vector<Question>& questions, Duration timeout) {
  using std::chrono::milliseconds;
  std::string limit = fmt::format("SET LOCAL statement_timeout = {}",
                                  std::chrono::ceil<milliseconds>(timeout).count());
  if (PQenterPipelineMode(connection_) != 1) return Failed("can't ask");
  auto send = [&](const std::string& sql, const std::vector<std::string>& parameters) {
    std::vector<const char*> values;
    for (const std::string& parameter : parameters) values.push_back(parameter.c_str());
    return PQsendQueryParams(connection_, sql.c_str(), static_cast<int>(values.size()), nullptr,
                             values.data(), nullptr, nullptr, 0) == 1;
  };
  // The server gives up by itself: in time, and soon after this end of the connection is closed. An
  // order to cancel would go over a connection of its own, for which libpq knows no time limit.
  bool sent = send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", {}) && send(limit, {}) &&
              send("SET LOCAL client_connection_check_interval = 1000", {});
  for (const Question& question : questions) sent = sent && send(question.sql, question.parameters);
  sent = sent && send("COMMIT", {}) && PQpipelineSync(connection_) == 1;
  if (!sent) return Failed("can't ask");
  return Flush();
}

Status Connection::Flush() {
  while (true) {
    int left = PQflush(connection_);
    if (left == 0) return Ok();
    if (left < 0) return Failed("can't ask");
    Wake wake = Wait(POLLIN | POLLOUT);
    if (wake != Wake::kReady) return Late();
    if (PQconsumeInput(connection_) != 1) return Failed("can't ask");
  }
}

// The next result, or null at the end of one statement's results.
Result<PGresult*> Connection::NextResult() {
  while (PQisBusy(connection_) != 0) {
    Wake wake = Wait(POLLIN);
    if (wake != Wake::kReady) return Late();
    if (PQconsumeInput(connection_) != 1) return Failed("the answer was cut off");
  }
  return PQgetResult(connection_);
}

Result<std::vector<Rows>> Connection::Receive(std::size_t count) {
  std::vector<Rows> answers;
  for (bool ended = false;;) {
    TIPOFF_TRY(PGresult * result, NextResult());
    if (result == nullptr) {  // Between two statements.
      if (std::exchange(ended, true)) return Failed("the answer was cut off");
      continue;
    }
    ended = false;
    Rows rows(result);
    switch (PQresultStatus(result)) {
      case PGRES_TUPLES_OK: answers.push_back(std::move(rows)); break;
      case PGRES_COMMAND_OK: break;
      case PGRES_PIPELINE_SYNC: {
        PQexitPipelineMode(connection_);
        if (answers.size() != count) return Failed("the answer is incomplete");
        return answers;
      }
      default: {
        const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
        bool missing = code != nullptr && std::string_view(code) == kUndefinedTable;
        std::string remedy =
            missing ? ": make its tables with `psql URL -f deploy/postgres/history.sql`" : "";
        return Error{
            Errc::kUnavailable,
            fmt::format("PostgreSQL: {}{}", OneLine(PQresultErrorMessage(result)), remedy)};
      }
    }
  }
}

Connection::Wake Connection::Wait(short events) {
  pollfd waited[] = {
      {PQsocket(connection_), events, 0}, {timer_, POLLIN, 0}, {stop_.fd(), POLLIN, 0}};
  while (poll(waited, 3, -1) < 0 && errno == EINTR) {
  }
  if (waited[2].revents != 0) return Wake::kStopped;
  return waited[1].revents != 0 ? Wake::kLate : Wake::kReady;
}

Error Connection::Late() const {
  return {Errc::kUnavailable,
          fmt::format("PostgreSQL did not answer within {}", FormatDuration(timeout_))};
}

Error Connection::Failed(const std::string& what) {
  return {Errc::kUnavailable,
          fmt::format("PostgreSQL: {}: {}", what, OneLine(PQerrorMessage(connection_)))};
}

void Connection::Arm(Duration timeout) {
  timeout_ = timeout;
  auto micros = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
  itimerspec when{};
  when.it_value.tv_sec = micros / 1'000'000;
  when.it_value.tv_nsec = micros % 1'000'000 * 1000 + 1;
  timerfd_settime(timer_, 0, &when, nullptr);
}

void Connection::Close() {
  if (connection_ != nullptr) PQfinish(std::exchange(connection_, nullptr));
}

}  // namespace tipoff::postgres
