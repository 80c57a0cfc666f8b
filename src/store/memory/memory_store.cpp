#include "store/memory/memory_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/mutant.h"
#include "core/limits.h"
#include "store/codec.h"
#include "store/filter.h"

namespace tipoff {
namespace {

// Above this size a recount on every commit would dominate the tests that use it.
constexpr std::size_t kRecountedRows = 2000;

Error NoBatch(const BatchId& batch) {
  return {Errc::kNotFound, fmt::format("there is no batch '{}'", batch.str())};
}

Error NotYetDroppable(const BatchId& batch) {
  return {Errc::kConflict,
          fmt::format("batch '{}' is live, or not settled, or not announced yet", batch.str())};
}

void CheckInvariants(const MemoryDatabase::StoredBatch& stored) {
  Status folded = stored.fold.Matches(stored.batch);
  TIPOFF_CHECK(folded.ok(), "the journal does not fold to the header: " + folded.error().message);
  if (stored.batch.expected() > kRecountedRows) return;
  std::map<RequestState, std::uint32_t> states;
  for (const auto& [ordinal, request] : stored.requests) {
    ++states[StateUnder(stored.batch, request.row)];
  }
  std::uint32_t missing =
      stored.batch.expected() - static_cast<std::uint32_t>(stored.requests.size());
  if (missing > 0) {
    states[StateUnder(stored.batch, Request())] += missing;  // Reads as a pending row does.
  }
  for (int i = 0; i < kRequestStates; ++i) {
    auto state = static_cast<RequestState>(i);
    TIPOFF_CHECK(states[state] == stored.batch.counts[state],
                 "the header's counts are not those of its rows");
  }
}

}  // namespace

MemoryDatabase::StoredBatch* MemoryDatabase::Find(const BatchId& batch) {
  auto number = numbers_.find(batch);
  return number == numbers_.end() ? nullptr : &batches_.at(number->second);
}

const MemoryDatabase::StoredBatch* MemoryDatabase::Find(const BatchId& batch) const {
  return const_cast<MemoryDatabase*>(this)->Find(batch);
}

Status MemoryDatabase::Check(const BatchCommit& commit) const {
  const StoredBatch* stored = Find(commit.next.id);
  if (stored == nullptr) return NoBatch(commit.next.id);
  if (stored->batch.version + 1 != commit.next.version && !TIPOFF_MUTANT("no-version-guard")) {
    return Error{Errc::kConflict, fmt::format("batch '{}' is no longer at version {}",
                                              commit.next.id.str(), commit.next.version - 1)};
  }
  return Ok();
}

void MemoryDatabase::Apply(StoredBatch& stored, const BatchCommit& commit) {
  bool was_terminal = !stored.journal.empty() && IsTerminal(stored.batch.phase);
  TIPOFF_CHECK(!was_terminal || (stored.batch.phase == commit.next.phase &&
                                 stored.batch.counts == commit.next.counts &&
                                 stored.batch.predictions == commit.next.predictions),
               "a commit changes the outcome of a terminal batch");
  stored.batch = commit.next;
  for (const NewRequest& request : commit.new_rows) {
    bool fresh = stored.requests.emplace(request.row.ordinal, request).second;
    TIPOFF_CHECK(fresh, "a request's row is written a second time");
  }
  for (const Request& row : commit.rows) stored.requests.at(row.ordinal).row = row;
  auto entry = DecodeJournal(commit.journal);
  TIPOFF_CHECK(entry.ok(), "a commit's journal entry can't be read");
  TIPOFF_CHECK(entry->seq == commit.next.version, "a commit's journal entry has another version");
  std::string previous = stored.journal.empty() ? "" : stored.journal.back().hash;
  TIPOFF_CHECK(ChainHash(previous, commit.journal) == commit.next.journal_hash,
               "a commit breaks the chain of its journal");
  Status folded = stored.fold.Add(*entry);
  TIPOFF_CHECK(folded.ok(), "a commit's journal entry contradicts: " + folded.error().message);
  stored.journal.push_back({entry->seq, commit.journal, commit.next.journal_hash});
  for (const Announcement& announcement : commit.announcements) {
    announcements[announcement.id] = announcement;
  }
  for (const Record& record : commit.records) {
    PutRecord(record, PutMode::kReplace, record.at);
  }
  CheckInvariants(stored);
}

Result<CreateOutcome> MemoryDatabase::Create(const BatchCommit& created,
                                             const std::optional<BatchCommit>& superseded) {
  const Batch& batch = created.next;
  if (superseded) TIPOFF_TRY_STATUS(Check(*superseded));
  if (!IsTerminal(batch.phase) && !TIPOFF_MUTANT("no-slot-guard")) {
    for (const auto& [number, other] : batches_) {
      bool replaced = superseded && superseded->next.id == other.batch.id;
      if (other.batch.slot != batch.slot || IsTerminal(other.batch.phase) || replaced) continue;
      if (superseded) return Error{Errc::kConflict, "another batch has taken the slot"};
      return CreateOutcome{false, other.batch.id};
    }
  }
  if (Find(batch.id) != nullptr) {
    return Error{Errc::kExists, fmt::format("batch '{}' exists already", batch.id.str())};
  }
  TIPOFF_CHECK(batch.version == 1, "a new batch has version 1");
  if (superseded) Apply(*Find(superseded->next.id), *superseded);
  std::uint64_t number = ++newest_;
  numbers_[batch.id] = number;
  Apply(batches_[number], created);
  return CreateOutcome{true, batch.id};
}

Result<Snapshot> MemoryDatabase::Load(const BatchId& batch, const RowKeys& keys) const {
  const StoredBatch* stored = Find(batch);
  if (stored == nullptr) return NoBatch(batch);
  std::map<std::uint32_t, Request> rows;
  for (std::uint32_t ordinal : keys.ordinals) {
    auto found = stored->requests.find(ordinal);
    if (found != stored->requests.end()) rows[ordinal] = found->second.row;
  }
  for (const RowKeys::Player& player : keys.players) {
    for (const auto& [ordinal, request] : stored->requests) {
      if (request.row.player == player.player && request.row.group == player.group) {
        rows[ordinal] = request.row;
      }
    }
  }
  Snapshot snapshot;
  snapshot.batch = stored->batch;
  for (auto& [ordinal, row] : rows) snapshot.rows.push_back(std::move(row));
  for (const auto& [number, other] : batches_) {
    if (other.batch.slot != stored->batch.slot) continue;
    snapshot.next_publication = std::max(snapshot.next_publication, other.batch.publication + 1);
  }
  return snapshot;
}

Status MemoryDatabase::Commit(const BatchCommit& commit) {
  TIPOFF_TRY_STATUS(Check(commit));
  Apply(*Find(commit.next.id), commit);
  return Ok();
}

Result<BatchPage> MemoryDatabase::ListBatches(const BatchFilter& filter) const {
  TIPOFF_TRY(std::int64_t after, ParseBatchCursor(filter.after));
  std::vector<std::pair<std::uint64_t, const Batch*>> found;
  for (const auto& [number, stored] : batches_) {
    const Batch& batch = stored.batch;
    std::uint64_t rank = filter.published_only ? batch.publication : number;
    if (Matches(filter, batch)) found.emplace_back(rank, &batch);
  }
  std::sort(found.rbegin(), found.rend());
  BatchPage page;
  for (const auto& [rank, batch] : found) {
    if (!filter.after.empty() && rank >= static_cast<std::uint64_t>(after)) continue;
    if (page.batches.size() == filter.limit) return page;
    page.batches.push_back(*batch);
    page.next = page.batches.size() == filter.limit ? std::to_string(rank) : "";
  }
  return page;
}

Result<std::vector<Request>> MemoryDatabase::ListRequests(const BatchId& batch,
                                                          const RequestFilter& filter) const {
  const StoredBatch* stored = Find(batch);
  if (stored == nullptr) return NoBatch(batch);
  std::vector<Request> rows;
  for (const auto& [ordinal, request] : stored->requests) {
    if (std::int64_t{ordinal} <= filter.after) continue;
    const auto& states = filter.states;
    if (!states.empty() &&
        std::find(states.begin(), states.end(), request.row.state) == states.end()) {
      continue;
    }
    if (rows.size() == filter.limit) break;
    rows.push_back(request.row);
  }
  return rows;
}

std::vector<NewRequest> MemoryDatabase::ListOutbox(const BatchId& batch, std::int64_t after,
                                                   std::size_t limit, Instant now) const {
  std::vector<NewRequest> outbox;
  const StoredBatch* stored = Find(batch);
  if (stored == nullptr || !stored->batch.sealed || IsTerminal(stored->batch.phase)) return outbox;
  for (const auto& [ordinal, request] : stored->requests) {
    const Request& row = request.row;
    bool unpublished = row.state == RequestState::kPending;
    bool due = (unpublished || (IsOpen(row.state) && !row.due_at.never())) && row.due_at <= now;
    if (std::int64_t{ordinal} > after && due && outbox.size() < limit) outbox.push_back(request);
  }
  return outbox;
}

Result<std::vector<RequestSpec>> MemoryDatabase::LoadSpecs(
    const BatchId& batch, const std::vector<std::uint32_t>& ordinals) const {
  const StoredBatch* stored = Find(batch);
  if (stored == nullptr) return NoBatch(batch);
  std::vector<RequestSpec> specs;
  for (std::uint32_t ordinal : ordinals) {
    auto found = stored->requests.find(ordinal);
    if (found == stored->requests.end()) {
      return Error{Errc::kNotFound,
                   fmt::format("batch '{}' has no request {}", batch.str(), ordinal)};
    }
    specs.push_back(found->second.spec);
  }
  return specs;
}

Result<bool> MemoryDatabase::DropBatch(const BatchId& batch, std::size_t rows) {
  StoredBatch* stored = Find(batch);
  if (stored == nullptr) return NoBatch(batch);
  bool announced = std::all_of(announcements.begin(), announcements.end(), [&](const auto& entry) {
    const Announcement& announcement = entry.second;
    return announcement.batch != batch || announcement.dead || !announcement.sent_at.never();
  });
  if (!IsTerminal(stored->batch.phase) || stored->batch.rows_open_at_end > 0 || !announced) {
    return NotYetDroppable(batch);
  }
  std::size_t left = rows;
  auto drop = [&left](auto& container) {
    std::size_t n = std::min(left, container.size());
    container.erase(container.begin(), std::next(container.begin(), static_cast<std::int64_t>(n)));
    left -= n;
  };
  drop(stored->staged);
  drop(stored->requests);
  drop(stored->journal);
  bool more = !stored->staged.empty() || !stored->requests.empty() || !stored->journal.empty();
  if (more) return false;
  std::erase_if(announcements, [&](const auto& entry) { return entry.second.batch == batch; });
  batches_.erase(numbers_.at(batch));
  numbers_.erase(batch);
  return true;
}

Result<std::vector<JournalRecord>> MemoryDatabase::ReadJournal(const BatchId& batch,
                                                               std::uint64_t after,
                                                               std::size_t limit) const {
  const StoredBatch* stored = Find(batch);
  if (stored == nullptr) return NoBatch(batch);
  std::vector<JournalRecord> page;
  for (const JournalRecord& record : stored->journal) {
    if (record.seq > after && page.size() < limit) page.push_back(record);
  }
  return page;
}

Result<std::vector<Completion>> MemoryDatabase::Stage(const std::vector<StagedResult>& results,
                                                      Instant now) {
  for (const StagedResult& result : results) {
    if (Find(result.batch) == nullptr) return NoBatch(result.batch);
  }
  std::vector<Completion> stored;
  for (const StagedResult& result : results) {
    auto ordinal = static_cast<std::uint32_t>(result.outcome.ordinal);
    auto [entry, fresh] = Find(result.batch)->staged.emplace(ordinal, result);
    if (fresh) entry->second.staged_at = now;
    stored.push_back(entry->second.outcome);
  }
  return stored;
}

Result<std::vector<StagedResult>> MemoryDatabase::ListStaged(
    const BatchId& batch, std::int64_t after, std::size_t limit,
    const std::vector<std::uint32_t>& ordinals) const {
  const StoredBatch* stored = Find(batch);
  if (stored == nullptr) return NoBatch(batch);
  std::vector<StagedResult> staged;
  for (std::uint32_t ordinal : ordinals) {
    auto found = stored->staged.find(ordinal);
    if (found != stored->staged.end()) staged.push_back(found->second);
  }
  if (!ordinals.empty()) return staged;
  for (const auto& [ordinal, result] : stored->staged) {
    if (std::int64_t{ordinal} > after && staged.size() < limit) staged.push_back(result);
  }
  return staged;
}

Record MemoryDatabase::PutRecord(Record record, PutMode mode, Instant now) {
  auto key = std::pair(record.kind, record.id);
  auto found = records.find(key);
  if (found != records.end() && mode == PutMode::kFirstStays) return found->second;
  record.at = now;
  records[key] = record;
  return record;
}

LeaseGrant MemoryDatabase::AcquireLease(const std::string& name, const Incarnation& owner,
                                        Duration ttl, Instant now) {
  LeaseGrant& lease = leases_[name];
  bool free = lease.until <= now || TIPOFF_MUTANT("lease-for-everybody");
  if (lease.holder != owner && !free) {
    LeaseGrant refused = lease;
    refused.granted = false;
    return refused;
  }
  if (lease.holder != owner || free) ++lease.token;
  lease.granted = true;
  lease.holder = owner;
  lease.until = now + ttl;
  return lease;
}

// --- the port: each call is posted, as if it came back from a server --------------------------

Instant MemoryStore::Carried() { return seen_ + (loop_.Steady() - seen_at_steady_); }

Instant MemoryStore::Now() { return seen_.never() ? CallTime() : Carried(); }

Instant MemoryStore::CallTime() {
  Instant now = std::max(loop_.Now(), database_.clock);
  if (!seen_.never()) now = std::max(now, Carried());
  database_.clock = seen_ = now;
  seen_at_steady_ = loop_.Steady();
  return now;
}

template <class T>
void MemoryStore::Answer(DoneWith<T> done, Result<T> result) {
  CallTime();  // Every answer carries the time.
  loop_.Post(
      [done = std::move(done), result = std::move(result)]() mutable { done(std::move(result)); });
}

void MemoryStore::Create(BatchCommit created, std::optional<BatchCommit> superseded,
                         DoneWith<CreateOutcome> done) {
  for (Record& record : created.records) record.at = CallTime();
  Answer<CreateOutcome>(std::move(done), database_.Create(created, superseded));
}

void MemoryStore::Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) {
  Answer<Snapshot>(std::move(done), database_.Load(batch, keys));
}

