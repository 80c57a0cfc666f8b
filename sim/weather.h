// What befalls the world as a whole, every few seconds: outages, deleted subscriptions, crashes,
// pauses, wrong clocks, and messages from elsewhere.
#pragma once

#include "core/batch.h"

namespace tipoff::sim {

class World;
class Process;

class Weather {
 public:
  explicit Weather(World& world);

  // Batches that messages from elsewhere may name.
  void OnCommit(const Batch& batch) { last_batch_ = batch.id; }

 private:
  void Tick();
  void Befall(Process& process);
  void Foreign();

  World& world_;
  BatchId last_batch_;
};

}  // namespace tipoff::sim
