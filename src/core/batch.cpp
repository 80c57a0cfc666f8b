#include "core/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/mutant.h"
#include "base/random.h"
#include "base/utf8.h"
#include "core/failure.h"
#include "core/limits.h"
#include "core/retry.h"

namespace tipoff {
namespace {

constexpr std::array<std::string_view, kPhases> kPhaseNames{"accepted",   "dispatching", "running",
                                                            "finalizing", "succeeded",   "partial",
                                                            "failed",     "cancelled"};

constexpr std::array<std::string_view, kReasons> kReasonNames{"None",
                                                              "Completed",
                                                              "NoRequests",
                                                              "NoPredictions",
                                                              "RequestsFailed",
                                                              "Stalled",
                                                              "ToleranceMet",
                                                              "DeadlineExceeded",
                                                              "PreconditionFailed",
                                                              "Superseded",
                                                              "CancelledByOperator",
                                                              "ClearedByOperator",
                                                              "ForcedByOperator",
                                                              "PoisonedRun"};

bool IsCancelling(Reason cause) {
  return cause == Reason::kSuperseded || cause == Reason::kCancelledByOperator ||
         cause == Reason::kClearedByOperator;
}

std::string Shortened(std::string text) { return CutUtf8(std::move(text), limits::kReasonBytes); }

// "3 failed, 2 expired": what is missing, for the message.
std::string Missing(const Counts& counts) {
  std::string text;
  for (RequestState s : {RequestState::kFailed, RequestState::kExpired, RequestState::kCancelled,
                         RequestState::kUndelivered}) {
    if (counts[s] == 0) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", counts[s], ToString(s));
  }
  return text.empty() ? "nothing missing" : text;
}

std::string CauseSentence(Reason cause, std::string_view why) {
  std::string sentence;
  switch (cause) {
    case Reason::kStalled: sentence = "ended early: no progress"; break;
    case Reason::kToleranceMet: sentence = "ended early: enough was done for its age"; break;
    case Reason::kDeadlineExceeded: sentence = "ended at its promised time"; break;
    case Reason::kPreconditionFailed: sentence = "its creation was never finished"; break;
    case Reason::kSuperseded: sentence = "superseded by a forced start"; break;
    case Reason::kCancelledByOperator: sentence = "cancelled by an operator"; break;
    case Reason::kClearedByOperator: sentence = "cleared by an operator"; break;
    case Reason::kForcedByOperator: sentence = "finished early by an operator"; break;
    case Reason::kPoisonedRun: sentence = "ended early: a poisoned run"; break;
    default: break;
  }
  if (!why.empty()) sentence += fmt::format("{}{}", sentence.empty() ? "" : ": ", why);
  return sentence;
}

// The working copy of one decision: the header and the touched rows, and which of them changed.
class Draft {
 public:
  Draft(const Batch& batch, std::span<const Request> touched)
      : before_(batch), rows_(touched.begin(), touched.end()), changed_(rows_.size(), false) {
    decision_.next = batch;
    TIPOFF_CHECK(
        std::is_sorted(rows_.begin(), rows_.end(),
                       [](const Request& a, const Request& b) { return a.ordinal < b.ordinal; }),
        "touched rows must be sorted by ordinal");
  }

  Batch& next() { return decision_.next; }
  void Intervened(Intervention what) { decision_.intervention = what; }
  Effects& effects() { return decision_.effects; }
  std::vector<Request>& rows() { return rows_; }
  bool live() const { return !IsTerminal(before_.phase); }

  Request* Find(std::uint32_t ordinal) {
    auto found = std::lower_bound(
        rows_.begin(), rows_.end(), ordinal,
        [](const Request& row, std::uint32_t wanted) { return row.ordinal < wanted; });
    return found != rows_.end() && found->ordinal == ordinal ? &*found : nullptr;
  }

  Request& Get(std::uint32_t ordinal) {
    Request* row = Find(ordinal);
    TIPOFF_CHECK(row != nullptr, "an event names a request that was not loaded");
    return *row;
  }

  Request* FindPlayer(const PlayerId& player, std::string_view group) {
    if (by_player_.empty()) {
      for (std::size_t i = 0; i < rows_.size(); ++i) by_player_.emplace(rows_[i].player.str(), i);
    }
    auto [first, last] = by_player_.equal_range(player.str());
    for (; first != last; ++first) {
      if (rows_[first->second].group == group) return &rows_[first->second];
    }
    return nullptr;
  }

