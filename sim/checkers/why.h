// `why`: the layer that it is sure of (confidence 0.8 or more) is one in which something really
// went wrong in the batch's life; and it is never sure of "none" where the clock ended a batch
// badly.
#pragma once

#include <array>
#include <map>
#include <set>
#include <vector>

#include "sim/checkers/checker.h"

namespace tipoff::sim {

class WhyChecker final : public Checker {
 public:
  using Checker::Checker;
  void OnCommit(const BatchCommit& commit, Instant at, const std::string& who) override;
  void OnFault(Layer layer, const BatchId& batch, Instant from, Instant until) override;
  void OnOrder(const BatchId& batch) override;
  void OnWhy(const Facts& facts, const Diagnosis& diagnosis, Instant asked_at) override;

 private:
  struct Struck {
    BatchId batch;  // Empty: whichever.
    Instant from, until;
  };
  bool WasFaulted(Layer layer, const BatchId& batch, Instant from, Instant until) const;

  std::array<std::vector<Struck>, kLayers> struck_;
  std::set<BatchId> ordered_;
  std::set<BatchId> incomplete_;  // Started although data were missing.
};

}  // namespace tipoff::sim
