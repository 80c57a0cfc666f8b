#include "sim/sim_store.h"

#include <fmt/format.h>

#include <utility>

#include "core/limits.h"
#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {

SimStore::SimStore(World& world, Process& process) : world_(world), process_(process) {
  idle_since_ = world.clock.now();
  Seen(world.clock.now());  // Connecting to it tells its time.
}

void SimStore::Seen(Instant at) {
  if (!seen_.never() && at < Now()) return;
  seen_ = at;
  seen_at_ = world_.clock.now();
}

Instant SimStore::Now() { return seen_ + (world_.clock.now() - seen_at_); }

Duration SimStore::idle() const {
  return under_way_ > 0 ? idle_ : idle_ + (world_.clock.now() - idle_since_);
}

void SimStore::Began() {
  if (under_way_++ == 0) idle_ += world_.clock.now() - idle_since_;
}

void SimStore::Ended() {
  if (--under_way_ == 0) idle_since_ = world_.clock.now();
}

template <class T>
void SimStore::Call(std::string_view name, CallKind kind, DoneWith<T> done, Apply<T> apply) {
  if (!process_.alive()) return;
  std::uint64_t entity = process_.Entity(name);
  CallFate fate = StoreFate(world_.faults, entity, name, kind, world_.StoreDown());
  if (fate.crash_before) return process_.Crash(name, "as it calls");
  if (fate.error) world_.Tell(process_.name(), fate.error->message);
  if (fate.fault) {
    Duration how_long = fate.silent ? limits::kWatchTime : fate.there + fate.back;
    world_.Blame(Layer::kStore, how_long + fate.late.value_or(Duration(0)));
  }
  if (fate.silent) {
    world_.Tell(process_.name(), fmt::format("{} {}, and is never answered", name,
                                             fate.applied ? "is applied" : "gets lost"));
  }
  if (name == "Commit" && fate.error && fate.error->code == Errc::kUnknownOutcome) {
    world_.sometimes.Saw(fate.applied ? "commit of unknown outcome, applied"
                                      : "commit of unknown outcome, not applied");
  }
  auto life = process_.life();
  Began();
  if (fate.silent) {
    ++failures_;
    world_.clock.After(
        limits::kWatchTime, [this] { Ended(); }, life);
  }
  auto answer = [this, life, name, done = std::move(done), fate](Result<T> result, Instant at) {
    world_.clock.After(
        fate.back,
        [this, name, done, fate, result = std::move(result), at]() mutable {
          if (fate.crash_after && !world_.faults.healed())
            return process_.Crash(name, "as it is answered by");
          Ended();
          if (fate.error || !result.ok()) ++failures_;
          if (fate.error) return done(*fate.error);
          Seen(at);
          done(std::move(result));
        },
        life);
  };
  // What is applied is applied whether or not its caller still lives.
  auto run = [&world = world_, entity, apply = std::move(apply)] {
    std::optional<Result<T>> result;
    apply(world.server, [&result](Result<T> answered) { result.emplace(std::move(answered)); });
    world.Trace(entity, result->ok() ? 0 : 1 + static_cast<std::uint64_t>(result->error().code));
    return std::move(*result);
  };
  if (fate.late) {
    answer(*fate.error, Instant());
    world_.clock.After(fate.back + *fate.late, [run, &world = world_, name] {
      if (run().ok() && (name == "Commit" || name == "Create")) {
        world.sometimes.Saw("commit applied after its caller was told that nobody knows");
      }
    });
    return;
  }
  if (fate.silent && !fate.applied) return;
  if (!fate.applied) return answer(*fate.error, Instant());
  world_.clock.After(fate.there, [&world = world_, life, run, answer, silent = fate.silent] {
    Instant at = world.clock.now();
    Result<T> result = run();
    if (life->alive && !silent) answer(std::move(result), at);
  });
}

void SimStore::Create(BatchCommit created, std::optional<BatchCommit> superseded,
                      DoneWith<CreateOutcome> done) {
  Call<CreateOutcome>("Create", CallKind::kWrite, std::move(done),
                      [&world = world_, who = process_.name(), created = std::move(created),
                       superseded = std::move(superseded)](Store& server, auto answer) {
                        server.Create(created, superseded, [&](Result<CreateOutcome> outcome) {
                          if (outcome.ok() && outcome->created) {
                            if (superseded) world.Committed(*superseded, who);
                            world.Committed(created, who);
                          }
                          answer(std::move(outcome));
                        });
                      });
}