void MemoryStore::Commit(BatchCommit commit, DoneWith<Done> done) {
  for (Record& record : commit.records) record.at = CallTime();
  Answer<Done>(std::move(done), database_.Commit(commit));
}

void MemoryStore::ListBatches(BatchFilter filter, DoneWith<BatchPage> done) {
  filter.limit = std::min(filter.limit, limits::kBatchesPerPage);
  Answer<BatchPage>(std::move(done), database_.ListBatches(filter));
}

void MemoryStore::ListRequests(BatchId batch, RequestFilter filter,
                               DoneWith<std::vector<Request>> done) {
  Answer<std::vector<Request>>(std::move(done), database_.ListRequests(batch, filter));
}

void MemoryStore::ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                             DoneWith<std::vector<NewRequest>> done) {
  Answer<std::vector<NewRequest>>(std::move(done), database_.ListOutbox(batch, after, limit, now));
}

void MemoryStore::LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                            DoneWith<std::vector<RequestSpec>> done) {
  Answer<std::vector<RequestSpec>>(std::move(done), database_.LoadSpecs(batch, ordinals));
}

void MemoryStore::DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) {
  Answer<bool>(std::move(done), database_.DropBatch(batch, rows));
}

void MemoryStore::ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                              DoneWith<std::vector<JournalRecord>> done) {
  Answer<std::vector<JournalRecord>>(
      std::move(done),
      database_.ReadJournal(batch, after, std::min(limit, limits::kJournalPerPage)));
}

