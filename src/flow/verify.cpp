#include "flow/verify.h"

#include <fmt/format.h>

#include <memory>

#include "core/journal.h"
#include "core/limits.h"

namespace tipoff {
namespace {

// Reads of a batch that changed meanwhile, before the caller is told to ask again.
constexpr int kReadsMax = 5;

struct Verifier : std::enable_shared_from_this<Verifier> {
  Verifier(Store& a_store, BatchId a_id, DoneWith<JournalProof> a_done)
      : store(a_store), id(std::move(a_id)), done(std::move(a_done)) {}

  void Begin() {
    proof = {};
    fold = {};
    folding = true;
    rows_read = 0;
    store.Load(id, {}, [self = shared_from_this()](Result<Snapshot> snapshot) {
      if (!snapshot.ok()) return self->done(snapshot.error());
      self->batch = std::move(snapshot->batch);
      self->NextEntries();
    });
  }

  void NextEntries() {
    store.ReadJournal(id, proof.entries, limits::kJournalPerPage,
                      [self = shared_from_this()](Result<std::vector<JournalRecord>> page) {
                        if (!page.ok()) return self->done(page.error());
                        for (const JournalRecord& record : *page) self->Take(record);
                        if (page->size() == limits::kJournalPerPage) return self->NextEntries();
                        self->CheckHeader();
                      });
  }

  // Entries behind the header that was read belong to a batch that has moved on.
  void Take(const JournalRecord& record) {
    if (record.seq > batch.version) return;
    ++proof.entries;
    if (record.hash != ChainHash(proof.hash, record.text)) {
      Problem(fmt::format("entry {}: its text and the entries before it do not give its hash",
                          record.seq));
    }
    proof.hash = record.hash;
    if (!folding) return;
    auto entry = DecodeJournal(record.text);
    Status added = entry.ok() ? fold.Add(*entry) : Status(entry.error());
    if (added.ok()) return;
    Problem(fmt::format("entry {}: {}", record.seq, added.error().message));
    folding = false;  // What follows can only contradict it, too.
  }

  void CheckHeader() {
    if (proof.hash != batch.journal_hash) {
      Problem("the batch names another last hash: entries are missing at the end, or were added");
    }
    if (!folding) return Settle();
    Status matches = fold.Matches(batch);
    if (!matches.ok()) Problem(matches.error().message);
    NextRows(-1);
  }

  void NextRows(std::int64_t after) {
    store.ListRequests(id, {.after = after, .limit = limits::kTransitionsPerCommit},
                       [self = shared_from_this()](Result<std::vector<Request>> rows) {
                         if (!rows.ok()) return self->done(rows.error());
                         for (const Request& row : *rows) self->CheckRow(row);
                         if (rows->size() == limits::kTransitionsPerCommit) {
                           return self->NextRows(rows->back().ordinal);
                         }
                         self->CheckRowCount();
                         self->Settle();
                       });
  }

  void CheckRowCount() {
    if (!batch.sealed || rows_read == batch.expected()) return;
    Problem(fmt::format("{} requests are stored, {} were recorded", rows_read, batch.expected()));
  }

  void CheckRow(const Request& row) {
    ++rows_read;
    if (row.ordinal >= fold.states().size()) {
      return Problem(fmt::format("request {}: the journal knows no such request", row.ordinal));
    }
    RequestState told = fold.states()[row.ordinal];
    RequestState stored = StateUnder(batch, row);
    if (told == stored) return;
    Problem(fmt::format("request {}: the journal says {}, the store {}", row.ordinal,
                        ToString(told), ToString(stored)));
  }

  // What was read belongs together only if nothing was committed meanwhile.
  void Settle() {
    store.Load(id, {}, [self = shared_from_this()](Result<Snapshot> snapshot) {
      if (!snapshot.ok()) return self->done(snapshot.error());
      if (snapshot->batch.version == self->batch.version) return self->done(self->proof);
      if (++self->reads < kReadsMax) return self->Begin();
      self->done(Error{Errc::kConflict,
                       "the batch changes faster than its journal can be read; ask again"});
    });
  }

  void Problem(std::string what) {
    if (proof.problems.size() < JournalProof::kProblemsMax) {
      proof.problems.push_back(std::move(what));
    }
  }

  Store& store;
  BatchId id;
  DoneWith<JournalProof> done;
  Batch batch;
  JournalFold fold;
  bool folding = true;
  std::uint64_t rows_read = 0;
  int reads = 0;
  JournalProof proof;
};

}  // namespace

void VerifyJournal(Store& store, const BatchId& batch, DoneWith<JournalProof> done) {
  std::make_shared<Verifier>(store, batch, std::move(done))->Begin();
}

}  // namespace tipoff
