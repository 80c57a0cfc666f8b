// People who order at the worst moment: just as something is being committed.
#pragma once

#include "core/batch.h"
#include "sim/faults.h"

namespace tipoff::sim {

class World;
class Callers;

class Operators {
 public:
  Operators(World& world, Callers& callers) : world_(world), callers_(callers) {}

  // A batch has just been changed to `batch`: perhaps somebody orders something now.
  void OnCommit(const Batch& batch);

 private:
  void Order(const Batch& batch, Site site, tipoff::Order order);
  void Send(const BatchId& batch, const Fault& fault, Event event, const std::string& what);
  void Patch(const Batch& batch);
  void Retry(const Batch& batch);

  World& world_;
  Callers& callers_;
};

}  // namespace tipoff::sim