void MemoryStore::Stage(std::vector<StagedResult> results, DoneWith<std::vector<Completion>> done) {
  Answer<std::vector<Completion>>(std::move(done), database_.Stage(results, CallTime()));
}

void MemoryStore::ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                             std::vector<std::uint32_t> ordinals,
                             DoneWith<std::vector<StagedResult>> done) {
  Answer<std::vector<StagedResult>>(std::move(done),
                                    database_.ListStaged(batch, after, limit, ordinals));
}

void MemoryStore::PutSlates(std::vector<Slate> slates, DoneWith<Done> done) {
  for (Slate& slate : slates) database_.slates[slate.game_date] = std::move(slate);
  Answer<Done>(std::move(done), Ok());
}

void MemoryStore::GetSlate(Day game_date, DoneWith<Slate> done) {
  auto found = database_.slates.find(game_date);
  if (found == database_.slates.end()) {
    Answer<Slate>(
        std::move(done),
        Error{Errc::kNotFound,
              fmt::format("no games are known on {}: none was played or scheduled then, or its "
                          "schedule and box scores are still to be imported",
                          FormatDay(game_date))});
    return;
  }
  Answer<Slate>(std::move(done), found->second);
}

void MemoryStore::AcquireLease(std::string name, Incarnation owner, Duration ttl,
                               DoneWith<LeaseGrant> done) {
  Answer<LeaseGrant>(std::move(done), database_.AcquireLease(name, owner, ttl, CallTime()));
}

