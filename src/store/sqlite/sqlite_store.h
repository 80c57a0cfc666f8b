// The Store on tipoff.db. Several may share one Database, each with a loop of its own.
#pragma once

#include "sqlite/database.h"
#include "store/store.h"

namespace tipoff {

class SqliteStore final : public Store {
 public:
  // Both must outlive this and every call under way.
  SqliteStore(sqlite::Database& database, Loop& loop) : database_(database), loop_(loop) {}

  Instant Now() override { return database_.Now(); }

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
  template <class T, class Operation>
  void WriteCall(DoneWith<T> done, Operation operation);
  template <class T, class Operation>
  void ReadCall(DoneWith<T> done, Operation operation);

  sqlite::Database& database_;
  Loop& loop_;
};

}  // namespace tipoff