  void Touch(const Request& row) { changed_[static_cast<std::size_t>(&row - rows_.data())] = true; }

  void Move(Request& row, RequestState to) {
    next().counts.Move(row.state, to);
    row.state = to;
    Touch(row);
  }

  // The request got past a hop for the first time: that, and only that, is progress.
  void Reach(Request& row, Instant& hop, Instant at) {
    if (!hop.never()) return;
    hop = at;
    next().progress_at = std::max(next().progress_at, at);
    Touch(row);
  }

  void End(Instant now, Reason cause, std::string_view why);
  void CountLast(Instant now);
  void AfterPublishing();
  Decision Finish();

 private:
  const Batch& before_;
  std::vector<Request> rows_;
  std::vector<bool> changed_;
  std::unordered_multimap<std::string_view, std::size_t> by_player_;
  Decision decision_;
};

// Every live batch goes through here on its way to a terminal phase that is not its requests'
// doing.
void Draft::End(Instant now, Reason cause, std::string_view why) {
  Batch& batch = next();
  if (batch.phase == Phase::kFinalizing) {  // Decided already: the order or the clock is too late.
    batch.phase = batch.decided.phase;
    batch.reason = batch.decided.reason;
    batch.message = batch.decided.message;
    batch.decided = Outcome{};
  } else {
    bool cancels =
        IsCancelling(cause) || cause == Reason::kForcedByOperator || cause == Reason::kPoisonedRun;
    std::uint32_t open = batch.counts.open();
    std::uint32_t pending = batch.counts[RequestState::kPending];
    std::uint32_t sent = open - pending;
    batch.counts.Set(RequestState::kPending, 0);
    batch.counts.Set(RequestState::kPublished, 0);
    batch.counts.Set(RequestState::kLeased, 0);
    auto add = [&](RequestState s, std::uint32_t n) { batch.counts.Set(s, batch.counts[s] + n); };
    if (cancels) {
      add(RequestState::kCancelled, open);
    } else {
      add(RequestState::kUndelivered, pending);
      add(RequestState::kExpired, sent);
    }
    batch.open_become = cancels ? OpenBecome::kCancelled : OpenBecome::kExpiredOrUndelivered;
    batch.rows_open_at_end = batch.sealed ? open : batch.rows_written;
    Outcome outcome =
        DecideOutcome(batch.counts, batch.predictions, open == 0 ? Reason::kNone : cause, why);
    batch.phase = outcome.phase;
    batch.reason = outcome.reason;
    batch.message = outcome.message;
  }
  batch.terminal_at = now;
  effects().announce = true;
  effects().settle = batch.rows_open_at_end > 0;
}

// If no request is open any more the outcome is decided: whatever the last event was.
void Draft::CountLast(Instant now) {
  Batch& batch = next();
  if (IsTerminal(batch.phase) || batch.phase == Phase::kFinalizing || !batch.sealed ||
      batch.counts.open() > 0) {
    return;
  }
  if (TIPOFF_MUTANT("refusal-ends-nothing") && batch.counts[RequestState::kUndelivered] > 0) return;
  batch.decided = DecideOutcome(batch.counts, batch.predictions, Reason::kNone, "");
  batch.phase = Phase::kFinalizing;
  batch.progress_at = std::max(batch.progress_at, now);
  effects().finalize = true;
}

void Draft::AfterPublishing() {
  Batch& batch = next();
  std::uint32_t pending = batch.counts[RequestState::kPending];
  if (batch.phase == Phase::kAccepted && pending < batch.expected()) {
    batch.phase = Phase::kDispatching;
  }
  if (batch.phase == Phase::kDispatching && pending == 0) batch.phase = Phase::kRunning;
}

Decision Draft::Finish() {
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (changed_[i]) decision_.rows.push_back(std::move(rows_[i]));
  }
  decision_.changed = !decision_.rows.empty() || !(decision_.next == before_);
  return std::move(decision_);
}

void On(Draft& draft, const RowsWritten& event) {
  Batch& batch = draft.next();
  if (!draft.live() || batch.sealed) return;
  batch.rows_written += event.n;
  TIPOFF_CHECK(batch.rows_written <= batch.expected(), "more rows written than the batch expects");
  batch.progress_at = std::max(batch.progress_at, event.now);
  if (batch.rows_written < batch.expected()) return;
  batch.sealed = true;
  draft.effects().relay = batch.expected() > 0;
  draft.CountLast(event.now);
}

void On(Draft& draft, const Published& event) {
  if (!draft.live()) return;
  for (const Published::Item& item : event.items) {
    Request& row = draft.Get(item.ordinal);
    if (!IsOpen(row.state)) continue;
    if (!item.refusal.empty()) {
      if (row.state != RequestState::kPending) continue;  // An earlier publish is still under way.
      row.reason = Shortened(item.refusal);
      row.due_at = Instant();
      draft.Move(row, RequestState::kUndelivered);
      draft.Reach(row, row.hops.counted, event.now);
      continue;
    }
    if (item.attempt <= row.attempt) continue;  // Confirmed before.
    row.attempt = item.attempt;
    row.due_at = Instant();
    draft.Touch(row);
    if (row.state == RequestState::kPending) draft.Move(row, RequestState::kPublished);
    draft.Reach(row, row.hops.published, event.now);
  }
  draft.AfterPublishing();
  draft.CountLast(event.now);
}

void On(Draft& draft, const Leased& event) {
  if (!draft.live()) return;
  for (std::uint32_t ordinal : event.ordinals) {
    Request* found = draft.Find(ordinal);
    if (found == nullptr) continue;  // It comes from a worker, which may name what is not there.
    Request& row = *found;
    if (!IsOpen(row.state)) continue;
    if (row.worker != event.worker) draft.Touch(row);
    row.worker = event.worker;
    row.worker_version = event.worker_version;
    if (TIPOFF_MUTANT("lease-is-progress")) draft.next().progress_at = event.now;
    if (row.state == RequestState::kLeased) continue;  // A redelivery: known, but no progress.
    // Held by a worker, so it was published, even if the confirmation is still on its way.
    if (row.hops.published.never()) row.hops.published = event.leased_at;
    draft.Move(row, RequestState::kLeased);
    draft.Reach(row, row.hops.leased, event.leased_at);
    draft.next().progress_at = std::max(draft.next().progress_at, event.now);
  }
  draft.AfterPublishing();
}

// The row becomes what it reads as under its terminal header.
void SettleRow(Draft& draft, Request& row) {
  Batch& batch = draft.next();
  row.state = StateUnder(batch, row);
  row.due_at = Instant();
  row.hops.counted = batch.terminal_at;
  if (batch.rows_open_at_end > 0) --batch.rows_open_at_end;
  draft.Touch(row);
}

void CountLate(Draft& draft, Request& row, Instant now) {
  if (IsTerminal(draft.next().phase) && IsOpen(row.state)) SettleRow(draft, row);
  // Only a request that the end gave up can be late; a repeat of what was counted is nothing new.
  bool given_up = row.state == RequestState::kExpired || row.state == RequestState::kCancelled ||
                  row.state == RequestState::kUndelivered;
  if (!given_up || !row.late_at.never() || TIPOFF_MUTANT("late-forgotten")) return;
  row.late_at = now;
  ++draft.next().late;
  draft.Touch(row);
}

// One more result is known: does it still look as if all fail alike?
void Suspect(Batch& batch, const Request& row) {
  Suspicion& suspicion = batch.suspicion;
  if (suspicion.over) return;
  std::string error;
  bool alike = row.state == RequestState::kFailed;
  if (alike) {
    std::array<std::string_view, 1> names{row.player.str()};
    error = NormaliseError(row.reason, names);
    alike = suspicion.failures == 0 || error == suspicion.error;
  }
  if (!alike) {
    suspicion = Suspicion{.over = true};
    return;
  }
  ++suspicion.failures;
  suspicion.error = std::move(error);
}

// Ends a batch whose first results are all the same failure. One whose requests are all counted
// ends by itself.
bool EndIfPoisoned(Draft& draft, Instant now, std::string_view example) {
  Batch& batch = draft.next();
  const Suspicion& suspicion = batch.suspicion;
  auto enough = static_cast<std::uint32_t>(batch.policy.poison_after);
  if (enough == 0 || suspicion.failures < enough || batch.counts.open() == 0) return false;
  draft.End(now, Reason::kPoisonedRun,
            fmt::format("the first {} results all failed alike, with '{}'", suspicion.failures,
                        example.empty() ? std::string_view(suspicion.error) : example));
  return true;
}

void On(Draft& draft, const Completions& event, std::vector<std::size_t>& strays) {
  bool frozen = !draft.live() || draft.next().phase == Phase::kFinalizing;
  if (TIPOFF_MUTANT("late-counted")) frozen = false;
  for (std::size_t i = 0; i < event.items.size(); ++i) {
    const Completion& item = event.items[i];
    Request* row = item.ordinal != Completion::kNoOrdinal
                       ? draft.Find(static_cast<std::uint32_t>(item.ordinal))
                       : draft.FindPlayer(item.player, item.group);
    if (row == nullptr) {
      strays.push_back(i);
      continue;
    }
    if (frozen) {
      CountLate(draft, *row, event.now);
      continue;
    }
    if (!IsOpen(row->state) && TIPOFF_MUTANT("counter-not-set")) {
      draft.next().predictions += item.predictions;
    }
    if (!IsOpen(row->state)) {  // The bus refused it, and yet somebody got it: kept, as late.
      CountLate(draft, *row, event.now);
      continue;
    }
    bool stale = item.attempt != 0 && item.attempt < row->attempt;
    if (item.status == RequestState::kFailed && stale) continue;  // Another attempt is under way.

    if (row->hops.published.never()) row->hops.published = event.now;
    row->hops.reported = item.reported_at.never() ? event.now : item.reported_at;
    row->predictions = std::max(item.predictions, 0);
    row->reason = Shortened(item.reason);
    row->worker = item.worker;
    row->worker_version = item.worker_version;
    row->due_at = Instant();
    draft.next().predictions += row->predictions;
    draft.Move(*row, item.status);
    draft.Reach(*row, row->hops.counted, event.now);
    if (event.origin == Completions::Origin::kGivenUp) continue;
    Suspect(draft.next(), *row);
    frozen = EndIfPoisoned(draft, event.now, row->reason);  // What comes behind it is late.
  }
  draft.AfterPublishing();
  draft.CountLast(event.now);
}

// Whether the players that an early end needs are all done, is for the touched rows to show: the
// header keeps no names. Without their rows the answer is no.
bool RequiredDone(Draft& draft) {
  for (const PlayerId& player : draft.next().policy.required_players) {
    bool known = false;
    for (const Request& row : draft.rows()) {
      if (row.player != player) continue;
      known = true;
      if (row.state != RequestState::kSucceeded && row.state != RequestState::kSkipped)
        return false;
    }
    if (!known) return false;
  }
  return true;
}

void On(Draft& draft, const Tick& event) {
  Batch& batch = draft.next();
  if (!draft.live()) {
    draft.effects().settle = batch.rows_open_at_end > 0;
    return;
  }
  if (batch.phase == Phase::kFinalizing) {
    draft.effects().finalize = !TIPOFF_MUTANT("finalizing-forgotten");
    return;
  }
  if (event.now >= batch.terminal_by) {
    draft.Intervened(Intervention::kDeadlineEnd);
    return draft.End(event.now, Reason::kDeadlineExceeded, "");
  }
  if (!batch.sealed) {
    if (event.now - batch.progress_at >= batch.policy.seal_within) {
      draft.End(event.now, Reason::kPreconditionFailed, "");
    }
    return;
  }
  draft.CountLast(event.now);
  if (batch.phase == Phase::kFinalizing) return;
  if (EndIfPoisoned(draft, event.now, "")) return;  // A PATCH may have lowered the number.

  bool redriven = !batch.redriven_at.never() && batch.redriven_at >= batch.progress_at;
  draft.effects().relay = batch.counts[RequestState::kPending] > 0 || redriven;
  const Policy& policy = batch.policy;
  double done = batch.counts.done_percent();
  if (done >= ToleratedPercent(policy, event.now - batch.created_at) && RequiredDone(draft)) {
    return draft.End(event.now, Reason::kToleranceMet, "");
  }
  if (event.now - std::max(batch.progress_at, batch.redriven_at) < policy.stall_after) return;
  if (redriven && done >= policy.stall_percent && RequiredDone(draft)) {
    draft.Intervened(Intervention::kStallEnd);
    return draft.End(event.now, Reason::kStalled,
                     "none for " + FormatDuration(event.now - batch.progress_at));
  }
  if (redriven) {  // Further rounds come less and less often.
    Backoff rounds{policy.stall_after, policy.stall_after * 8};
    std::uint64_t key = MixText(batch.redrives, batch.id.str());
    Duration wait = BackoffDelay(rounds, static_cast<int>(batch.redrives), key);
    if (event.now - batch.redriven_at < wait) return;
  }
  batch.redrives = redriven ? batch.redrives + 1 : 1;
  batch.redriven_at = event.now;
  draft.effects().redrive = true;
  draft.Intervened(Intervention::kRedrive);
}

void On(Draft& draft, const Redrive& event) {
  if (!draft.live()) return;
  for (Request& row : draft.rows()) {
    bool outstanding = row.state == RequestState::kPublished || row.state == RequestState::kLeased;
    bool spent = row.attempt >= draft.next().policy.publishes_max;
    if (!outstanding || (spent && !TIPOFF_MUTANT("republish-without-limit"))) continue;
    draft.effects().relay = true;
    if (!row.due_at.never()) continue;
    row.due_at = event.now;
    draft.Touch(row);
  }
}

void On(Draft& draft, const Settle&) {
  Batch& batch = draft.next();
  if (draft.live()) return;
  for (Request& row : draft.rows()) {
    if (IsOpen(row.state)) SettleRow(draft, row);
  }
  if (draft.rows().empty()) batch.rows_open_at_end = 0;  // None is left: the scan found no more.
  draft.effects().settle = batch.rows_open_at_end > 0;
}

void On(Draft& draft, const Finalize& event) {
  bool again = TIPOFF_MUTANT("two-finalizers") && !draft.live();
  if (again) draft.next().terminal_at = event.now;
  if (draft.next().phase == Phase::kFinalizing) draft.End(event.now, Reason::kNone, "");
}

void On(Draft& draft, const Command& event) {
  if (!draft.live()) return;
  Reason cause = Reason::kForcedByOperator;
  if (event.order == Order::kCancel) cause = Reason::kCancelledByOperator;
  if (event.order == Order::kClear) cause = Reason::kClearedByOperator;
  if (event.order == Order::kSupersede) cause = Reason::kSuperseded;
  draft.End(event.now, cause, event.why);
  if (draft.next().reason == Reason::kSuperseded) draft.next().superseded_by = event.superseded_by;
}

void On(Draft& draft, const CheckStalled& event) {
  Batch& batch = draft.next();
  if (!draft.live() || batch.phase == Phase::kFinalizing || !batch.sealed) return;
  bool stalled = event.now - batch.progress_at >= event.stall_after;
  if (stalled && batch.counts.done_percent() >= event.min_percent && RequiredDone(draft)) {
    draft.End(event.now, Reason::kStalled,
              "none for " + FormatDuration(event.now - batch.progress_at));
  }
}

void On(Draft& draft, const Patch& event) {
  Batch& batch = draft.next();
  if (!draft.live() || batch.phase == Phase::kFinalizing) return;
  const PolicyPatch& changes = event.changes;
  if (changes.terminal_by) batch.terminal_by = std::min(batch.terminal_by, *changes.terminal_by);
  if (changes.terminal_by && TIPOFF_MUTANT("promise-put-off")) {
    batch.terminal_by = *changes.terminal_by;
  }
  Policy& policy = batch.policy;
  policy.stall_after = changes.stall_after.value_or(policy.stall_after);
  policy.stall_percent = changes.stall_percent.value_or(policy.stall_percent);
  policy.tolerance = changes.tolerance.value_or(policy.tolerance);
  policy.required_players = changes.required_players.value_or(policy.required_players);
  policy.publishes_max = changes.publishes_max.value_or(policy.publishes_max);
  policy.poison_after = changes.poison_after.value_or(policy.poison_after);
}

}  // namespace

