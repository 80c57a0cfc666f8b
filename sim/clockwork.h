// Simulated time: what is to happen, in the order of time, then of planning. Nothing happens
// outside of it, and nothing in it takes time.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <vector>

#include "base/loop.h"

namespace tipoff::sim {

// One life of one process. What was planned for a life that is over never happens; what comes due
// while it stands still happens when it goes on.
struct Life {
  bool alive = true;
  Instant still_until;
};

class Clockwork {
 public:
  using Task = std::function<void()>;
  using Id = std::uint64_t;

  explicit Clockwork(Instant start) : now_(start) {}

  Instant now() const { return now_; }
  // Times before now are now.
  Id At(Instant when, Task task, std::shared_ptr<const Life> life = nullptr);
  Id After(Duration delay, Task task, std::shared_ptr<const Life> life = nullptr) {
    return At(now_ + delay, std::move(task), std::move(life));
  }
  void Cancel(Id id);

  // Lets the next thing happen that is due by `until`; false, and it is `until`, if there is none.
  bool Step(Instant until);
  std::uint64_t steps() const { return steps_; }

 private:
  struct Slot {
    Task task;
    std::shared_ptr<const Life> life;
    std::uint32_t generation = 1;
  };
  struct Due {
    Instant when;
    std::uint64_t order;
    Id id;
    bool operator>(const Due& other) const {
      return when != other.when ? when > other.when : order > other.order;
    }
  };
  void Push(Instant when, Id id);

  Instant now_;
  std::uint64_t next_order_ = 0;
  std::uint64_t steps_ = 0;
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

// The loop of one life of one process: the world's time, the process's own wall clock.
class ProcessLoop final : public Loop {
 public:
  ProcessLoop(Clockwork& clock, std::shared_ptr<Life> life)
      : clock_(clock), life_(std::move(life)) {}

  Instant Now() override { return clock_.now() + skew_; }
  Duration Steady() override { return Duration(clock_.now().micros()); }
  void Post(Task task) override { clock_.At(clock_.now(), std::move(task), life_); }
  TimerId After(Duration delay, Task task) override {
    return clock_.After(delay, std::move(task), life_);
  }
  void Cancel(TimerId timer) override { clock_.Cancel(timer); }

  void SkewWallClock(Duration by) { skew_ += by; }

 private:
  Clockwork& clock_;
  std::shared_ptr<Life> life_;
  Duration skew_{};
};

}  // namespace tipoff::sim
