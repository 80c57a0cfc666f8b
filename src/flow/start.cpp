#include "flow/start.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "core/limits.h"
#include "flow/queries.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

// Tries of one start against others that start, end or supersede the same slot.
constexpr int kTries = 8;
// How long a repeat of a start is recognised by its Idempotency-Key.
constexpr auto kKeyKept = std::chrono::hours(24);
constexpr char kStartRecord[] = "start";  // By the Idempotency-Key: the batch's.
constexpr char kRetryRecord[] = "retry";  // By the parent's id: the child's.

StartSummary Summarise(const Slate& slate, const std::vector<RequestSpec>& requests) {
  StartSummary summary;
  summary.games = static_cast<std::uint32_t>(slate.games.size());
  summary.players = static_cast<std::uint32_t>(requests.size());
  std::set<std::string> teams;
  for (const RequestSpec& spec : requests) {
    teams.insert(spec.team);
    summary.with_line += spec.lines.empty() ? 0 : 1;
    double minutes = spec.projected_minutes;
    bool first = &spec == requests.data();
    summary.minutes_min = first ? minutes : std::min(summary.minutes_min, minutes);
    summary.minutes_max = std::max(summary.minutes_max, minutes);
    summary.minutes_mean += minutes / static_cast<double>(requests.size());
  }
  summary.teams = static_cast<std::uint32_t>(teams.size());
  return summary;
}

// "" if complete enough; else how incomplete.
std::string Incompleteness(const Slate& slate, double min_percent) {
  if (slate.recent_games == 0) return "";
  double percent = 100.0 * slate.recent_games_with_rows / slate.recent_games;
  if (percent >= min_percent) return "";
  return fmt::format(
      "{} of the {} games of the 7 days before {} have box scores ({:.0f} %, {:.0f} % "
      "are needed): import the missing ones",
      slate.recent_games_with_rows, slate.recent_games, FormatDay(slate.game_date), percent,
      min_percent);
}

// Nobody can be waited for who is not in the batch: it could never end early.
void KeepRequired(std::vector<PlayerId>& required, const std::vector<RequestSpec>& specs) {
  std::erase_if(required, [&](const PlayerId& player) {
    bool plays = std::any_of(specs.begin(), specs.end(),
                             [&](const RequestSpec& spec) { return spec.player == player; });
    if (!plays) {
      Log(Severity::kWarning, "a required player is not in the batch; it does not wait for him",
          {{"player", player.str()}});
    }
    return !plays;
  });
}

// Each player once more for each group; by game, player, group.
void AddGroups(std::vector<RequestSpec>& specs, const std::vector<std::string>& groups) {
  std::vector<RequestSpec> all;
  for (RequestSpec& spec : specs) {
    for (const std::string& group : groups) {
      all.push_back(spec);
      all.back().group = group;
    }
    all.insert(all.end() - static_cast<std::ptrdiff_t>(groups.size()), std::move(spec));
  }
  specs = std::move(all);
}

// A batch that lacks rows. Its creator may be about to write them, or may have died before it
// could: whoever has the same order writes the rest.
bool HalfMade(const Batch& batch) { return !batch.sealed && !IsTerminal(batch.phase); }

}  // namespace

struct Starter::Attempt {
  StartRequest request;
  BatchId retry_of;
  std::uint32_t generation = 1;
  DoneWith<StartOutcome> done;
  StartOutcome outcome;
  BatchId id;
  Instant now;
  std::vector<RequestSpec> specs;
  std::optional<SpecSource> source;  // Instead of `specs`.
  std::string incomplete;            // How complete the data are, if they are not complete enough.
  std::uint32_t rows_written = 0;
  int tries = 0;

  std::uint32_t expected() const {
    return source ? source->count : static_cast<std::uint32_t>(specs.size());
  }
  // `count` rows from ordinal `first` on.
  std::vector<NewRequest> MakeRows(std::uint32_t first, std::uint32_t count) const {
    std::vector<NewRequest> rows;
    rows.reserve(count);
    for (std::uint32_t i = first; i < first + count; ++i) {
      rows.push_back(MakeRequest(i, source ? source->at(i) : specs[i], now));
    }
    return rows;
  }
};