std::string_view ToString(Phase phase) { return kPhaseNames[static_cast<std::size_t>(phase)]; }

Result<Phase> ParsePhase(std::string_view text) {
  for (std::size_t i = 0; i < kPhaseNames.size(); ++i) {
    if (kPhaseNames[i] == text) return static_cast<Phase>(i);
  }
  return Error{Errc::kInvalid,
               fmt::format("'{}' is not a phase: one of {}", text, fmt::join(kPhaseNames, ", "))};
}

std::string_view ToString(Reason reason) { return kReasonNames[static_cast<std::size_t>(reason)]; }

Result<Reason> ParseReason(std::string_view text) {
  for (std::size_t i = 0; i < kReasonNames.size(); ++i) {
    if (kReasonNames[i] == text) return static_cast<Reason>(i);
  }
  return Error{Errc::kInvalid, fmt::format("'{}' is not a reason", text)};
}

std::string_view ToString(Intervention intervention) {
  switch (intervention) {
    case Intervention::kNone: return "none";
    case Intervention::kRedrive: return "redrive";
    case Intervention::kStallEnd: return "stall end";
    case Intervention::kDeadlineEnd: return "deadline end";
  }
  Panic(__FILE__, __LINE__, "unnamed Intervention");
}

RequestState StateUnder(const Batch& batch, const Request& row) {
  if (!IsOpen(row.state) || !IsTerminal(batch.phase)) return row.state;
  switch (batch.open_become) {
    case OpenBecome::kCancelled: return RequestState::kCancelled;
    case OpenBecome::kExpiredOrUndelivered:
      return row.state == RequestState::kPending ? RequestState::kUndelivered
                                                 : RequestState::kExpired;
    case OpenBecome::kOpen: break;
  }
  Panic(__FILE__, __LINE__, "an open row under a header that ended with none open");
}

