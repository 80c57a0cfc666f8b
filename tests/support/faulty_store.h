// A Store that fails as told: before anything is applied, or after all of it was.
#pragma once

#include <functional>
#include <string>

#include "base/loop.h"
#include "store/store.h"

namespace tipoff {

// What a call is to suffer.
enum class Fault {
  kNone,
  kRefused,      // kUnavailable; nothing applied.
  kLostAnswer,   // Applied, but answered with kUnknownOutcome.
  kLostRequest,  // Not applied, answered with kUnknownOutcome.
  kHang,         // Never answered.
};

class FaultyStore final : public Store {
 public:
  FaultyStore(Store& store, Loop& loop) : store_(store), loop_(loop) {}

  // Asked at each call by the name of the port's function.
  std::function<Fault(const std::string& call)> fault = [](const std::string&) {
    return Fault::kNone;
  };
  // Calls so far, by name.
  std::map<std::string, int> calls;

  Instant Now() override { return store_.Now(); }

  void Create(BatchCommit created, std::optional<BatchCommit> superseded,
              DoneWith<CreateOutcome> done) override {
    Suffer<CreateOutcome>("Create", std::move(done), [&](auto answer) {
      store_.Create(std::move(created), std::move(superseded), answer);
    });
  }
  void Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) override {
    Suffer<Snapshot>("Load", std::move(done),
                     [&](auto answer) { store_.Load(batch, std::move(keys), answer); });
  }
  void Commit(BatchCommit commit, DoneWith<Done> done) override {
    Suffer<Done>("Commit", std::move(done),
                 [&](auto answer) { store_.Commit(std::move(commit), answer); });
  }
  void ListBatches(BatchFilter filter, DoneWith<BatchPage> done) override {
    Suffer<BatchPage>("ListBatches", std::move(done),
                      [&](auto answer) { store_.ListBatches(std::move(filter), answer); });
  }
  void ListRequests(BatchId batch, RequestFilter filter,
                    DoneWith<std::vector<Request>> done) override {
    Suffer<std::vector<Request>>("ListRequests", std::move(done), [&](auto answer) {
      store_.ListRequests(batch, std::move(filter), answer);
    });
  }
  void ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                  DoneWith<std::vector<NewRequest>> done) override {
    Suffer<std::vector<NewRequest>>("ListOutbox", std::move(done), [&](auto answer) {
      store_.ListOutbox(batch, after, limit, now, answer);
    });
  }
  void LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                 DoneWith<std::vector<RequestSpec>> done) override {
    Suffer<std::vector<RequestSpec>>("LoadSpecs", std::move(done), [&](auto answer) {
      store_.LoadSpecs(batch, std::move(ordinals), answer);
    });
  }
  void DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) override {
    Suffer<bool>("DropBatch", std::move(done),
                 [&](auto answer) { store_.DropBatch(batch, rows, answer); });
  }
  void ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                   DoneWith<std::vector<JournalRecord>> done) override {
    Suffer<std::vector<JournalRecord>>("ReadJournal", std::move(done), [&](auto answer) {
      store_.ReadJournal(batch, after, limit, answer);
    });
  }
  void Stage(std::vector<StagedResult> results, DoneWith<std::vector<Completion>> done) override {
    Suffer<std::vector<Completion>>("Stage", std::move(done),
                                    [&](auto answer) { store_.Stage(std::move(results), answer); });
  }
  void ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                  std::vector<std::uint32_t> ordinals,
                  DoneWith<std::vector<StagedResult>> done) override {
    Suffer<std::vector<StagedResult>>("ListStaged", std::move(done), [&](auto answer) {
      store_.ListStaged(batch, after, limit, std::move(ordinals), answer);
    });
  }
  void PutSlates(std::vector<Slate> slates, DoneWith<Done> done) override {
    Suffer<Done>("PutSlates", std::move(done),
                 [&](auto answer) { store_.PutSlates(std::move(slates), answer); });
  }
  void GetSlate(Day game_date, DoneWith<Slate> done) override {
    Suffer<Slate>("GetSlate", std::move(done),
                  [&](auto answer) { store_.GetSlate(game_date, answer); });
  }
  void AcquireLease(std::string name, Incarnation owner, Duration ttl,
                    DoneWith<LeaseGrant> done) override {
    Suffer<LeaseGrant>("AcquireLease", std::move(done), [&](auto answer) {
      store_.AcquireLease(std::move(name), std::move(owner), ttl, answer);
    });
  }
  void ListAnnouncements(std::size_t limit, DoneWith<std::vector<Announcement>> done) override {
    Suffer<std::vector<Announcement>>("ListAnnouncements", std::move(done), [&](auto answer) {
      store_.ListAnnouncements(limit, answer);
    });
  }
  void UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) override {
    Suffer<Done>("UpdateAnnouncement", std::move(done),
                 [&](auto answer) { store_.UpdateAnnouncement(std::move(announcement), answer); });
  }
  void PutRecord(Record record, PutMode mode, DoneWith<Record> done) override {
    Suffer<Record>("PutRecord", std::move(done),
                   [&](auto answer) { store_.PutRecord(std::move(record), mode, answer); });
  }
  void GetRecord(std::string kind, std::string id, DoneWith<Record> done) override {
    Suffer<Record>("GetRecord", std::move(done),
                   [&](auto answer) { store_.GetRecord(kind, id, answer); });
  }
  void ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) override {
    Suffer<std::vector<Record>>("ListRecords", std::move(done),
                                [&](auto answer) { store_.ListRecords(filter, answer); });
  }
  void DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) override {
    Suffer<std::size_t>("DropRecords", std::move(done),
                        [&](auto answer) { store_.DropRecords(kind, before, answer); });
  }
  void Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) override {
    Suffer<Done>("Quarantine", std::move(done),
                 [&](auto answer) { store_.Quarantine(std::move(messages), answer); });
  }
  void ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) override {
    Suffer<std::vector<Quarantined>>("ListQuarantine", std::move(done),
                                     [&](auto answer) { store_.ListQuarantine(limit, answer); });
  }

 private:
  template <class T, class Call>
  void Suffer(const std::string& name, DoneWith<T> done, Call call) {
    ++calls[name];
    Fault suffered = fault(name);
    auto answer = [this, done](Error error) {
      loop_.Post([done, error = std::move(error)] { done(error); });
    };
    switch (suffered) {
      case Fault::kNone: return call(std::move(done));
      case Fault::kRefused: return answer({Errc::kUnavailable, name + " refused by the test"});
      case Fault::kLostRequest: return answer({Errc::kUnknownOutcome, name + " lost by the test"});
      case Fault::kLostAnswer:
        call([answer, name](Result<T>) {
          answer({Errc::kUnknownOutcome, name + " applied, its answer lost by the test"});
        });
        return;
      case Fault::kHang: return;
    }
  }

  Store& store_;
  Loop& loop_;
};

}  // namespace tipoff