Starter::Starter(Loop& loop, Store& store, Driver& driver, Random& random,
                 std::size_t rows_per_chunk)
    : loop_(loop),
      store_(store),
      driver_(driver),
      random_(random),
      rows_per_chunk_(rows_per_chunk) {}

void Starter::Start(StartRequest request, DoneWith<StartOutcome> done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request = std::move(request);
  attempt->done = std::move(done);
  if (attempt->request.idempotency_key.empty()) return ReadSlate(attempt);
  FindRepeat(attempt);
}

void Starter::StartFrom(StartRequest request, SpecSource source, DoneWith<StartOutcome> done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request = std::move(request);
  attempt->source = std::move(source);
  attempt->done = std::move(done);
  if (attempt->request.idempotency_key.empty()) return ReadSlate(attempt);
  FindRepeat(attempt);
}

void Starter::FindRepeat(std::shared_ptr<Attempt> attempt) {
  store_.GetRecord(kStartRecord, attempt->request.idempotency_key,
                   Watched<Record>(loop_, NoAnswer(), [this, attempt](Result<Record> record) {
                     if (!record.ok()) {
                       if (record.error().code == Errc::kNotFound) return ReadSlate(attempt);
                       return attempt->done(record.error());
                     }
                     if (store_.Now() - record->at > kKeyKept) return ReadSlate(attempt);
                     NameFirst(attempt, BatchId(record->body),
                               [this, attempt] { ReadSlate(attempt); });
                   }));
}

// The batch of the first start with this key. Whoever claimed its name may have died, or be still
// about to create it, or in the middle of that: `missing` runs then.
void Starter::NameFirst(std::shared_ptr<Attempt> attempt, const BatchId& first,
                        std::function<void()> missing) {
  auto named = [attempt, missing = std::move(missing)](Result<Snapshot> snapshot) {
    if (!snapshot.ok()) {
      if (snapshot.error().code == Errc::kNotFound) return missing();
      return attempt->done(snapshot.error());
    }
    if (HalfMade(snapshot->batch)) return missing();
    attempt->outcome.kind = StartOutcome::Kind::kStarted;
    attempt->outcome.batch = std::move(snapshot->batch);
    attempt->done(std::move(attempt->outcome));
  };
  store_.Load(first, {}, Watched<Snapshot>(loop_, NoAnswer(), std::move(named)));
}

// Whoever comes first with a key names its batch; all others with that key make the same one, or
// find it made, even if it has ended meanwhile.
void Starter::ClaimKey(std::shared_ptr<Attempt> attempt, PutMode mode) {
  Record claim{kStartRecord, attempt->request.idempotency_key, {}, attempt->id.str()};
  auto put = [this, attempt](Result<Record> claimed) {
    if (!claimed.ok()) return attempt->done(claimed.error());
    TIPOFF_CRASH_POINT("start/key-claimed");
    if (store_.Now() - claimed->at > kKeyKept) return ClaimKey(attempt, PutMode::kReplace);
    if (claimed->body == attempt->id.str()) return Create(attempt, std::nullopt);
    attempt->id = BatchId(claimed->body);
    NameFirst(attempt, attempt->id, [this, attempt] { Create(attempt, std::nullopt); });
  };
  store_.PutRecord(std::move(claim), mode, Watched<Record>(loop_, NotKnown(), std::move(put)));
}

void Starter::ReadSlate(std::shared_ptr<Attempt> attempt) {
  if (attempt->source) return WithRequests(attempt);
  store_.GetSlate(attempt->request.slot.game_date,
                  Watched<Slate>(loop_, NoAnswer(), [this, attempt](Result<Slate> slate) {
                    if (slate.ok()) return WithSlate(attempt, *slate);
                    if (slate.error().code != Errc::kNotFound) return attempt->done(slate.error());
                    attempt->outcome.kind = StartOutcome::Kind::kNoGames;
                    attempt->outcome.detail = slate.error().message;
                    attempt->done(std::move(attempt->outcome));
                  }));
}

