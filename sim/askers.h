// Operators who ask why: at any moment of a batch's life, when it has ended, and when all is quiet.
#pragma once

#include "core/batch.h"
#include "sim/checkers/checker.h"

namespace tipoff::sim {

class World;

class Askers {
 public:
  explicit Askers(World& world) : world_(world) {}

  void OnCommit(const Batch& batch);
  // About everything, and waits for the answers.
  void AskAtEnd();

 private:
  void AskAt(const BatchId& batch, Instant at);
  // As GET /v1/batches/{id}/why does it.
  void Ask(const BatchId& batch, std::function<void()> asked);

  World& world_;
  std::set<BatchId> ended_;
};

}  // namespace tipoff::sim
