// A small world in memory: one store, one bus, processes that can be killed, and a time that only
// the test moves.
#pragma once

#include <memory>
#include <string>

#include "bus/memory/memory_bus.h"
#include "bus/messages.h"
#include "flow/coordinator.h"
#include "store/memory/memory_store.h"
#include "support/faulty_bus.h"
#include "support/faulty_store.h"
#include "support/manual_loop.h"

namespace tipoff {

// A loop that dies with its process: nothing that was posted or planned runs any more.
class ProcessLoop final : public Loop {
 public:
  explicit ProcessLoop(ManualLoop& world) : world_(world) {}
  // `skew` is what its wall clock is ahead of the others'.
  Instant Now() override { return world_.Now() + skew; }
  Duration Steady() override { return world_.Steady(); }
  void Post(Task task) override { world_.Post(Guarded(std::move(task))); }
  TimerId After(Duration delay, Task task) override {
    return world_.After(delay, Guarded(std::move(task)));
  }
  void Cancel(TimerId timer) override { world_.Cancel(timer); }
  void Kill() { life_->alive = false; }
  // As a stopped process, or one whose machine sleeps: nothing runs until it is woken; then all
  // that was due runs at once.
  void Pause() { life_->paused = true; }
  void Wake() {
    life_->paused = false;
    for (Task& task : std::exchange(life_->missed, {})) world_.Post(Guarded(std::move(task)));
  }

  Duration skew{0};

 private:
  struct Life {
    bool alive = true;
    bool paused = false;
    std::vector<Task> missed;
  };
  Task Guarded(Task task) {
    return [life = life_, task = std::move(task)]() mutable {
      if (!life->alive) return;
      if (life->paused) return life->missed.push_back(std::move(task));
      task();
    };
  }
  ManualLoop& world_;
  std::shared_ptr<Life> life_ = std::make_shared<Life>();
};

// A coordinator process.
class TestCoordinator {
 public:
  TestCoordinator(ManualLoop& world, MemoryDatabase& database, MemoryBroker& broker,
                  const std::string& name, Sweep::Options sweep = {},
                  const Relay::Prefetch& prefetch = {})
      : loop(world),
        memory(database, loop),
        store(memory, loop),
        memory_bus(broker, loop),
        bus(memory_bus, loop),
        random(MixText(7, name)),
        coordinator(loop, store, bus, random,
                    {.process = Incarnation(name),
                     .sweep = sweep,
                     .targets = {{"log", LogAnnouncement()}},
                     .prefetch = prefetch}) {}
  ~TestCoordinator() { loop.Kill(); }

  ProcessLoop loop;
  MemoryStore memory;
  FaultyStore store;
  MemoryBus memory_bus;
  FaultyBus bus;
  SeededRandom random;
  Coordinator coordinator;
};

struct World {
  // A slate of `players` players of one game on 2025-01-15.
  void AddSlate(int players, const std::string& date = "2025-01-15");
  std::unique_ptr<TestCoordinator> NewCoordinator(const std::string& name = "c1",
                                                  Sweep::Options sweep = {});

  StartOutcome Start(TestCoordinator& process, StartRequest request = {});
  static StartRequest For(const std::string& date);

  // Takes up to `max` requests off the bus, as a worker does, and leaves them unsettled.
  std::vector<std::pair<LeaseToken, RequestMessage>> LeaseRequests(std::size_t max = 1000);
  // What a worker does with one request, or parts of it.
  void Stage(const RequestMessage& request, RequestState status = RequestState::kSucceeded);
  void Report(const RequestMessage& request, RequestState status = RequestState::kSucceeded);
  // Works off everything that is on the bus; returns how many requests that were.
  int WorkAll();

  Batch Stored(const BatchId& batch) const;
  const MemoryDatabase::StoredBatch& Everything(const BatchId& batch) const;

  ManualLoop loop;
  MemoryDatabase database;
  MemoryBroker broker;
};

}  // namespace tipoff
