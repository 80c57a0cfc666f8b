// A batch: one game day's requests, and every decision about them.
//
//     POST /start
//         │
//         ▼         first publish               all published
//     kAccepted ───────────────► kDispatching ────────────────► kRunning
//         │                           │                            │
//         │                the last open request is counted        │
//         └───────────────────────────┼────────────────────────────┘
//                                     ▼
//           kFinalizing: outcome decided, counts frozen
//                                     │  one commit: publication mark, slot freed, announcement
//                                     ▼
//          kSucceeded | kPartial | kFailed | kCancelled
//
// and from any phase before kFinalizing straight to a terminal one, in one commit: deadline, stall,
// tolerance, cancel, clear, supersede, finish.
//
// `Decide` is the only place where a batch changes. It is pure: it gets the stored header, the rows
// that an event touches, and the event; it returns what they become and what the shell should do
// then. Time is inside the event. Nobody else may change a phase, a state or a count.
//
// Laws, checked by core/batch_laws_test.cpp over all short histories:
//   a terminal batch's outcome and counts never change; the counts are those of the rows; each
//   request is counted once; after `terminal_by` one event ends the batch; a batch of 0 ends; a
//   poisoned run has no result but failures.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "core/policy.h"
#include "core/request.h"

namespace tipoff {

enum class Phase : std::uint8_t {
  kAccepted,     // Recorded; nothing is published yet, and nothing may be until it is sealed.
  kDispatching,  // Some requests are published, some were never.
  kRunning,      // Every request was published, refused or counted.
  kFinalizing,   // Every request is counted; the ending commit is due.
  kSucceeded,
  kPartial,
  kFailed,
  kCancelled,
};
inline constexpr int kPhases = 8;

constexpr bool IsTerminal(Phase p) { return p >= Phase::kSucceeded; }
std::string_view ToString(Phase phase);
Result<Phase> ParsePhase(std::string_view text);

// Why a batch is in its phase. kNone while it is live.
enum class Reason : std::uint8_t {
  kNone,
  kCompleted,           // Every request succeeded or was skipped.
  kNoRequests,          // A batch of 0.
  kNoPredictions,       // Ended without a single prediction.
  kRequestsFailed,      // Every request is counted, some of them as failed or undelivered.
  kStalled,             // No progress, enough done.
  kToleranceMet,        // Enough done for its age.
  kDeadlineExceeded,    // The promised time came.
  kPreconditionFailed,  // Its creation was never finished.
  kSuperseded,          // A forced start of its slot took its place.
  kCancelledByOperator,
  kClearedByOperator,
  kForcedByOperator,  // `finish`: ended now, keeping what had arrived.
  kPoisonedRun,       // The first results were all failures with one and the same error.
};
inline constexpr int kReasons = 14;

// "DeadlineExceeded".
std::string_view ToString(Reason reason);
Result<Reason> ParseReason(std::string_view text);

// Where a batch publishes to. One live batch per slot; the store enforces it.
struct Slot {
  Day game_date;
  std::string dataset;  // "" is the main one.

  friend auto operator<=>(const Slot&, const Slot&) = default;
};

// What an open row found under a terminal header reads as, until it is rewritten.
enum class OpenBecome : std::uint8_t {
  kOpen,                  // Not terminal: open rows are open.
  kCancelled,             // All cancelled.
  kExpiredOrUndelivered,  // Published at least once: expired; never: undelivered.
};

// Whether the run is poisoned: every result so far is a failure, and all are alike. What the bus
// refused or gave up is no result.
struct Suspicion {
  std::uint32_t failures = 0;  // Results so far, all of them failures with `error`.
  std::string error;           // Normalised, see core/failure.h.
  bool over = false;           // Some result was another: never suspected again.

  friend bool operator==(const Suspicion&, const Suspicion&) = default;
};

struct Outcome {
  Phase phase = Phase::kAccepted;
  Reason reason = Reason::kNone;
  std::string message;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

// The header: one row of the store. Guarded by `version`: every commit to the batch or any of its
// requests raises it by one, so whoever read version N may write only version N + 1.
struct Batch {
  BatchId id;
  Slot slot;
  std::uint64_t version = 0;

  Phase phase = Phase::kAccepted;
  Reason reason = Reason::kNone;
  std::string message;  // A sentence for people.
  Outcome decided;      // In kFinalizing: the outcome that the ending commit will write.

  bool sealed = false;             // All rows are written; the batch is live.
  std::uint32_t rows_written = 0;  // While it is not sealed.
  Counts counts;                   // Rows not yet written count as pending.
  OpenBecome open_become = OpenBecome::kOpen;
  std::uint32_t rows_open_at_end = 0;  // Rows that may still have to be rewritten.
  std::int64_t predictions = 0;        // Sum over the counted completions.
  std::uint32_t late = 0;              // Requests that completed after the end.

  Policy policy;
  Instant created_at;
  Instant terminal_by;
  Instant progress_at;  // When a request last got further than it ever was.
  Instant terminal_at;
  Instant redriven_at;         // When the last stall was acted on.
  std::uint32_t redrives = 0;  // How often since the last progress.
  Suspicion suspicion;

  std::uint32_t publication = 0;  // The slot's number of this publication; 0: not published.
  std::uint32_t generation = 1;   // 1 + that of the batch it retries.
  BatchId retry_of;
  BatchId superseded_by;

