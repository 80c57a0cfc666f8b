// Those who ask how a batch stands, above all just when its time is over.
#pragma once

#include "core/batch.h"

namespace tipoff::sim {

class World;

class Readers {
 public:
  explicit Readers(World& world) : world_(world) {}

  // A batch is there or has another time: it will be asked about.
  void OnCommit(const Batch& batch);

 private:
  void ReadAt(const BatchId& batch, Instant at);
  void Read(const BatchId& batch);

  World& world_;
};

}  // namespace tipoff::sim
