#include "flow/driver.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "core/retry.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr Backoff kCommitBackoff{std::chrono::milliseconds(2), std::chrono::milliseconds(500)};

// Two events become one where that is the same: results of many messages are one group.
bool Merge(Event& into, const Event& event) {
  auto* completions = std::get_if<Completions>(&into);
  const auto* more = std::get_if<Completions>(&event);
  if (completions == nullptr || more == nullptr) return false;
  if (completions->origin != more->origin) return false;
  completions->items.insert(completions->items.end(), more->items.begin(), more->items.end());
  return true;
}

std::size_t KeyCount(const RowKeys& keys) { return keys.ordinals.size() + keys.players.size(); }

// Whether an event may wait for the group interval. What a clock or a person orders does not.
bool MayWait(const Event& event) {
  return std::holds_alternative<Completions>(event) || std::holds_alternative<Leased>(event) ||
         std::holds_alternative<Published>(event);
}

}  // namespace

struct Driver::Work {
  RowKeys keys;
  Event event;
  DoneWith<Applied> done;
  std::vector<std::size_t> strays;
};

// The events of one batch: those that wait, and the group that is being committed.
struct Driver::Lane {
  BatchId id;
  std::deque<Work> waiting;
  std::vector<Work> group;
  bool busy = false;
  int tries = 0;
  Duration deadline{};     // Steady time by which the group must be durable.
  Duration last_commit{};  // Steady.
  Duration commit_interval{};
  std::uint32_t open = 0;   // Requests open after the last commit.
  Loop::TimerId timer = 0;  // Of a group that waits for its interval.
};

Driver::Driver(Loop& loop, Store& store, Random& random, TroubleLog& troubles, Options options)
    : loop_(loop),
      store_(store),
      random_(random),
      troubles_(troubles),
      options_(std::move(options)) {}

Driver::~Driver() {
  for (auto& [id, lane] : lanes_) loop_.Cancel(lane->timer);
}

void Driver::Submit(BatchId batch, RowKeys keys, Event event, DoneWith<Applied> done) {
  auto& lane = lanes_[batch];
  if (lane == nullptr) {
    lane = std::make_shared<Lane>();
    lane->id = batch;
  }
  lane->waiting.push_back({std::move(keys), std::move(event), std::move(done), {}});
  ++pending_;
  if (!lane->busy) StartGroup(batch);
}

// Begins the next group unless its interval is not over; what would end the batch does not wait.
void Driver::StartGroup(const BatchId& id) {
  std::shared_ptr<Lane> lane = lanes_.at(id);
  Duration earliest = lane->last_commit + lane->commit_interval;
  Duration now = loop_.Steady();
  std::size_t results = 0;
  bool urgent = false;
  for (const Work& work : lane->waiting) {
    urgent |= !MayWait(work.event);
    if (std::holds_alternative<Completions>(work.event)) results += KeyCount(work.keys);
  }
  if (now < earliest && !urgent && results < lane->open) {
    if (lane->timer == 0) {
      lane->timer = loop_.After(earliest - now, [this, lane] {
        lane->timer = 0;
        if (!lane->busy && !lane->waiting.empty()) StartGroup(lane->id);
      });
    }
    return;
  }
  loop_.Cancel(lane->timer);
  lane->timer = 0;
  lane->busy = true;
  lane->tries = 0;
  lane->deadline = now + limits::kCommitTime;
  // A row that several events touch is written once: published, leased and completed count as one.
  std::unordered_set<std::uint32_t> rows;
  std::size_t players = 0;
  while (!lane->waiting.empty()) {
    const RowKeys& keys = lane->waiting.front().keys;
    std::size_t more = keys.players.size();
    for (std::uint32_t ordinal : keys.ordinals) more += rows.contains(ordinal) ? 0 : 1;
    std::size_t touched = rows.size() + players;
    if (!lane->group.empty() && touched + more > limits::kTransitionsPerCommit) break;
    rows.insert(keys.ordinals.begin(), keys.ordinals.end());
    players += keys.players.size();
    lane->group.push_back(std::move(lane->waiting.front()));
    lane->waiting.pop_front();
  }
  // The end by the clock was promised: it goes with this group, however long the line is.
  auto ticks = std::stable_partition(
      lane->waiting.begin(), lane->waiting.end(),
      [](const Work& work) { return !std::holds_alternative<Tick>(work.event); });
  std::move(ticks, lane->waiting.end(), std::back_inserter(lane->group));
  lane->waiting.erase(ticks, lane->waiting.end());
  TryGroup(lane);
}

void Driver::TryGroup(std::shared_ptr<Lane> lane) {
  ++lane->tries;
  RowKeys keys;
  for (const Work& work : lane->group) {
    keys.ordinals.insert(keys.ordinals.end(), work.keys.ordinals.begin(), work.keys.ordinals.end());
    keys.players.insert(keys.players.end(), work.keys.players.begin(), work.keys.players.end());
  }
  std::sort(keys.ordinals.begin(), keys.ordinals.end());
  keys.ordinals.erase(std::unique(keys.ordinals.begin(), keys.ordinals.end()), keys.ordinals.end());
  auto loaded = [this, lane](Result<Snapshot> snapshot) {
    TIPOFF_CRASH_POINT("driver/loaded");
    if (snapshot.ok()) return Decided(lane, std::move(*snapshot));
    if (snapshot.error().code == Errc::kNotFound) return FailGroup(lane, snapshot.error());
    Retry(lane, snapshot.error());
  };
  store_.Load(lane->id, std::move(keys), Watched<Snapshot>(loop_, NoAnswer(), std::move(loaded)));
}

