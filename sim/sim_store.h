// The store as one process of a simulated world sees it: its calls take time, get lost, are applied
// and reported as failed. Applied they are to the world's one database, at the true time.
#pragma once

#include <functional>
#include <string_view>

#include "sim/call_fate.h"
#include "sim/clockwork.h"
#include "store/store.h"

namespace tipoff::sim {

class World;
class Process;

class SimStore final : public Store {
 public:
  SimStore(World& world, Process& process);

  // How long, in all, no call was under way; and how many were not answered as they should be.
  Duration idle() const;
  std::uint64_t failures() const { return failures_; }

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
  void ListAnnouncements(AnnouncementFilter filter,
                         DoneWith<std::vector<Announcement>> done) override;
  void CountAnnouncements(DoneWith<std::vector<AnnouncementCount>> done) override;
  void UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) override;
  void PutRecord(Record record, PutMode mode, DoneWith<Record> done) override;
  void GetRecord(std::string kind, std::string id, DoneWith<Record> done) override;
  void ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) override;
  void DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) override;
  void Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) override;
  void ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) override;

 private:
  // Asks the world's database, which answers at once.
  template <class T>
  using Apply = std::function<void(Store& server, DoneWith<T> answer)>;
  template <class T>
  void Call(std::string_view name, CallKind kind, DoneWith<T> done, Apply<T> apply);
  void Began();
  void Ended();
  // The store's clock was seen to say `at`.
  void Seen(Instant at);

  World& world_;
  Process& process_;
  Instant seen_;  // The highest store time in an answer, and when it came.
  Instant seen_at_;
  std::uint64_t under_way_ = 0;
  std::uint64_t failures_ = 0;
  Instant idle_since_;
  Duration idle_{};
};

}  // namespace tipoff::sim
