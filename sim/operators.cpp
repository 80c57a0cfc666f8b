#include "sim/operators.h"

#include <fmt/format.h>

#include "sim/callers.h"
#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::uint64_t Entity(const Batch& batch) { return MixText(0x09e7, batch.id.str()); }

}  // namespace

void Operators::OnCommit(const Batch& batch) {
  if (world_.faults.healed()) return;
  Order(batch, Site::kOperatorCancel, tipoff::Order::kCancel);
  Order(batch, Site::kOperatorClear, tipoff::Order::kClear);
  Order(batch, Site::kOperatorFinish, tipoff::Order::kFinish);
  if (auto fault = world_.faults.Strike(Site::kOperatorCheckStalled, Entity(batch))) {
    Duration stall = fault->Between(milliseconds(1), minutes(2));
    Send(batch.id, *fault, CheckStalled{{}, stall, fault->Pick(2) == 0 ? 90.0 : 30.0},
         "asks whether it is stalled");
  }
  if (world_.faults.On(Site::kOperatorPatch)) Patch(batch);
  if (IsTerminal(batch.phase)) return Retry(batch);
  if (auto fault = world_.faults.Strike(Site::kOperatorForce, Entity(batch))) {
    world_.clock.After(fault->Between({}, milliseconds(20)),
                       [this, slot = batch.slot] { callers_.Force(slot); });
  }
}

void Operators::Order(const Batch& batch, Site site, tipoff::Order order) {
  auto fault = world_.faults.Strike(site, Entity(batch));
  if (!fault) return;
  Command command;
  command.order = order;
  command.why = "a simulated operator";
  Send(batch.id, *fault, command, std::string(ToString(site)));
}

void Operators::Send(const BatchId& batch, const Fault& fault, Event event,
                     const std::string& what) {
  Duration after = fault.Pick(3, 7) == 0 ? fault.Between(seconds(1), minutes(1))
                                         : fault.Between(microseconds(1), milliseconds(6));
  world_.clock.After(after, [this, batch, fault, event = std::move(event), what] {
    Process* process = world_.AwakeCoordinator(fault.Pick(1000, 9));
    if (process == nullptr) return;
    world_.Ordered(batch);
    world_.Tell("operator", fmt::format("{}: {} by {}", batch.str(), what, process->name()));
    RowKeys keys;
    bool ends = std::holds_alternative<Command>(event);
    process->coordinator()->driver().Submit(
        batch, std::move(keys), event, [this, ends](Result<Applied> applied) {
          if (!applied.ok() || !ends || IsTerminal(applied->batch.phase)) return;
          world_.notes.Violated("15 an order is obeyed",
                                applied->batch.id.str() + " was ordered to end and goes on");
        });
  });
}

void Operators::Patch(const Batch& batch) {
  auto fault = world_.faults.Strike(Site::kOperatorPatch, Entity(batch));
  if (!fault) return;
  tipoff::Patch patch;
  switch (fault->Pick(4)) {
    case 0: patch.changes.terminal_by = world_.clock.now() + fault->Between({}, minutes(3)); break;
    case 1: patch.changes.stall_after = fault->Between(seconds(5), minutes(1)); break;
    case 2: patch.changes.publishes_max = 1 + static_cast<int>(fault->Pick(4, 1)); break;
    default:
      patch.changes.tolerance = {{fault->Pick(2, 1) == 0 ? 20.0 : 70.0, Duration::max()}};
      break;
  }
  world_.sometimes.Saw("policy patched");
  Send(batch.id, *fault, patch, "patches its policy");
}

// The same batch is retried on two coordinators.
void Operators::Retry(const Batch& batch) {
  auto fault = world_.faults.Strike(Site::kOperatorRetry, Entity(batch));
  if (!fault) return;
  for (std::uint64_t i = 0; i < 2; ++i) {
    world_.clock.After(
        fault->Between({}, seconds(3)) * static_cast<int>(i) / 3,
        [this, id = batch.id, fault = *fault, i] {
          Process* process = world_.AwakeCoordinator(fault.Pick(1000, 3) + i);
          if (process == nullptr) return;
          world_.Tell("operator", fmt::format("{}: retries it by {}", id.str(), process->name()));
          process->coordinator()->starter().Retry(id, "sim", [this](Result<StartOutcome> outcome) {
            if (!outcome.ok()) return;
            using Kind = StartOutcome::Kind;
            if (outcome->kind == Kind::kNothingToRetry) {
              world_.sometimes.Saw("retry found nothing to retry");
            }
            if (outcome->kind == Kind::kAlreadyRunning && !outcome->batch.retry_of.empty()) {
              world_.sometimes.Saw("retry named the same child");
            }
          });
        });
  }
}

}  // namespace tipoff::sim