  std::string run_mode = "OVERNIGHT";
  std::string correlation_id;
  std::string parent_processor;
  std::string trigger;          // Who started it: "cli", "api", "schedule".
  bool forced = false;          // Started with `force`: a repeat of that names this batch.
  std::string idempotency_key;  // Of the start that made it; "" if it had none.
  double min_minutes = 0;       // How its players were chosen.
  std::string journal_hash;     // Hash of the last journal entry.

  std::uint32_t expected() const { return counts.expected(); }

  friend bool operator==(const Batch&, const Batch&) = default;
};

// What a row reads as under this header: its own state, or what the end made of it.
RequestState StateUnder(const Batch& batch, const Request& row);

// ---------------------------------------------------------------------------------------------
// Events. Each carries `now`: store time, never a local clock. Ordinals that are not among the
// touched rows are a broken invariant; ordinals may repeat.

// `n` more rows were written; with all of them written the batch is sealed and live.
struct RowsWritten {
  Instant now;
  std::uint32_t n = 0;
};

// The bus has confirmed attempt `attempt` of a request, or has refused it for good.
struct Published {
  struct Item {
    std::uint32_t ordinal = 0;
    std::uint16_t attempt = 1;
    std::string refusal;  // Not empty: refused, this is why.
  };
  Instant now;
  std::vector<Item> items;
};

// A worker holds these requests.
struct Leased {
  Instant now;
  Instant leased_at;
  std::string worker;
  std::string worker_version;
  std::vector<std::uint32_t> ordinals;
};

// Results, or what stands for them.
struct Completions {
  enum class Origin : std::uint8_t {
    kReported,    // A worker has said so.
    kReconciled,  // Found staged: their completion never came.
    kGivenUp,     // The bus has given the request up: nobody has said why, so it is no result.
  };
  Instant now;
  std::vector<Completion> items;
  Origin origin = Origin::kReported;
};

// The clock. Ends what must end, and says what else is due. An early end needs the rows of the
// policy's required players among the touched ones.
struct Tick {
  Instant now;
};

// Publish again: the touched rows are outstanding requests of a stalled batch.
struct Redrive {
  Instant now;
};

// Rewrite: the touched rows were found open under a terminal header.
struct Settle {
  Instant now;
};

// The ending commit of a batch in kFinalizing.
struct Finalize {
  Instant now;
};

// A person's or a neighbour's order. All are idempotent: on a terminal batch nothing happens.
enum class Order : std::uint8_t {
  kCancel,     // End it as cancelled.
  kClear,      // The same, by the platform's admin path.
  kSupersede,  // The same, because `superseded_by` takes its slot.
  kFinish,     // End it now, keeping what has arrived.
};
struct Command {
  Instant now;
  Order order = Order::kFinish;
  std::string why;        // In the person's words.
  BatchId superseded_by;  // For kSupersede.
};

// "Is it stalled?", asked with the caller's own thresholds; ends it if it is and enough is done.
struct CheckStalled {
  Instant now;
  Duration stall_after;
  double min_percent = 90;
};

// Overrides of a live batch's policy. What is absent stays as it is.
struct PolicyPatch {
  std::optional<Instant> terminal_by;  // Earlier than promised; a later one is ignored.
  std::optional<Duration> stall_after;
  std::optional<double> stall_percent;
  std::optional<std::vector<ToleranceStep>> tolerance;
  std::optional<std::vector<PlayerId>> required_players;
  std::optional<int> publishes_max;
  std::optional<int> poison_after;
};
struct Patch {
  Instant now;
  PolicyPatch changes;
};

using Event = std::variant<RowsWritten, Published, Leased, Completions, Tick, Redrive, Settle,
                           Finalize, Command, CheckStalled, Patch>;

// "completions(12)": what the journal says happened.
std::string Describe(const Event& event);

// ---------------------------------------------------------------------------------------------

// What the shell should see to after the commit. Hints, not state: each can be lost in a crash and
// is asked for again by the next Tick.
struct Effects {
  bool relay = false;     // There are requests to publish.
  bool finalize = false;  // The ending commit is due.
  bool announce = false;  // The batch has ended; its announcements are in the outbox.
  bool redrive = false;   // Stalled: load outstanding requests, publish again, reconcile.
  bool settle = false;    // Terminal with open rows: rewrite them.

  void Merge(const Effects& other);
  friend bool operator==(const Effects&, const Effects&) = default;
};

// What the clock did to a batch without being asked. Several of them within an hour mean that the
// fault lies not in one batch; see flow/alerts.h.
enum class Intervention : std::uint8_t {
  kNone,
  kRedrive,      // Stalled: published again and reconciled.
  kStallEnd,     // Ended for want of progress.
  kDeadlineEnd,  // Ended at its promised time.
};
std::string_view ToString(Intervention intervention);

struct Decision {
  Batch next;
  std::vector<Request> rows;  // The touched rows that change, as they become; by ordinal.
  Effects effects;
  Intervention intervention = Intervention::kNone;
  // Indices into Completions::items of players that are not in the batch.
  std::vector<std::size_t> strays;
  bool changed = false;  // Whether there is anything to commit.
};

// `touched` are the stored rows of all ordinals and players that `event` names, sorted by ordinal.
// The result's version is `batch.version` still: the commit raises it.
Decision Decide(const Batch& batch, std::span<const Request> touched, const Event& event);

// The outcome of a batch that ends now with these counts, as CONTRACTS' table has it.
// `cause` is why it ends before its requests are all counted; kNone if they are.
Outcome DecideOutcome(const Counts& counts, std::int64_t predictions, Reason cause,
                      std::string_view why);

}  // namespace tipoff