void Starter::Retry(BatchId batch, std::string trigger, DoneWith<StartOutcome> done) {
  auto attempt = std::make_shared<Attempt>();
  attempt->request.trigger = std::move(trigger);
  attempt->done = std::move(done);
  attempt->retry_of = batch;
  store_.Load(
      batch, {}, Watched<Snapshot>(loop_, NoAnswer(), [this, attempt](Result<Snapshot> snapshot) {
        if (!snapshot.ok()) return attempt->done(snapshot.error());
        const Batch& parent = snapshot->batch;
        if (!IsTerminal(parent.phase)) {
          return attempt->done(Error{
              Errc::kConflict,
              fmt::format("batch '{}' has not ended: finish or cancel it first", parent.id.str())});
        }
        FindChild(attempt, parent);
      }));
}

void Starter::FindChild(std::shared_ptr<Attempt> attempt, const Batch& parent) {
  BatchFilter children{.retry_of = parent.id, .limit = 1};
  auto listed = [this, attempt, parent](Result<BatchPage> page) {
    if (!page.ok()) return attempt->done(page.error());
    if (!page->batches.empty() && !HalfMade(page->batches.front())) {
      Batch& child = page->batches.front();
      attempt->outcome.kind = IsTerminal(child.phase) ? StartOutcome::Kind::kStarted
                                                      : StartOutcome::Kind::kAlreadyRunning;
      attempt->outcome.batch = std::move(child);
      return attempt->done(std::move(attempt->outcome));
    }
    StartRequest& request = attempt->request;
    request.slot = parent.slot;
    request.policy = parent.policy;
    request.run_mode = parent.run_mode;
    request.correlation_id = parent.correlation_id;
    request.parent_processor = parent.parent_processor;
    request.players.min_minutes = parent.min_minutes;
    attempt->generation = parent.generation + 1;
    CollectMissing(attempt, parent, -1);
  };
  store_.ListBatches(children, Watched<BatchPage>(loop_, NoAnswer(), std::move(listed)));
}

void Starter::CollectMissing(std::shared_ptr<Attempt> attempt, const Batch& parent,
                             std::int64_t after) {
  RequestFilter missing{
      .states = {RequestState::kFailed, RequestState::kExpired, RequestState::kUndelivered},
      .after = after};
  // Nobody has ordered that they be left out: they were spared the same failure.
  if (parent.reason == Reason::kPoisonedRun) missing.states.push_back(RequestState::kCancelled);
  ListRequestViews(
      store_, parent, missing,
      Watched<RequestPage>(loop_, NoAnswer(), [this, attempt, parent](Result<RequestPage> page) {
        if (!page.ok()) return attempt->done(page.error());
        for (RequestView& view : page->views) attempt->specs.push_back(std::move(view.spec));
        if (page->next >= 0) return CollectMissing(attempt, parent, page->next);
        if (attempt->specs.empty()) {
          attempt->outcome.kind = StartOutcome::Kind::kNothingToRetry;
          attempt->outcome.batch = parent;
          attempt->outcome.detail = fmt::format(
              "nothing to retry: no request of batch '{}' failed, expired or was not delivered{}",
              parent.id.str(),
              parent.counts[RequestState::kCancelled] > 0
                  ? "; what was open when it was ended by order is cancelled: start the day again"
                  : "");
          return attempt->done(std::move(attempt->outcome));
        }
        attempt->now = store_.Now();
        ClaimChild(attempt, parent);
      }));
}

