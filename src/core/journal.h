// The journal: one entry per commit of a batch, append-only, chained by hash. Reading the entries
// in order gives back the stored state, so that what happened can be proven and asked about later.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/batch.h"

namespace tipoff {

// Requests `first`..`last`, both included.
struct OrdinalRange {
  std::uint32_t first = 0;
  std::uint32_t last = 0;

  friend bool operator==(const OrdinalRange&, const OrdinalRange&) = default;
};

struct JournalEntry {
  std::uint64_t seq = 0;  // The version of the batch that this commit wrote; 1 is its creation.
  Instant at;
  std::string actor;                // The coordinator's incarnation, or a person.
  std::vector<std::string> events;  // What was decided about, in order: "completions (12)".

  // After the commit:
  Phase phase = Phase::kAccepted;
  Reason reason = Reason::kNone;
  std::string message;
  std::uint32_t expected = 0;
  std::int64_t predictions = 0;
  std::uint32_t publication = 0;
  OpenBecome open_become = OpenBecome::kOpen;  // At the end: what rows still open became.

  struct Transition {
    RequestState to = RequestState::kPending;
    std::vector<OrdinalRange> requests;
    friend bool operator==(const Transition&, const Transition&) = default;
  };
  std::vector<Transition> transitions;
  std::vector<OrdinalRange> republish;  // Made due for another publish.
  std::vector<OrdinalRange> late;       // Completed after the end.

  friend bool operator==(const JournalEntry&, const JournalEntry&) = default;
};

// A request that one commit changes.
struct RowChange {
  Request before;
  Request after;
};

// The entry of the commit that turns `before` into `after` (whose version is the new one).
// `changes` sorted by ordinal.
JournalEntry MakeJournalEntry(const Batch& before, const Batch& after,
                              std::span<const RowChange> changes, std::vector<std::string> events,
                              std::string actor, Instant at);

// Canonical text, one field a line; the hash is taken over these bytes. Stores keep it as it is.
std::string EncodeJournal(const JournalEntry& entry);
// kCorrupt with the line at fault.
Result<JournalEntry> DecodeJournal(std::string_view text);

// Hash of an entry's text behind `previous`, the hash of the entry before it ("" at the first).
std::string ChainHash(std::string_view previous, std::string_view text);

// "0-4,9": sorted ranges of a sorted or unsorted set of ordinals.
std::vector<OrdinalRange> ToRanges(std::vector<std::uint32_t> ordinals);

// Reads a journal back into the state that it claims.
class JournalFold {
 public:
  // Entries in order of seq. kCorrupt if one contradicts those before it: a gap in seq, a
  // transition of a request that was terminal, anything but late completions after the end.
  Status Add(const JournalEntry& entry);

  // kCorrupt, naming the first difference, unless the stored header says the same.
  Status Matches(const Batch& stored) const;

  // What each request reads as.
  const std::vector<RequestState>& states() const { return states_; }

 private:
  JournalEntry last_;
  Counts counts_;
  std::vector<RequestState> states_;
  std::uint32_t late_ = 0;
};

}  // namespace tipoff
