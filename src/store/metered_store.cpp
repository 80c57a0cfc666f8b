#include "store/metered_store.h"

namespace tipoff {
namespace {

// Announcements are written with the end and with nothing else.
bool Ends(const BatchCommit& commit) { return !commit.announcements.empty(); }

}  // namespace

void MeteredStore::Create(BatchCommit created, std::optional<BatchCommit> superseded,
                          DoneWith<CreateOutcome> done) {
  struct Ended {
    Batch batch;
    bool ends;
  };
  std::vector<Ended> written{{created.next, Ends(created)}};
  if (superseded) written.push_back({superseded->next, Ends(*superseded)});
  inner_.Create(
      std::move(created), std::move(superseded),
      [&loop = loop_, tally = tally_, begun = loop_.Steady(), written = std::move(written),
       done = std::move(done)](Result<CreateOutcome> outcome) {
        if (!outcome.ok()) ++tally->commits_failed;
        if (outcome.ok() && outcome->created) {
          for (const Ended& one : written) {
            tally->Committed(one.batch, {}, one.ends, loop.Steady() - begun);
          }
        }
        done(std::move(outcome));
      });
}

void MeteredStore::Commit(BatchCommit commit, DoneWith<Done> done) {
  bool ends = Ends(commit);
  Batch next = commit.next;
  std::vector<Request> rows = commit.rows;
  inner_.Commit(std::move(commit),
                [&loop = loop_, tally = tally_, begun = loop_.Steady(), next = std::move(next),
                 rows = std::move(rows), ends, done = std::move(done)](Result<Done> committed) {
                  if (committed.ok()) {
                    tally->Committed(next, rows, ends, loop.Steady() - begun);
                  } else {
                    ++tally->commits_failed;
                  }
                  done(std::move(committed));
                });
}

}  // namespace tipoff