// Whoever retries the parent first names its child; all others make that one, or find it made.
void Starter::ClaimChild(std::shared_ptr<Attempt> attempt, const Batch& parent) {
  BatchId id = MakeBatchId(parent.slot.game_date, attempt->now, random_);
  store_.PutRecord({kRetryRecord, parent.id.str(), {}, id.str()}, PutMode::kFirstStays,
                   Watched<Record>(loop_, NotKnown(), [this, attempt](Result<Record> claimed) {
                     if (!claimed.ok()) return attempt->done(claimed.error());
                     TIPOFF_CRASH_POINT("start/child-claimed");
                     attempt->id = BatchId(claimed->body);
                     if (TIPOFF_MUTANT("child-not-claimed")) {
                       attempt->id = MakeBatchId(Day(), attempt->now, random_);
                     }
                     Create(attempt, std::nullopt);
                   }));
}

void Starter::WithSlate(std::shared_ptr<Attempt> attempt, const Slate& slate) {
  StartOutcome& outcome = attempt->outcome;
  const StartRequest& request = attempt->request;
  auto answer = [&](StartOutcome::Kind kind, std::string detail) {
    outcome.kind = kind;
    outcome.detail = std::move(detail);
    attempt->done(std::move(outcome));
  };
  attempt->specs = SelectRequests(slate, request.players);
  outcome.summary = Summarise(slate, attempt->specs);
  if (slate.games.empty()) {
    return answer(StartOutcome::Kind::kNoGames,
                  fmt::format("no game is scheduled on {}", FormatDay(slate.game_date)));
  }
  Duration age = store_.Now() - slate.as_of;
  if (request.slate_age_max > Duration::zero() && age > request.slate_age_max) {
    return answer(StartOutcome::Kind::kStale,
                  fmt::format("what is known about {} is {} old, at most {} are allowed",
                              FormatDay(slate.game_date), FormatDuration(age),
                              FormatDuration(request.slate_age_max)));
  }
  std::string incomplete = Incompleteness(slate, request.completeness_min_percent);
  if (!incomplete.empty() && !request.skip_completeness_check) {
    return answer(StartOutcome::Kind::kDataIncomplete, incomplete);
  }
  if (!incomplete.empty()) {
    attempt->incomplete =
        fmt::format("{:.1f}", 100.0 * slate.recent_games_with_rows / slate.recent_games);
  }
  if (attempt->specs.empty()) {
    return answer(
        StartOutcome::Kind::kNoPlayers,
        fmt::format("{} games on {}, but no player of them has averaged {} minutes or has "
                    "a line",
                    slate.games.size(), FormatDay(slate.game_date), request.players.min_minutes));
  }
  AddGroups(attempt->specs, request.groups);
  WithRequests(attempt);
}

void Starter::WithRequests(std::shared_ptr<Attempt> attempt) {
  const StartRequest& request = attempt->request;
  attempt->now = store_.Now();
  attempt->id = MakeBatchId(request.slot.game_date, attempt->now, random_);
  bool claims = !request.idempotency_key.empty() && !TIPOFF_MUTANT("key-not-claimed");
  if (claims) return ClaimKey(attempt, PutMode::kFirstStays);
  Create(attempt, std::nullopt);
}

