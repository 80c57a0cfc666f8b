// From decisions to one commit: several events, decided one after the other on one snapshot,
// written together. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/batch.h"
#include "core/journal.h"
#include "store/store.h"

namespace tipoff {

class CommitBuilder {
 public:
  // `snapshot` holds the rows of everything that the events will name.
  explicit CommitBuilder(Snapshot snapshot);

  // Decides about one more event, on top of those before it.
  // Answers the indices of completions that belong to no request of the batch.
  std::vector<std::size_t> Apply(const Event& event);

  // Whether there is anything to commit.
  bool changed() const { return changed_; }
  const Batch& batch() const { return snapshot_.batch; }
  const Effects& effects() const { return effects_; }

  // The commit: version, publication number, journal entry and chain, and, if the batch ends with
  // it, one announcement for each of `targets`. What the clock did unasked is put on record with
  // it, see flow/alerts.h. Call once, if changed.
  BatchCommit Build(const std::string& actor, Instant now, const std::vector<std::string>& targets);

 private:
  Snapshot snapshot_;
  Batch before_;
  std::map<std::uint32_t, RowChange> changes_;
  std::vector<std::string> events_;
  Effects effects_;
  Intervention intervention_ = Intervention::kNone;
  bool changed_ = false;
};

// The creating commit of a new batch (version 1) of `expected` requests with the first
// `new_rows.size()` of them; with all of them it is sealed. `header` has id, slot, policy and
// provenance; the rest is set here.
BatchCommit MakeCreation(Batch header, std::uint32_t expected, std::vector<NewRequest> new_rows,
                         const std::string& actor, Instant now,
                         const std::vector<std::string>& targets);

// A request's first row.
NewRequest MakeRequest(std::uint32_t ordinal, RequestSpec spec, Instant now);

}  // namespace tipoff
