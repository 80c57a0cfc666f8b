// The journal says what happened: each entry is chained to the one before it, and all of them
// together, read by nothing of the product but the text's own reader, give what is stored.
#pragma once

#include <map>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class JournalChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void AtEnd(Instant at) override;

 private:
  void CheckFold(const MemoryDatabase::StoredBatch& stored);

  std::map<BatchId, std::string> last_hash_;
};

}  // namespace tipoff::sim
