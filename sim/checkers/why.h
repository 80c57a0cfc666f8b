// `why`: the layer that it names is one in which something really went wrong in the batch's life,
// and it names one where a batch ended badly because something did.
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
