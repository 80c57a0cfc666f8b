#include "app/schedule.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/log.h"
#include "base/new_york.h"

namespace tipoff {
namespace {

constexpr Duration kLookMax = std::chrono::seconds(30);
// A process that is replaced is back within minutes.
constexpr Duration kLookBack = std::chrono::minutes(10);
// Minutes remembered for each line: a day of a line that is due every minute, and a clock that
// steps back further is not one that anybody could rely on.
constexpr std::size_t kRanMax = 1440;

}  // namespace

Schedule::Schedule(Loop& loop, std::vector<StartLine> lines, Callback start)
    : loop_(loop), start_(std::move(start)) {
  for (StartLine& line : lines) entries_.push_back({std::move(line), {}});
}

Schedule::~Schedule() { loop_.Cancel(timer_); }

void Schedule::Start() {
  looked_ = loop_.Now() - kLookBack;
  Look();
}

Instant Schedule::Next(Instant now) const {
  Instant next;
  for (const Entry& entry : entries_) {
    Instant at = NextAfter(entry.line.cron, now);
    if (!at.never() && (next.never() || at < next)) next = at;
  }
  return next;
}

void Schedule::Look() {
  Instant now = loop_.Now();
  // A clock that stepped back: what comes again is looked at again, and `ran` keeps it from
  // running.
  Instant from = std::min(looked_, now);
  looked_ = now;
  for (Entry& entry : entries_) Run(entry, from, now);
  Instant next = Next(now);
  Duration wait = next.never() ? kLookMax : std::min(kLookMax, next - now);
  timer_ = loop_.After(wait, [this] { Look(); });
}

void Schedule::Run(Entry& entry, Instant from, Instant now) {
  Instant due;
  Instant today = NewYorkInstant(NewYorkDay(now), 0) - Duration(1);
  Instant oldest = std::min(today, now - kLookBack);
  for (Instant at = NextAfter(entry.line.cron, std::max(from, oldest)); !at.never() && at <= now;
       at = NextAfter(entry.line.cron, at)) {
    due = at;
  }
  if (due.never() || std::count(entry.ran.begin(), entry.ran.end(), due) > 0) return;
  entry.ran.push_back(due);
  if (entry.ran.size() > kRanMax) entry.ran.pop_front();
  ScheduledStart start;
  start.due = due;
  start.game_date = NewYorkDay(due) + (entry.line.tomorrow ? 1 : 0);
  start.run_mode = entry.line.run_mode;
  start.line = entry.line.text;
  start.idempotency_key = fmt::format("schedule {} {} {}", FormatInstant(due),
                                      FormatDay(start.game_date), start.run_mode);
  Log(Severity::kInfo, "a scheduled start is due",
      {{"line", start.line},
       {"due", FormatInstant(due)},
       {"game_date", FormatDay(start.game_date)}});
  start_(start);
}

}  // namespace tipoff