void Driver::Decided(std::shared_ptr<Lane> lane, Snapshot snapshot) {
  auto builder = std::make_shared<CommitBuilder>(std::move(snapshot));
  Instant now = TIPOFF_MUTANT("local-clock") ? loop_.Now() : store_.Now();
  for (std::size_t i = 0; i < lane->group.size();) {
    Event event = lane->group[i].event;
    std::size_t end = i + 1;
    while (end < lane->group.size() && Merge(event, lane->group[end].event)) ++end;
    std::visit([now](auto& concrete) { concrete.now = now; }, event);
    std::vector<std::size_t> strays = builder->Apply(event);
    // Back from the merged event's indices to those of each caller's own.
    std::size_t offset = 0;
    for (; i < end; ++i) {
      Work& work = lane->group[i];
      work.strays.clear();
      const auto* completions = std::get_if<Completions>(&work.event);
      std::size_t size = completions == nullptr ? 0 : completions->items.size();
      for (std::size_t stray : strays) {
        if (stray >= offset && stray < offset + size) work.strays.push_back(stray - offset);
      }
      offset += size;
    }
  }
  if (!builder->changed()) return FinishGroup(lane, builder->batch(), builder->effects());
  BatchCommit commit = builder->Build(options_.actor, now, options_.targets);
  Batch next = commit.next;
  if (IsTerminal(next.phase)) TIPOFF_CRASH_POINT("driver/end");
  TIPOFF_CRASH_POINT("driver/commit");
  store_.Commit(std::move(commit),
                Watched<Done>(loop_, NotKnown(), [this, lane, builder, next](Status status) {
                  Committed(lane, std::move(status), builder, next);
                }));
}

void Driver::Committed(std::shared_ptr<Lane> lane, Status status,
                       std::shared_ptr<CommitBuilder> builder, Batch next) {
  if (status.ok() ||
      (status.error().code == Errc::kUnknownOutcome && TIPOFF_MUTANT("unknown-is-success"))) {
    lane->last_commit = loop_.Steady();
    if (IsTerminal(next.phase)) TIPOFF_CRASH_POINT("driver/ended");
    TIPOFF_CRASH_POINT("driver/committed");
    return FinishGroup(lane, next, builder->effects());
  }
  if (status.error().code == Errc::kUnknownOutcome) return CheckUnknown(lane, builder, next);
  if (status.error().code == Errc::kConflict && TIPOFF_MUTANT("conflict-is-success")) {
    return FinishGroup(lane, next, builder->effects());
  }
  Retry(lane, status.error());
}

// The commit may have been applied: the chain of the journal tells for certain.
void Driver::CheckUnknown(std::shared_ptr<Lane> lane, std::shared_ptr<CommitBuilder> builder,
                          Batch next) {
  auto read = [this, lane, builder, next](Result<std::vector<JournalRecord>> records) {
    bool applied = records.ok() && !records->empty() && records->front().hash == next.journal_hash;
    if (applied) return FinishGroup(lane, next, builder->effects());
    if (records.ok()) return Retry(lane, {Errc::kUnavailable, "the commit was not applied"});
    if (loop_.Steady() >= lane->deadline) return FailGroup(lane, records.error());
    troubles_.NoteStore(records.error(), lane->id);
    // Still not known: ask again, and commit nothing before it is.
    ++lane->tries;
    Duration wait = BackoffDelay(kCommitBackoff, lane->tries, random_.Next());
    loop_.After(wait, [this, lane, builder, next] { CheckUnknown(lane, builder, next); });
  };
  store_.ReadJournal(lane->id, next.version - 1, 1,
                     Watched<std::vector<JournalRecord>>(loop_, NoAnswer(), std::move(read)));
}

void Driver::Retry(std::shared_ptr<Lane> lane, Error error) {
  troubles_.NoteStore(error, lane->id);
  Duration wait = BackoffDelay(kCommitBackoff, lane->tries, random_.Next());
  bool permanent = error.code == Errc::kInvalid || error.code == Errc::kCorrupt ||
                   error.code == Errc::kUnsupported;
  bool over = loop_.Steady() + wait > lane->deadline ||
              (error.code == Errc::kConflict && lane->tries >= limits::kCommitTries);
  if (permanent || over) {
    Log(Severity::kError, "a commit was given up; what caused it is not acknowledged",
        {{"batch_id", lane->id.str()},
         {"tries", std::to_string(lane->tries)},
         {"error", error.message}});
    return FailGroup(lane, error);
  }
  loop_.After(wait, [this, lane] { TryGroup(lane); });
}

void Driver::FinishGroup(std::shared_ptr<Lane> lane, const Batch& batch, const Effects& effects) {
  lane->commit_interval = batch.policy.commit_interval_min;
  lane->open = batch.counts.open();
  std::vector<Work> group = std::move(lane->group);
  lane->group.clear();
  pending_ -= group.size();
  for (Work& work : group) {
    if (work.done) work.done(Applied{batch, std::move(work.strays)});
  }
  TIPOFF_CRASH_POINT("driver/told");
  Notify(batch, effects);
  NextGroup(lane);
}

void Driver::FailGroup(std::shared_ptr<Lane> lane, const Error& error) {
  std::vector<Work> group = std::move(lane->group);
  lane->group.clear();
  pending_ -= group.size();
  for (Work& work : group) {
    if (work.done) work.done(error);
  }
  NextGroup(lane);
}

void Driver::NextGroup(std::shared_ptr<Lane> lane) {
  lane->busy = false;
  if (!lane->waiting.empty()) {
    StartGroup(lane->id);
  } else if (lane->commit_interval == Duration::zero() || lane->open == 0) {
    lanes_.erase(lane->id);  // Nothing to remember.
  }
}

}  // namespace tipoff
