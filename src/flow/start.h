// The beginning of a batch: from a slate in the store to a recorded batch, in one or two commits.
// Reads the store only; nothing slow is on this way.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/random.h"
#include "core/limits.h"
#include "core/policy.h"
#include "core/slate.h"
#include "flow/driver.h"
#include "store/store.h"

namespace tipoff {

// A record of this kind, by the batch's id, for one that was started although the data were less
// complete than a start demands; its body is how complete they were, in percent.
inline constexpr char kIncompleteRecords[] = "incomplete";

struct StartRequest {
  Slot slot;
  SlateOptions players;
  // Groups of systems besides tipoff's own: each player is requested of each of them, too.
  std::vector<std::string> groups;
  Policy policy;
  // Supersede a live batch of the slot; unless that one was forced, too, by the same correlation id
  // or within `force_repeat_window`: then it is a repeat, and names it.
  bool force = false;
  Duration force_repeat_window = std::chrono::minutes(5);
  bool skip_completeness_check = false;
  double completeness_min_percent = 80;
  Duration slate_age_max{0};  // 0: no limit.
  std::string run_mode = "OVERNIGHT";
  std::string correlation_id;
  std::string parent_processor;
  std::string trigger;
  // A repeat with the same key names the batch of the first one, even after its end. "" for none.
  std::string idempotency_key;
};

// Whom a start is about, for its answer.
struct StartSummary {
  std::uint32_t games = 0;
  std::uint32_t players = 0;
  std::uint32_t teams = 0;
  double minutes_mean = 0, minutes_min = 0, minutes_max = 0;
  std::uint32_t with_line = 0;
};

struct StartOutcome {
  enum class Kind {
    kStarted,         // `batch` is new.
    kAlreadyRunning,  // `batch` is live and holds the slot.
    kNoGames,
    kNoPlayers,       // Games, but nobody to predict.
    kDataIncomplete,  // Too few of the last 7 days' games have box scores; `detail` says how many.
    kStale,           // The slate is older than it may be; `detail` says how old.
    kNothingToRetry,  // Every request of the batch to be retried succeeded or was skipped.
  };
  Kind kind = Kind::kStarted;
  Batch batch;
  StartSummary summary;
  std::string detail;
};

// Requests that are made as they are written, so that a batch may be larger than what should lie in
// memory at once.
struct SpecSource {
  std::uint32_t count = 0;
  std::function<RequestSpec(std::uint32_t ordinal)> at;  // The same each time it is asked.
};

class Starter {
 public:
  // `rows_per_chunk`: a larger batch is created in several commits.
  Starter(Loop& loop, Store& store, Driver& driver, Random& random,
          std::size_t rows_per_chunk = limits::kRowsPerChunk);

  // Once `done` says kStarted, the batch is durable, will be sent, and ends by batch.terminal_by.
  // Errors: the store's. A lost answer may be asked for again: the slot holds one batch.
  void Start(StartRequest request, DoneWith<StartOutcome> done);

  // The same for requests that come from elsewhere than a slate; whether they may be predicted is
  // the caller's to know. Players whom `request` requires must be among them.
  void StartFrom(StartRequest request, SpecSource source, DoneWith<StartOutcome> done);

  // A new batch, of the next generation, of only what failed, expired or was not delivered in
  // `batch`, which has ended. Asked twice, it names the same child (kAlreadyRunning, or kStarted if
  // the child has ended). kConflict if `batch` is live; kAlreadyRunning if another holds the slot.
  void Retry(BatchId batch, std::string trigger, DoneWith<StartOutcome> done);

 private:
  struct Attempt;
  void FindRepeat(std::shared_ptr<Attempt> attempt);
  void NameFirst(std::shared_ptr<Attempt> attempt, const BatchId& first,
                 std::function<void()> missing);
  void ClaimKey(std::shared_ptr<Attempt> attempt, PutMode mode);
  void ReadSlate(std::shared_ptr<Attempt> attempt);
  void WithSlate(std::shared_ptr<Attempt> attempt, const Slate& slate);
  void WithRequests(std::shared_ptr<Attempt> attempt);
  void FindChild(std::shared_ptr<Attempt> attempt, const Batch& parent);
  void CollectMissing(std::shared_ptr<Attempt> attempt, const Batch& parent, std::int64_t after);
  void ClaimChild(std::shared_ptr<Attempt> attempt, const Batch& parent);
  void Create(std::shared_ptr<Attempt> attempt, std::optional<CommitBuilder> superseded);
  void SlotHeld(std::shared_ptr<Attempt> attempt, const BatchId& live);
  void Supersede(std::shared_ptr<Attempt> attempt, const BatchId& live);
  void Again(std::shared_ptr<Attempt> attempt, const Error& error);
  void WriteRest(std::shared_ptr<Attempt> attempt);
  void WriteChunk(std::shared_ptr<Attempt> attempt, Snapshot stored);
  void Started(std::shared_ptr<Attempt> attempt, const Batch& batch);

  Loop& loop_;
  Store& store_;
  Driver& driver_;
  Random& random_;
  std::size_t rows_per_chunk_;
};

// `batch_2025-01-15_1736960000_k3f9a2`: the platform's beginning, then unique.
BatchId MakeBatchId(Day game_date, Instant now, Random& random);

}  // namespace tipoff
