#include "sim/checkers/ending.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

#include "core/limits.h"
#include "sim/sometimes.h"

namespace tipoff::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kEnds[] = "1 every batch ends";
constexpr char kAbsorbing[] = "2 terminal is absorbing";
constexpr char kClock[] = "7 time is judged by a clock";

// The sweep's lease, two of its longest periods, a commit and a call under way.
constexpr Duration kBound = seconds(30) + 2 * seconds(12) + limits::kCommitTime + limits::kCallTime;
// How far a process's idea of store time may lag: its slowest answer.
constexpr Duration kLag = seconds(9);
// How long after its decision a commit may be applied: its call's time, and what a store may take
// for it after its caller was told that nobody knows.
constexpr Duration kApplied = limits::kCallTime + seconds(31);

// How far a request has come; what the end gave up has come nowhere.
int HopOf(const Request& row, bool ended) {
  if (row.state == RequestState::kUndelivered && !ended) return 3;
  bool worked = row.state == RequestState::kSucceeded || row.state == RequestState::kSkipped ||
                row.state == RequestState::kFailed;
  if (worked) return 3;
  if (IsTerminal(row.state)) return 0;
  if (!row.hops.leased.never()) return 2;
  return row.hops.published.never() ? 0 : 1;
}

}  // namespace

Instant EndingChecker::LatestEnd(const Book& book) const {
  Instant due = book.terminal_by;
  if (!book.counted_at.never()) due = std::min(due, book.counted_at);
  return std::max(due, notes_.untroubled_since) + kBound;
}

void EndingChecker::OnCommit(const BatchCommit& commit, Instant at, const std::string&) {
  const Batch& next = commit.next;
  auto [found, created] = books_.try_emplace(next.id);
  Book& book = found->second;
  if (created) {
    book.first = next;
    book.terminal_by = next.terminal_by;
    book.progress_at = at;
  }
  if (book.end) {
    const Batch& end = *book.end;
    if (next.phase != end.phase || next.reason != end.reason || next.message != end.message ||
        !(next.counts == end.counts) || next.predictions != end.predictions ||
        next.publication != end.publication || next.terminal_at != end.terminal_at) {
      Violated(kAbsorbing, fmt::format("{} was {} and is changed to {}", next.id.str(),
                                       ToString(end.phase), ToString(next.phase)));
    }
    return;
  }
  if (next.terminal_by > book.terminal_by) {
    Violated(kEnds, fmt::format("the promise of {} is put off", next.id.str()));
  }
  NoteProgress(book, commit, at);
  bool counted = next.sealed && next.counts.open() == 0 && !IsTerminal(next.phase);
  if (counted && book.counted_at.never()) book.counted_at = at;
  if (IsTerminal(next.phase)) {
    CheckEnd(book, commit, at);
    book.end = next;
  }
  book.terminal_by = std::min(book.terminal_by, next.terminal_by);
}

void EndingChecker::NoteProgress(Book& book, const BatchCommit& commit, Instant at) {
  bool further = !commit.new_rows.empty();
  for (const Request& row : commit.rows) {
    int hop = HopOf(row, IsTerminal(commit.next.phase));
    int& furthest = book.furthest[row.ordinal];
    further |= hop > furthest;
    furthest = std::max(furthest, hop);
  }
  if (further) book.progress_at = at;
  const Batch& next = commit.next;
  bool moved = next.progress_at != book.told_progress_at;
  book.told_progress_at = next.progress_at;
  bool decided = next.phase >= Phase::kFinalizing;  // That the last one is counted is progress.
  if (moved && !further && !decided) {
    Violated(kClock, fmt::format("{} tells of progress, but no request got further than it ever "
                                 "was",
                                 next.id.str()));
  }
}

void EndingChecker::CheckEnd(const Book& book, const BatchCommit& commit, Instant at) {
  const Batch& end = commit.next;
  if (at > LatestEnd(book)) {
    Violated(kEnds,
             fmt::format("{} promised to end by {}, and ended {} after that", end.id.str(),
                         FormatInstant(book.terminal_by), FormatDuration(at - book.terminal_by)));
  }
  if (end.terminal_at > at || end.terminal_at < at - kLag - kApplied) {
    Violated(kClock, fmt::format("{} says that it ended at {}, which was written at {}",
                                 end.id.str(), FormatInstant(end.terminal_at), FormatInstant(at)));
  }
  // terminal_by of the ending commit: a patch may have come into the same commit.
  bool by_clock = end.reason == Reason::kDeadlineExceeded;
  if (by_clock && at < std::min(book.terminal_by, end.terminal_by)) {
    Violated(kClock, fmt::format("{} is ended by the clock {} before its time", end.id.str(),
                                 FormatDuration(end.terminal_by - at)));
  }
  // Whoever asks "is it stalled?" names a time of his own.
  bool asked = commit.journal.find("event check-stalled") != std::string::npos;
  Duration still = at - book.progress_at;
  Duration least = asked ? Duration(1) : end.policy.stall_after - kLag - kApplied;
  if (end.reason == Reason::kStalled && still < least) {
    Violated(kClock, fmt::format("{} is ended as stalled {} after its last progress", end.id.str(),
                                 FormatDuration(still)));
  }
}

// After its time a batch is never told to be running. Whose outcome is decided may be told so.
void EndingChecker::OnRead(const Batch& batch, Instant asked_at) {
  if (IsTerminal(batch.phase) || batch.phase == Phase::kFinalizing) return;
  if (asked_at < batch.terminal_by + kLag) return;
  Violated(kEnds, fmt::format("{} is told to be {} when it was asked for {} after its time",
                              batch.id.str(), ToString(batch.phase),
                              FormatDuration(asked_at - batch.terminal_by)));
}

void EndingChecker::AtEnd(Instant at) {
  for (const auto& [id, book] : books_) {
    if (book.end) continue;
    if (at > LatestEnd(book)) {
      Violated(kEnds, fmt::format("{} has not ended by {}", id.str(), FormatInstant(at)));
    }
  }
}

}  // namespace tipoff::sim