void MemoryStore::ListAnnouncements(AnnouncementFilter filter,
                                    DoneWith<std::vector<Announcement>> done) {
  std::vector<Announcement> found;
  for (const auto& [id, announcement] : database_.announcements) {
    AnnouncementState state = !announcement.sent_at.never() ? AnnouncementState::kSent
                              : announcement.dead           ? AnnouncementState::kDead
                                                            : AnnouncementState::kPending;
    bool due = state == AnnouncementState::kPending && announcement.due_at <= CallTime();
    if (id <= filter.after || (filter.state && *filter.state != state) || (filter.due && !due) ||
        (!filter.target.empty() && announcement.target != filter.target) ||
        (!filter.id.empty() && id != filter.id)) {
      continue;
    }
    found.push_back(announcement);
  }
  auto longer_due = [](const Announcement& a, const Announcement& b) {
    return a.due_at < b.due_at;
  };
  if (filter.due) std::stable_sort(found.begin(), found.end(), longer_due);
  if (found.size() > filter.limit) found.resize(filter.limit);
  Answer<std::vector<Announcement>>(std::move(done), std::move(found));
}

void MemoryStore::CountAnnouncements(DoneWith<std::vector<AnnouncementCount>> done) {
  std::map<std::string, AnnouncementCount> targets;
  for (const auto& [id, announcement] : database_.announcements) {
    if (!announcement.sent_at.never()) continue;
    AnnouncementCount& count = targets[announcement.target];
    count.target = announcement.target;
    ++(announcement.dead ? count.dead : count.pending);
    bool older = count.oldest.never() || announcement.recorded_at < count.oldest;
    if (!announcement.dead && older) count.oldest = announcement.recorded_at;
  }
  std::vector<AnnouncementCount> counts;
  for (auto& [target, count] : targets) counts.push_back(std::move(count));
  Answer<std::vector<AnnouncementCount>>(std::move(done), std::move(counts));
}