void SimStore::Commit(BatchCommit commit, DoneWith<Done> done) {
  Call<Done>("Commit", CallKind::kWrite, std::move(done),
             [&world = world_, who = process_.name(), commit = std::move(commit)](Store& server,
                                                                                  auto answer) {
               server.Commit(commit, [&](Status status) {
                 if (status.ok()) world.Committed(commit, who);
                 if (!status.ok() && status.error().code == Errc::kConflict) {
                   world.sometimes.Saw("commit conflict");
                 }
                 answer(std::move(status));
               });
             });
}

void SimStore::Stage(std::vector<StagedResult> results, DoneWith<std::vector<Completion>> done) {
  Call<std::vector<Completion>>(
      "Stage", CallKind::kWrite, std::move(done),
      [&world = world_, results = std::move(results)](Store& server, auto answer) {
        std::vector<bool> first;
        for (const StagedResult& result : results) {
          auto ordinal = static_cast<std::uint32_t>(result.outcome.ordinal);
          auto staged = world.database.ListStaged(result.batch, -1, 1, {ordinal});
          first.push_back(staged.ok() && staged->empty());
        }
        server.Stage(results, [&](Result<std::vector<Completion>> stored) {
          for (std::size_t i = 0; stored.ok() && i < results.size(); ++i) {
            world.Staged(results[i], first[i]);
          }
          answer(std::move(stored));
        });
      });
}

void SimStore::AcquireLease(std::string name, Incarnation owner, Duration ttl,
                            DoneWith<LeaseGrant> done) {
  Call<LeaseGrant>("AcquireLease", CallKind::kWrite, std::move(done),
                   [&world = world_, who = process_.incarnation().str(), name = std::move(name),
                    owner = std::move(owner), ttl](Store& server, auto answer) {
                     server.AcquireLease(name, owner, ttl, [&](Result<LeaseGrant> grant) {
                       if (grant.ok()) world.Leased(name, owner, *grant, who);
                       answer(std::move(grant));
                     });
                   });
}

void SimStore::UpdateAnnouncement(Announcement announcement, DoneWith<Done> done) {
  Call<Done>("UpdateAnnouncement", CallKind::kWrite, std::move(done),
             [&world = world_, announcement = std::move(announcement)](Store& server, auto answer) {
               if (announcement.tries > 1) world.sometimes.Saw("announcement tried again");
               server.UpdateAnnouncement(announcement, answer);
             });
}

void SimStore::Quarantine(std::vector<Quarantined> messages, DoneWith<Done> done) {
  Call<Done>("Quarantine", CallKind::kWrite, std::move(done),
             [&world = world_, messages = std::move(messages)](Store& server, auto answer) {
               world.sometimes.Saw("message quarantined", messages.size());
               server.Quarantine(messages, answer);
             });
}

// --- what is only passed on ---------------------------------------------------------------------

void SimStore::Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) {
  Call<Snapshot>("Load", CallKind::kRead, std::move(done),
                 [batch = std::move(batch), keys = std::move(keys)](Store& server, auto answer) {
                   server.Load(batch, keys, answer);
                 });
}

void SimStore::ListBatches(BatchFilter filter, DoneWith<BatchPage> done) {
  Call<BatchPage>("ListBatches", CallKind::kRead, std::move(done),
                  [filter = std::move(filter)](Store& server, auto answer) {
                    server.ListBatches(filter, answer);
                  });
}

void SimStore::ListRequests(BatchId batch, RequestFilter filter,
                            DoneWith<std::vector<Request>> done) {
  Call<std::vector<Request>>(
      "ListRequests", CallKind::kRead, std::move(done),
      [batch = std::move(batch), filter = std::move(filter)](Store& server, auto answer) {
        server.ListRequests(batch, filter, answer);
      });
}

void SimStore::ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                          DoneWith<std::vector<NewRequest>> done) {
  Call<std::vector<NewRequest>>(
      "ListOutbox", CallKind::kRead, std::move(done),
      [batch = std::move(batch), after, limit, now](Store& server, auto answer) {
        server.ListOutbox(batch, after, limit, now, answer);
      });
}

