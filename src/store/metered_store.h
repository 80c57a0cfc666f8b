// A store that counts what is committed through it. Everything else is the other store's.
#pragma once

#include <memory>

#include "base/loop.h"
#include "core/tally.h"
#include "store/store.h"

namespace tipoff {

class MeteredStore final : public Store {
 public:
  // Both must outlive this. On the loop.
  MeteredStore(Loop& loop, Store& inner) : loop_(loop), inner_(inner) {}

  const Tally& tally() const { return *tally_; }

  // A commit whose outcome is unknown counts as failed, though it may be found durable later.
  void Create(BatchCommit created, std::optional<BatchCommit> superseded,
              DoneWith<CreateOutcome> done) override;
  void Commit(BatchCommit commit, DoneWith<Done> done) override;

  Instant Now() override { return inner_.Now(); }
  void Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) override {
    inner_.Load(std::move(batch), std::move(keys), std::move(done));
  }
  void ListBatches(BatchFilter filter, DoneWith<BatchPage> done) override {
    inner_.ListBatches(std::move(filter), std::move(done));
  }
  void ListRequests(BatchId batch, RequestFilter filter,
                    DoneWith<std::vector<Request>> done) override {
    inner_.ListRequests(std::move(batch), std::move(filter), std::move(done));
  }
  void ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                  DoneWith<std::vector<NewRequest>> done) override {
    inner_.ListOutbox(std::move(batch), after, limit, now, std::move(done));
  }
  void LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                 DoneWith<std::vector<RequestSpec>> done) override {
    inner_.LoadSpecs(std::move(batch), std::move(ordinals), std::move(done));
  }
  void DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) override {
    inner_.DropBatch(std::move(batch), rows, std::move(done));
  }
  void ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                   DoneWith<std::vector<JournalRecord>> done) override {
    inner_.ReadJournal(std::move(batch), after, limit, std::move(done));
  }
  void Stage(std::vector<StagedResult> results, DoneWith<std::vector<Completion>> done) override {
    inner_.Stage(std::move(results), std::move(done));
  }
  void ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                  std::vector<std::uint32_t> ordinals,
                  DoneWith<std::vector<StagedResult>> done) override {
    inner_.ListStaged(std::move(batch), after, limit, std::move(ordinals), std::move(done));
  }
  void PutSlates(std::vector<Slate> slates, DoneWith<Done> done) override {
    inner_.PutSlates(std::move(slates), std::move(done));
  }
  void GetSlate(Day game_date, DoneWith<Slate> done) override {
    inner_.GetSlate(game_date, std::move(done));
  }
  void AcquireLease(std::string name, Incarnation owner, Duration ttl,
                    DoneWith<LeaseGrant> done) override {
    inner_.AcquireLease(std::move(name), std::move(owner), ttl, std::move(done));
  }
  void ListAnnouncements(AnnouncementFilter filter,
                         DoneWith<std::vector<Announcement>> done) override {
    inner_.ListAnnouncements(std::move(filter), std::move(done));
  }
  void CountAnnouncements(DoneWith<std::vector<AnnouncementCount>> done) override {
    inner_.CountAnnouncements(std::move(done));
  }
  void UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) override {
    inner_.UpdateAnnouncement(std::move(announcement), std::move(done));
  }
  void PutRecord(Record record, PutMode mode, DoneWith<Record> done) override {
    inner_.PutRecord(std::move(record), mode, std::move(done));
  }
  void GetRecord(std::string kind, std::string id, DoneWith<Record> done) override {
    inner_.GetRecord(std::move(kind), std::move(id), std::move(done));
  }
  void ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) override {
    inner_.ListRecords(std::move(filter), std::move(done));
  }
  void DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) override {
    inner_.DropRecords(std::move(kind), before, std::move(done));
  }
  void Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) override {
    inner_.Quarantine(std::move(messages), std::move(done));
  }
  void ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) override {
    inner_.ListQuarantine(limit, std::move(done));
  }

 private:
  Loop& loop_;
  Store& inner_;
  std::shared_ptr<Tally> tally_ = std::make_shared<Tally>();
};

}  // namespace tipoff
