// Those who start batches: they know game days, they are impatient, they ask twice.
#pragma once

#include <memory>
#include <vector>

#include "flow/start.h"

namespace tipoff::sim {

class World;
class Process;

class Callers {
 public:
  // Plans what the seed starts until `until`, and puts the slates into the store.
  Callers(World& world, Duration until);

  // A forced start of the slot, as an operator orders it.
  void Force(const Slot& slot);
  // Nobody waits for an answer any more, and nobody is still to come.
  bool done() const { return open_ == 0; }

 private:
  struct Call;
  void PlanSlot(std::uint64_t number, Duration until);
  void PlanNobody(Duration until);
  void Plan(StartRequest request, Duration at);
  void Ask(const std::shared_ptr<Call>& call);
  void AskOne(const std::shared_ptr<Call>& call, Process& process);
  void Answered(const std::shared_ptr<Call>& call, Result<StartOutcome> outcome, Instant asked_at);
  void Again(const std::shared_ptr<Call>& call, Duration after);

  World& world_;
  std::uint64_t next_call_ = 0;
  int open_ = 0;
};

// Players of one game day of the world.
Slate MakeSlate(Day day, int players, Instant as_of);

}  // namespace tipoff::sim
