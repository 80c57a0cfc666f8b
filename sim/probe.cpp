#include "sim/probe.h"

#include <fmt/format.h>

#include <optional>

#include "sim/callers.h"
#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {
namespace {

using std::chrono::minutes;

constexpr char kLaw[] = "16 a process goes on";
const Day kProbeDay = Day::FromDays(20'160);
constexpr int kPlayers = 2;

}  // namespace

void Probe(World& world) {
  auto [coordinator, worker] = world.LeaveOnly(world.faults.Draw("who is probed"));
  if (coordinator == nullptr || worker == nullptr) return;
  world.Tell("world",
             fmt::format("asks {} and {} for one more batch", coordinator->name(), worker->name()));
  world.database.slates[kProbeDay] = MakeSlate(kProbeDay, kPlayers, world.clock.now());
  StartRequest request;
  request.slot = {kProbeDay, ""};
  request.policy.deadline = minutes(10);
  request.trigger = "probe";
  std::optional<Result<StartOutcome>> answer;
  coordinator->coordinator()->starter().Start(
      request, [&answer](Result<StartOutcome> outcome) { answer.emplace(std::move(outcome)); });
  Instant until = world.clock.now() + minutes(1);
  while (!answer && world.clock.Step(until)) {
  }
  if (!answer || !answer->ok()) {
    return world.notes.Violated(kLaw, coordinator->name() + " starts nothing any more");
  }
  const Batch* stored = nullptr;
  auto look = [&] {
    for (const auto& [number, entry] : world.database.batches()) {
      if (entry.batch.id == (*answer)->batch.id) stored = &entry.batch;
    }
    return stored != nullptr && IsTerminal(stored->phase);
  };
  until = world.clock.now() + minutes(9);
  while (!look() && world.notes.violations.empty() && world.clock.Step(until)) {
  }
  if (!world.notes.violations.empty()) return;
  if (stored == nullptr || !IsTerminal(stored->phase) || stored->counts.terminal() != kPlayers ||
      stored->reason == Reason::kDeadlineExceeded || stored->reason == Reason::kStalled) {
    world.notes.Violated(kLaw, fmt::format("{} and {} do not get a batch done any more",
                                           coordinator->name(), worker->name()));
  }
}

}  // namespace tipoff::sim