std::string Describe(const Event& event) {
  struct Describer {
    std::string operator()(const RowsWritten& e) { return fmt::format("recorded ({})", e.n); }
    std::string operator()(const Published& e) {
      return fmt::format("published ({})", e.items.size());
    }
    std::string operator()(const Leased& e) {
      return fmt::format("leased ({})", e.ordinals.size());
    }
    std::string operator()(const Completions& e) {
      static constexpr std::array<std::string_view, 3> kOrigins{"completions", "reconciled",
                                                                "given up"};
      return fmt::format("{} ({})", kOrigins[static_cast<std::size_t>(e.origin)], e.items.size());
    }
    std::string operator()(const Tick&) { return "clock"; }
    std::string operator()(const Redrive&) { return "redrive"; }
    std::string operator()(const Settle&) { return "settle"; }
    std::string operator()(const Finalize&) { return "finalize"; }
    std::string operator()(const Command& e) {
      static constexpr std::array<std::string_view, 4> kOrders{"cancel", "clear", "supersede",
                                                               "finish"};
      return std::string(kOrders[static_cast<std::size_t>(e.order)]);
    }
    std::string operator()(const CheckStalled&) { return "check-stalled"; }
    std::string operator()(const Patch&) { return "patch"; }
  };
  return std::visit(Describer{}, event);
}

