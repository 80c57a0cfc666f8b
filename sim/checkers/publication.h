// Publications have numbers of their own, and readers of a slot see of each player the newest that
// says something about him.
#pragma once

#include <map>
#include <set>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class PublicationChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void OnPublishedRead(const Slot& slot, const std::vector<SeenPlayer>& seen) override;

 private:
  struct Row {
    PlayerId player;
    RequestState state = RequestState::kPending;
    std::int32_t predictions = 0;
  };
  std::map<BatchId, std::map<std::uint32_t, Row>> rows_;
  std::map<BatchId, bool> ended_;
  std::map<Slot, std::map<std::uint32_t, BatchId>> numbers_;
  // Of each slot and player.
  std::map<Slot, std::map<PlayerId, SeenPlayer>> newest_;
};

}  // namespace tipoff::sim