void MemoryStore::UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) {
  database_.announcements[announcement.id] = std::move(announcement);
  Answer<Done>(std::move(done), Ok());
}

void MemoryStore::PutRecord(Record record, PutMode mode, DoneWith<Record> done) {
  Answer<Record>(std::move(done), database_.PutRecord(std::move(record), mode, CallTime()));
}

void MemoryStore::GetRecord(std::string kind, std::string id, DoneWith<Record> done) {
  auto found = database_.records.find({kind, id});
  Result<Record> answer = Error{Errc::kNotFound, fmt::format("there is no {} '{}'", kind, id)};
  if (found != database_.records.end()) answer = found->second;
  Answer<Record>(std::move(done), std::move(answer));
}

void MemoryStore::ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) {
  std::vector<Record> listed;
  for (const auto& [key, record] : database_.records) {
    if (key.first == filter.kind) listed.push_back(record);
  }
  if (filter.newest_first) std::reverse(listed.begin(), listed.end());
  std::erase_if(listed, [&](const Record& record) {
    if (filter.after.empty()) return false;
    return filter.newest_first ? record.id >= filter.after : record.id <= filter.after;
  });
  if (listed.size() > filter.limit) listed.resize(filter.limit);
  Answer<std::vector<Record>>(std::move(done), std::move(listed));
}

void MemoryStore::DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) {
  std::size_t dropped = std::erase_if(database_.records, [&](const auto& entry) {
    return entry.first.first == kind && entry.second.at < before;
  });
  Answer<std::size_t>(std::move(done), dropped);
}

void MemoryStore::Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) {
  for (Quarantined& message : messages) {
    message.at = CallTime();
    database_.quarantine.push_back(std::move(message));
  }
  Answer<Done>(std::move(done), Ok());
}

void MemoryStore::ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) {
  std::vector<Quarantined> newest(database_.quarantine.rbegin(), database_.quarantine.rend());
  if (newest.size() > limit) newest.resize(limit);
  Answer<std::vector<Quarantined>>(std::move(done), std::move(newest));
}

}  // namespace tipoff