void Starter::Create(std::shared_ptr<Attempt> attempt, std::optional<CommitBuilder> superseded) {
  const StartRequest& request = attempt->request;
  Batch header;
  header.id = attempt->id;
  header.slot = request.slot;
  header.policy = request.policy;
  if (!attempt->source) KeepRequired(header.policy.required_players, attempt->specs);
  header.run_mode = request.run_mode;
  header.correlation_id = request.correlation_id;
  header.parent_processor = request.parent_processor;
  header.trigger = request.trigger;
  header.min_minutes = request.players.min_minutes;
  header.forced = request.force;
  header.idempotency_key = request.idempotency_key;
  header.retry_of = attempt->retry_of;
  header.generation = attempt->generation;
  std::uint32_t expected = attempt->expected();
  attempt->rows_written =
      static_cast<std::uint32_t>(std::min<std::size_t>(expected, rows_per_chunk_));
  std::vector<NewRequest> rows = attempt->MakeRows(0, attempt->rows_written);
  const Driver::Options& options = driver_.options();
  BatchCommit commit = MakeCreation(std::move(header), expected, std::move(rows), options.actor,
                                    attempt->now, options.targets);
  if (!attempt->incomplete.empty()) {
    commit.records.push_back({kIncompleteRecords, attempt->id.str(), {}, attempt->incomplete});
  }
  Batch created = commit.next;
  std::optional<BatchCommit> end;
  if (superseded) end = superseded->Build(options.actor, attempt->now, options.targets);
  std::optional<Batch> ended;
  if (end) ended = end->next;
  if (end) TIPOFF_CRASH_POINT("start/supersede");
  TIPOFF_CRASH_POINT("start/create");
  auto made = [this, attempt, created, ended](Result<CreateOutcome> outcome) {
    if (!outcome.ok()) return Again(attempt, outcome.error());
    if (!outcome->created && outcome->live != attempt->id) {
      return SlotHeld(attempt, outcome->live);
    }
    TIPOFF_CRASH_POINT("start/created");
    if (ended) driver_.Notify(*ended, {.announce = true, .settle = true});
    if (ended) TIPOFF_CRASH_POINT("start/superseded");
    // Made by somebody else under the same name, or in a try whose answer was lost:
    // what is stored is what is told.
    if (!outcome->created) return WriteRest(attempt);
    if (attempt->rows_written == attempt->expected()) return Started(attempt, created);
    Snapshot stored;
    stored.batch = created;
    WriteChunk(attempt, std::move(stored));
  };
  store_.Create(std::move(commit), std::move(end),
                Watched<CreateOutcome>(loop_, NotKnown(), std::move(made)));
}

void Starter::Started(std::shared_ptr<Attempt> attempt, const Batch& batch) {
  Log(Severity::kInfo, "batch accepted",
      {{"batch_id", batch.id.str()},
       {"expected", std::to_string(batch.expected())},
       {"terminal_by", FormatInstant(batch.terminal_by)}});
  bool decided = batch.phase == Phase::kFinalizing;
  driver_.Notify(batch, {.relay = !decided, .finalize = decided});
  if (TIPOFF_MUTANT("start-waits-for-publish") && batch.phase == Phase::kAccepted) {
    loop_.After(std::chrono::milliseconds(50), [this, attempt] { WriteRest(attempt); });
    return;
  }
  attempt->outcome.kind = StartOutcome::Kind::kStarted;
  attempt->outcome.batch = batch;
  TIPOFF_CRASH_POINT("start/answer");
  attempt->done(std::move(attempt->outcome));
}

// Somebody's live batch has the slot. If its time is over, it ends first and the slot is free.
void Starter::SlotHeld(std::shared_ptr<Attempt> attempt, const BatchId& live) {
  driver_.Submit(live, {}, Tick{}, [this, attempt, live](Result<Applied> applied) {
    if (!applied.ok()) return Again(attempt, applied.error());
    const Batch& batch = applied->batch;
    if (IsTerminal(batch.phase)) return Again(attempt, {Errc::kConflict, "the slot was freed"});
    const StartRequest& request = attempt->request;
    bool same_key =
        !request.idempotency_key.empty() && request.idempotency_key == batch.idempotency_key;
    if (same_key) {  // The same start, a moment ago, by another way.
      attempt->outcome.kind = StartOutcome::Kind::kStarted;
      attempt->outcome.batch = batch;
      return attempt->done(std::move(attempt->outcome));
    }
    bool same_caller =
        !request.correlation_id.empty() && request.correlation_id == batch.correlation_id;
    bool just_forced = attempt->now - batch.created_at < request.force_repeat_window;
    bool repeat = batch.forced && (same_caller || just_forced);
    if (request.force && !repeat) return Supersede(attempt, live);
    attempt->outcome.kind = StartOutcome::Kind::kAlreadyRunning;
    attempt->outcome.batch = batch;
    attempt->done(std::move(attempt->outcome));
  });
}