void SimStore::LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                         DoneWith<std::vector<RequestSpec>> done) {
  Call<std::vector<RequestSpec>>(
      "LoadSpecs", CallKind::kRead, std::move(done),
      [batch = std::move(batch), ordinals = std::move(ordinals)](Store& server, auto answer) {
        server.LoadSpecs(batch, ordinals, answer);
      });
}

void SimStore::DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) {
  Call<bool>("DropBatch", CallKind::kWrite, std::move(done),
             [batch = std::move(batch), rows](Store& server, auto answer) {
               server.DropBatch(batch, rows, answer);
             });
}

void SimStore::ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                           DoneWith<std::vector<JournalRecord>> done) {
  Call<std::vector<JournalRecord>>(
      "ReadJournal", CallKind::kRead, std::move(done),
      [batch = std::move(batch), after, limit](Store& server, auto answer) {
        server.ReadJournal(batch, after, limit, answer);
      });
}

void SimStore::ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                          std::vector<std::uint32_t> ordinals,
                          DoneWith<std::vector<StagedResult>> done) {
  Call<std::vector<StagedResult>>("ListStaged", CallKind::kRead, std::move(done),
                                  [batch = std::move(batch), after, limit,
                                   ordinals = std::move(ordinals)](Store& server, auto answer) {
                                    server.ListStaged(batch, after, limit, ordinals, answer);
                                  });
}

void SimStore::PutSlates(std::vector<Slate> slates, DoneWith<Done> done) {
  Call<Done>("PutSlates", CallKind::kWrite, std::move(done),
             [slates = std::move(slates)](Store& server, auto answer) {
               server.PutSlates(slates, answer);
             });
}

void SimStore::GetSlate(Day game_date, DoneWith<Slate> done) {
  Call<Slate>("GetSlate", CallKind::kRead, std::move(done),
              [game_date](Store& server, auto answer) { server.GetSlate(game_date, answer); });
}

void SimStore::ListAnnouncements(AnnouncementFilter filter,
                                 DoneWith<std::vector<Announcement>> done) {
  Call<std::vector<Announcement>>(
      "ListAnnouncements", CallKind::kRead, std::move(done),
      [filter](Store& server, auto answer) { server.ListAnnouncements(filter, answer); });
}

void SimStore::CountAnnouncements(DoneWith<std::vector<AnnouncementCount>> done) {
  Call<std::vector<AnnouncementCount>>(
      "CountAnnouncements", CallKind::kRead, std::move(done),
      [](Store& server, auto answer) { server.CountAnnouncements(answer); });
}

void SimStore::PutRecord(Record record, PutMode mode, DoneWith<Record> done) {
  Call<Record>("PutRecord", CallKind::kWrite, std::move(done),
               [record = std::move(record), mode](Store& server, auto answer) {
                 server.PutRecord(record, mode, answer);
               });
}

void SimStore::GetRecord(std::string kind, std::string id, DoneWith<Record> done) {
  Call<Record>("GetRecord", CallKind::kRead, std::move(done),
               [kind = std::move(kind), id = std::move(id)](Store& server, auto answer) {
                 server.GetRecord(kind, id, answer);
               });
}

void SimStore::ListRecords(RecordFilter filter, DoneWith<std::vector<Record>> done) {
  Call<std::vector<Record>>("ListRecords", CallKind::kRead, std::move(done),
                            [filter = std::move(filter)](Store& server, auto answer) {
                              server.ListRecords(filter, answer);
                            });
}

void SimStore::DropRecords(std::string kind, Instant before, DoneWith<std::size_t> done) {
  Call<std::size_t>("DropRecords", CallKind::kWrite, std::move(done),
                    [kind = std::move(kind), before](Store& server, auto answer) {
                      server.DropRecords(kind, before, answer);
                    });
}

void SimStore::ListQuarantine(std::size_t limit, DoneWith<std::vector<Quarantined>> done) {
  Call<std::vector<Quarantined>>(
      "ListQuarantine", CallKind::kRead, std::move(done),
      [limit](Store& server, auto answer) { server.ListQuarantine(limit, answer); });
}

}  // namespace tipoff::sim