void Effects::Merge(const Effects& other) {
  relay |= other.relay;
  finalize |= other.finalize;
  announce |= other.announce;
  redrive |= other.redrive;
  settle |= other.settle;
}

Decision Decide(const Batch& batch, std::span<const Request> touched, const Event& event) {
  Draft draft(batch, touched);
  std::vector<std::size_t> strays;
  std::visit(
      [&](const auto& concrete) {
        if constexpr (std::is_same_v<std::decay_t<decltype(concrete)>, Completions>) {
          On(draft, concrete, strays);
        } else {
          On(draft, concrete);
        }
      },
      event);
  Decision decision = draft.Finish();
  decision.strays = std::move(strays);
  return decision;
}

Outcome DecideOutcome(const Counts& counts, std::int64_t predictions, Reason cause,
                      std::string_view why) {
  std::string sentence = CauseSentence(cause, why);
  auto message = [&](std::string_view what) {
    return sentence.empty() ? std::string(what) : fmt::format("{}; {}", what, sentence);
  };
  if (IsCancelling(cause)) return {Phase::kCancelled, cause, sentence};
  std::uint32_t expected = counts.expected();
  if (cause == Reason::kPoisonedRun) {
    return {Phase::kFailed, cause,
            message(fmt::format("no predictions at all from {} requests", expected))};
  }
  if (expected == 0)
    return {Phase::kSucceeded, Reason::kNoRequests, "there was nothing to predict"};
  if (predictions == 0) {
    bool by_clock = cause == Reason::kDeadlineExceeded;
    Reason reason = cause == Reason::kPreconditionFailed ? cause
                    : by_clock                           ? Reason::kDeadlineExceeded
                                                         : Reason::kNoPredictions;
    return {Phase::kFailed, reason,
            message(fmt::format("no predictions at all from {} requests", expected))};
  }
  if (counts.done() == expected) {
    std::uint32_t skipped = counts[RequestState::kSkipped];
    return {Phase::kSucceeded, Reason::kCompleted,
            fmt::format("all {} requests done{}", expected,
                        skipped > 0 ? fmt::format(", {} of them skipped", skipped) : "")};
  }
  return {Phase::kPartial, cause == Reason::kNone ? Reason::kRequestsFailed : cause,
          message(fmt::format("{} of {} done; {}", counts.done(), expected, Missing(counts)))};
}

}  // namespace tipoff