void Starter::Supersede(std::shared_ptr<Attempt> attempt, const BatchId& live) {
  store_.Load(live, {},
              Watched<Snapshot>(loop_, NoAnswer(), [this, attempt](Result<Snapshot> snapshot) {
                if (!snapshot.ok()) return Again(attempt, snapshot.error());
                CommitBuilder builder(std::move(*snapshot));
                builder.Apply(Command{store_.Now(), Order::kSupersede, "", attempt->id});
                if (!builder.changed())
                  return Again(attempt, {Errc::kConflict, "it has just ended"});
                Create(attempt, std::move(builder));
              }));
}

void Starter::Again(std::shared_ptr<Attempt> attempt, const Error& error) {
  ++attempt->tries;
  bool retried = error.code == Errc::kConflict || error.code == Errc::kUnknownOutcome ||
                 error.code == Errc::kExists;
  if (!retried || attempt->tries >= kTries) return attempt->done(error);
  if (error.code ==
      Errc::kExists) {  // An earlier try of ours was applied after all, and has ended.
    store_.Load(attempt->id, {},
                Watched<Snapshot>(loop_, NoAnswer(), [this, attempt](Result<Snapshot> snapshot) {
                  if (!snapshot.ok()) return attempt->done(snapshot.error());
                  Started(attempt, snapshot->batch);
                }));
    return;
  }
  Create(attempt, std::nullopt);
}

// The rows beyond the first chunk. Until the last is written the batch is not live; if this process
// dies here, the sweep fails the batch.
void Starter::WriteRest(std::shared_ptr<Attempt> attempt) {
  auto loaded = [this, attempt](Result<Snapshot> snapshot) {
    if (!snapshot.ok()) return attempt->done(snapshot.error());
    WriteChunk(attempt, std::move(*snapshot));
  };
  store_.Load(attempt->id, {}, Watched<Snapshot>(loop_, NoAnswer(), std::move(loaded)));
}

// One more chunk on top of `stored`, which is what the last commit wrote: where that is no longer
// so, the commit conflicts, and what is stored is read.
void Starter::WriteChunk(std::shared_ptr<Attempt> attempt, Snapshot stored) {
  const Batch& batch = stored.batch;
  // Whoever made it from another slate writes the rest of it himself.
  bool ours = batch.expected() == attempt->expected();
  if (batch.sealed || IsTerminal(batch.phase) || !ours) return Started(attempt, batch);
  std::uint32_t first = batch.rows_written;
  auto count = static_cast<std::uint32_t>(
      std::min<std::size_t>(attempt->expected() - first, rows_per_chunk_));
  CommitBuilder builder(std::move(stored));
  builder.Apply(RowsWritten{store_.Now(), count});
  BatchCommit commit =
      builder.Build(driver_.options().actor, store_.Now(), driver_.options().targets);
  commit.new_rows = attempt->MakeRows(first, count);
  Snapshot written_state;
  written_state.batch = commit.next;
  TIPOFF_CRASH_POINT("start/chunk");
  auto written = [this, attempt,
                  written_state = std::move(written_state)](const Status& status) mutable {
    TIPOFF_CRASH_POINT("start/chunk-written");
    if (status.ok()) return WriteChunk(attempt, std::move(written_state));
    bool again =
        status.error().code == Errc::kConflict || status.error().code == Errc::kUnknownOutcome;
    if (++attempt->tries >= kTries || !again) return attempt->done(status.error());
    WriteRest(attempt);
  };
  store_.Commit(std::move(commit), Watched<Done>(loop_, NotKnown(), std::move(written)));
}

BatchId MakeBatchId(Day game_date, Instant now, Random& random) {
  return BatchId(fmt::format("batch_{}_{}_{}", FormatDay(game_date), now.micros() / 1'000'000,
                             RandomToken(random, 6)));
}

}  // namespace tipoff
