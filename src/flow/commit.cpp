#include "flow/commit.h"

#include <algorithm>

#include "base/mutant.h"
#include "flow/alerts.h"
#include "flow/announce.h"

namespace tipoff {
namespace {

bool Publishes(const Batch& batch) {
  return (batch.phase == Phase::kSucceeded || batch.phase == Phase::kPartial) &&
         batch.predictions > 0;
}

}  // namespace

CommitBuilder::CommitBuilder(Snapshot snapshot)
    : snapshot_(std::move(snapshot)), before_(snapshot_.batch) {}

std::vector<std::size_t> CommitBuilder::Apply(const Event& event) {
  Decision decision = Decide(snapshot_.batch, snapshot_.rows, event);
  effects_.Merge(decision.effects);
  if (decision.intervention != Intervention::kNone) intervention_ = decision.intervention;
  if (decision.changed) {
    changed_ = true;
    events_.push_back(Describe(event));
  }
  snapshot_.batch = std::move(decision.next);
  auto position = snapshot_.rows.begin();
  for (Request& row : decision.rows) {
    position = std::lower_bound(
        position, snapshot_.rows.end(), row.ordinal,
        [](const Request& stored, std::uint32_t ordinal) { return stored.ordinal < ordinal; });
    auto [change, first] = changes_.try_emplace(row.ordinal, RowChange{*position, row});
    if (!first) change->second.after = row;
    *position = std::move(row);
  }
  return std::move(decision.strays);
}

BatchCommit CommitBuilder::Build(const std::string& actor, Instant now,
                                 const std::vector<std::string>& targets) {
  TIPOFF_CHECK(changed_, "a commit of nothing");
  BatchCommit commit;
  commit.next = snapshot_.batch;
  ++commit.next.version;
  bool ends = IsTerminal(commit.next.phase) && !IsTerminal(before_.phase);
  if (ends) {
    bool reused = TIPOFF_MUTANT("publication-reused");
    if (Publishes(commit.next)) {
      commit.next.publication = reused ? 1 : snapshot_.next_publication;
    }
    commit.announcements = MakeAnnouncements(commit.next.id.str(), {.batch = commit.next.id},
                                             targets, commit.next.terminal_at);
  }
  if (intervention_ != Intervention::kNone) {
    commit.records.push_back(InterventionRecord(commit.next.id, intervention_, now));
  }
  std::vector<RowChange> changes;
  for (auto& [ordinal, change] : changes_) {
    commit.rows.push_back(change.after);
    changes.push_back(std::move(change));
  }
  commit.journal = EncodeJournal(
      MakeJournalEntry(before_, commit.next, changes, std::move(events_), actor, now));
  bool broken = TIPOFF_MUTANT("journal-unchained");
  commit.next.journal_hash = ChainHash(broken ? "" : before_.journal_hash, commit.journal);
  return commit;
}

BatchCommit MakeCreation(Batch header, std::uint32_t expected, std::vector<NewRequest> new_rows,
                         const std::string& actor, Instant now,
                         const std::vector<std::string>& targets) {
  header.counts = Counts(expected);
  header.created_at = now;
  header.progress_at = now;
  header.terminal_by = now + header.policy.deadline;
  Snapshot snapshot;
  snapshot.batch = std::move(header);
  CommitBuilder builder(std::move(snapshot));
  builder.Apply(RowsWritten{now, static_cast<std::uint32_t>(new_rows.size())});
  BatchCommit commit = builder.Build(actor, now, targets);
  commit.new_rows = std::move(new_rows);
  return commit;
}

NewRequest MakeRequest(std::uint32_t ordinal, RequestSpec spec, Instant now) {
  NewRequest request;
  request.row.ordinal = ordinal;
  request.row.player = spec.player;
  request.row.group = spec.group;
  request.row.hops.recorded = now;
  request.spec = std::move(spec);
  return request;
}

}  // namespace tipoff
