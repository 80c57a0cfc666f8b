#include "sim/clockwork.h"

#include <algorithm>

namespace tipoff::sim {

Clockwork::Id Clockwork::At(Instant when, Task task, std::shared_ptr<const Life> life) {
  std::uint32_t index = 0;
  if (free_.empty()) {
    index = static_cast<std::uint32_t>(slots_.size());
    slots_.emplace_back();
  } else {
    index = free_.back();
    free_.pop_back();
  }
  Slot& slot = slots_[index];
  slot.task = std::move(task);
  slot.life = std::move(life);
  Id id = (Id{slot.generation} << 32) | index;
  Push(std::max(when, now_), id);
  return id;
}

void Clockwork::Push(Instant when, Id id) { due_.push({when, next_order_++, id}); }

void Clockwork::Cancel(Id id) {
  auto index = static_cast<std::uint32_t>(id);
  if (index >= slots_.size() || slots_[index].generation != id >> 32) return;
  // The task goes after its slot: destroying it may plan or cancel other things.
  Task task = std::move(slots_[index].task);
  slots_[index].task = nullptr;
  slots_[index].life = nullptr;
  ++slots_[index].generation;
  free_.push_back(index);
}

bool Clockwork::Step(Instant until) {
  while (!due_.empty() && due_.top().when <= until) {
    Due next = due_.top();
    due_.pop();
    auto index = static_cast<std::uint32_t>(next.id);
    Slot& slot = slots_[index];
    if (slot.generation != next.id >> 32) continue;  // Cancelled.
    now_ = next.when;
    if (slot.life != nullptr && slot.life->alive && slot.life->still_until > now_) {
      Push(slot.life->still_until, next.id);
      continue;
    }
    bool lives = slot.life == nullptr || slot.life->alive;
    Task task = std::move(slot.task);
    Cancel(next.id);
    if (!lives) continue;
    ++steps_;
    task();
    return true;
  }
  now_ = std::max(now_, until);
  return false;
}

}  // namespace tipoff::sim
