// The Store in memory: for unit tests and the simulated world. Nothing is durable, but every rule
// of the port is kept, and it checks more than the real ones do: after each commit the header's
// counts must be those of its rows, and the journal must fold to them.
#pragma once

#include <map>
#include <memory>
#include <set>

#include "base/loop.h"
#include "core/journal.h"
#include "store/store.h"

namespace tipoff {

// What is stored. Outlives the stores that work on it, as a database outlives its clients.
class MemoryDatabase {
 public:
  struct StoredBatch {
    Batch batch;
    std::map<std::uint32_t, NewRequest> requests;
    std::vector<JournalRecord> journal;
    JournalFold fold;
    std::map<std::uint32_t, StagedResult> staged;
  };

  // Each call is one transaction at `now`.
  Result<CreateOutcome> Create(const BatchCommit& created,
                               const std::optional<BatchCommit>& superseded);
  Result<Snapshot> Load(const BatchId& batch, const RowKeys& keys) const;
  Status Commit(const BatchCommit& commit);
  Result<BatchPage> ListBatches(const BatchFilter& filter) const;
  Result<std::vector<Request>> ListRequests(const BatchId& batch,
                                            const RequestFilter& filter) const;
  std::vector<NewRequest> ListOutbox(const BatchId& batch, std::int64_t after, std::size_t limit,
                                     Instant now) const;
  Result<std::vector<RequestSpec>> LoadSpecs(const BatchId& batch,
                                             const std::vector<std::uint32_t>& ordinals) const;
  Result<std::vector<JournalRecord>> ReadJournal(const BatchId& batch, std::uint64_t after,
                                                 std::size_t limit) const;
  Result<std::vector<Completion>> Stage(const std::vector<StagedResult>& results, Instant now);
  Result<std::vector<StagedResult>> ListStaged(const BatchId& batch, std::int64_t after,
                                               std::size_t limit,
                                               const std::vector<std::uint32_t>& ordinals) const;
  Result<bool> DropBatch(const BatchId& batch, std::size_t rows);
  LeaseGrant AcquireLease(const std::string& name, const Incarnation& owner, Duration ttl,
                          Instant now);

  Record PutRecord(Record record, PutMode mode, Instant now);

  Instant clock;  // The highest time that any client has worked at.
  std::map<Day, Slate> slates;
  std::map<std::pair<std::string, std::string>, Record> records;  // By kind and id.
  std::map<std::string, Announcement> announcements;
  std::vector<Quarantined> quarantine;

  const std::map<std::uint64_t, StoredBatch>& batches() const { return batches_; }

 private:
  StoredBatch* Find(const BatchId& batch);
  const StoredBatch* Find(const BatchId& batch) const;
  Status Check(const BatchCommit& commit) const;
  void Apply(StoredBatch& stored, const BatchCommit& commit);

  std::map<std::uint64_t, StoredBatch> batches_;  // By order of creation.
  std::map<BatchId, std::uint64_t> numbers_;
  std::uint64_t newest_ = 0;  // Numbers of dropped batches are not given again.
  std::map<std::string, LeaseGrant> leases_;
};

class MemoryStore final : public Store {
 public:
  MemoryStore(MemoryDatabase& database, Loop& loop) : database_(database), loop_(loop) {}

  Instant Now() override;

  void Create(BatchCommit created, std::optional<BatchCommit> superseded,
              DoneWith<CreateOutcome> done) override;
  void Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) override;
  void Commit(BatchCommit commit, DoneWith<Done> done) override;
  void ListBatches(BatchFilter filter, DoneWith<BatchPage> done) override;
  void ListRequests(BatchId batch, RequestFilter filter,
                    DoneWith<std::vector<Request>> done) override;
  void ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                  DoneWith<std::vector<NewRequest>> done) override;
  void LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                 DoneWith<std::vector<RequestSpec>> done) override;
  void DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) override;
  void ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                   DoneWith<std::vector<JournalRecord>> done) override;
  void Stage(std::vector<StagedResult> results, DoneWith<std::vector<Completion>> done) override;
  void ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                  std::vector<std::uint32_t> ordinals,
                  DoneWith<std::vector<StagedResult>> done) override;
  void PutSlates(std::vector<Slate> slates, DoneWith<Done> done) override;
  void GetSlate(Day game_date, DoneWith<Slate> done) override;
  void AcquireLease(std::string name, Incarnation owner, Duration ttl,
                    DoneWith<LeaseGrant> done) override;
  void ListAnnouncements(std::size_t limit, DoneWith<std::vector<Announcement>> done) override;
  void UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) override;
  void PutRecord(Record record, PutMode mode, DoneWith<Record> done) override;
  void GetRecord(std::string kind, std::string id, DoneWith<Record> done) override;
  void ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) override;
  void DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) override;
  void Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) override;
  void ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) override;

 private:
  template <class T>
  void Answer(DoneWith<T> done, Result<T> result);
  Instant Carried();
  // What a call takes for now: the wall clock, but never below what any client was told before.
  Instant CallTime();

  MemoryDatabase& database_;
  Loop& loop_;
  Instant seen_;  // The highest time in an answer; never: none yet.
  Duration seen_at_steady_{};
};

}  // namespace tipoff
