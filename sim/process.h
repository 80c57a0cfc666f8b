// One life of one process: its loop, its clock, its clients of store, bus and history, and the
// coordinator or the worker that runs in it. When it dies nothing of it runs any more.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/random.h"
#include "flow/coordinator.h"
#include "sim/clockwork.h"
#include "sim/sim_bus.h"
#include "sim/sim_history.h"
#include "sim/sim_store.h"
#include "worker/worker.h"

namespace tipoff::sim {

class World;

class Process {
 public:
  // `number` and `lives` make its incarnation; a process that is started again has the same name.
  Process(World& world, std::string name, bool coordinates, std::uint64_t number, int lives);
  ~Process();

  bool alive() const { return life_->alive; }
  // Not dead and not standing still.
  bool Awake() const;
  const std::string& name() const { return name_; }
  const Incarnation& incarnation() const { return incarnation_; }
  const std::shared_ptr<Life>& life() const { return life_; }
  ProcessLoop& loop() { return loop_; }
  SimStore& store() { return store_; }
  Bus& bus() { return bus_; }
  // nullptr in a worker process.
  Coordinator* coordinator() { return coordinator_.get(); }

  // Who comes by a fault site: this process in all its lives, at this place of it.
  std::uint64_t Entity(std::string_view place, std::uint64_t which = 0) const;

  // Dies here and now; whatever runs at the moment can do no more harm.
  void Crash(std::string_view call, std::string_view how);
  void Kill();
  void StandStill(Duration how_long);

 private:
  void MakeCoordinator();
  void MakeWorker();

  World& world_;
  std::string name_;
  std::uint64_t number_;
  Incarnation incarnation_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
  ProcessLoop loop_;
  SimStore store_;
  SimBus bus_;
  SimHistory history_;
  SeededRandom random_;
  std::unique_ptr<Coordinator> coordinator_;
  std::unique_ptr<Worker> worker_;
};

}  // namespace tipoff::sim
