#include "app/scheduled_starts.h"

#include "base/log.h"
#include "core/retry.h"

namespace tipoff {
namespace {

constexpr Backoff kStartBackoff{std::chrono::minutes(1), std::chrono::minutes(15)};
constexpr auto kGiveUpAfter = std::chrono::hours(3);

}  // namespace

ScheduledStarts::ScheduledStarts(Loop& loop, Starter& starter,
                                 std::function<StartRequest()> request)
    : loop_(loop), starter_(starter), request_(std::move(request)) {}

ScheduledStarts::~ScheduledStarts() {
  for (const auto& [key, timer] : waiting_) loop_.Cancel(timer);
}

void ScheduledStarts::Start(const ScheduledStart& due) { Try(due, 1); }

void ScheduledStarts::Try(const ScheduledStart& due, int tries) {
  StartRequest request = request_();
  request.slot.game_date = due.game_date;
  request.run_mode = due.run_mode;
  request.trigger = "schedule";
  request.idempotency_key = due.idempotency_key;
  starter_.Start(std::move(request),
                 [this, due, tries](Result<StartOutcome> outcome) { Tried(due, tries, outcome); });
}

void ScheduledStarts::Tried(const ScheduledStart& due, int tries,
                            const Result<StartOutcome>& outcome) {
  bool runs = outcome.ok() && (outcome->kind == StartOutcome::Kind::kStarted ||
                               outcome->kind == StartOutcome::Kind::kAlreadyRunning);
  if (runs) {
    return Log(Severity::kInfo, "a scheduled start",
               {{"line", due.line}, {"batch_id", outcome->batch.id.str()}});
  }
  std::string why = outcome.ok() ? outcome->detail : outcome.error().message;
  Duration wait = BackoffDelay(kStartBackoff, tries, MixText(0, due.idempotency_key));
  if (loop_.Now() + wait > due.due + kGiveUpAfter) {
    return Log(Severity::kError, "a scheduled start is given up: it made no batch",
               {{"line", due.line}, {"game_date", FormatDay(due.game_date)}, {"why", why}});
  }
  Log(Severity::kWarning, "a scheduled start made no batch yet; it is tried again",
      {{"line", due.line},
       {"game_date", FormatDay(due.game_date)},
       {"why", why},
       {"in", FormatDuration(wait)}});
  waiting_[due.idempotency_key] = loop_.After(wait, [this, due, tries] {
    waiting_.erase(due.idempotency_key);
    Try(due, tries + 1);
  });
}

}  // namespace tipoff
