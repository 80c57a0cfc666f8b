// The store on Firestore, by gRPC: for many machines, and for the platform's tools, which read the
// header documents. The layout is docs/storage.md's; why it is so, docs/adr/0010.
//
// Guards are compare-and-set on a document's update time, never transactions: a writer that loses
// costs one refused commit, not a lock. One commit of a batch is one atomic call.
#pragma once

#include <memory>
#include <string>

#include "base/loop.h"
#include "store/store.h"

namespace tipoff {

struct FirestoreOptions {
  std::string project;
  std::string database = "(default)";
  std::string endpoint;          // host:port; "": firestore.googleapis.com:443.
  bool insecure = false;         // The emulator: no TLS, no credentials.
  std::string credentials_file;  // See google/channel.h.
  std::string prefix;            // In front of the names of its collections.
};

class FirestoreStore final : public Store {
 public:
  // Never fails: what is wrong with the options or credentials is the answer of every call.
  FirestoreStore(FirestoreOptions options, Loop& loop);
  // Cancels what is under way; what was not answered is not, or only as late.
  ~FirestoreStore() override;

  // Whether the database answers and may be read; the store has its time then. kNotFound: there is
  // no such database; kDenied: not for these credentials. Called once before anything else, so
  // that `Now` never has to make do with this machine's clock.
  void Check(DoneWith<Done> done);

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

  struct Impl;  // Of this folder only.

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
