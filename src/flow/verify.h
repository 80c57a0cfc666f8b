// The journal as proof: reads a batch's journal from its first entry and holds it against what is
// stored. Changes nothing.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "store/store.h"

namespace tipoff {

struct JournalProof {
  std::uint64_t entries = 0;
  std::string hash;  // Of the last entry; the header's, if there is no problem.
  // What does not hold, in words; empty: each entry follows from the one before it, and all of them
  // together give the stored header and the state of every request. At most kProblemsMax.
  std::vector<std::string> problems;

  static constexpr std::size_t kProblemsMax = 20;
  bool holds() const { return problems.empty(); }
};

// kNotFound if there is no such batch. kConflict if the batch changes faster than it can be read.
// A damaged journal is no error but a problem of the proof.
void VerifyJournal(Store& store, const BatchId& batch, DoneWith<JournalProof> done);

}  // namespace tipoff
