// Law 6: one live batch a slot, and a start that is repeated names the batch of the first. What a
// caller was told is so.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class SlotChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void OnStarted(const StartRequest& request, const StartOutcome& outcome,
                 Instant asked_at) override;
  void AtEnd(Instant at) override;

 private:
  struct Book {
    Slot slot;
    Instant terminal_by;  // As created.
    BatchId retry_of;
    BatchId superseded_by;
    bool ended = false;
  };
  std::map<BatchId, Book> books_;
  std::map<Slot, std::set<BatchId>> live_;
  std::map<std::string, BatchId> by_key_;
  std::map<BatchId, std::set<BatchId>> children_;
};

}  // namespace tipoff::sim
