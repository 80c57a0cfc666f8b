#include "sim/askers.h"

#include <fmt/format.h>

#include "base/random.h"
#include "flow/facts.h"
#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

void Askers::OnCommit(const Batch& batch) {
  std::uint64_t who = MixText(0x3a5, batch.id.str());
  if (batch.version == 1) {
    Duration life = batch.terminal_by - batch.created_at;
    auto span = static_cast<std::uint64_t>(life.count()) + 1;
    auto after = static_cast<std::int64_t>(world_.faults.Draw("asks why", who) % span);
    AskAt(batch.id, batch.created_at + Duration(after));
  }
  bool badly = batch.phase == Phase::kPartial || batch.phase == Phase::kFailed;
  if (!badly || !ended_.insert(batch.id).second) return;
  AskAt(batch.id, world_.clock.now() + world_.faults.Latency(who, milliseconds(1), minutes(1)));
}

void Askers::AskAt(const BatchId& batch, Instant at) {
  world_.clock.At(at, [this, batch] { Ask(batch, [] {}); });
}

void Askers::Ask(const BatchId& batch, std::function<void()> asked) {
  std::uint64_t choice = world_.faults.Draw("asker", MixText(0, batch.str()));
  Process* process = world_.AwakeCoordinator(choice);
  if (process == nullptr) return;
  Instant asked_at = world_.clock.now();
  FactsQuery query{.batch = batch, .at = std::nullopt, .probe_writes = true};
  GatherFacts(
      process->loop(), process->store(), process->bus(), &process->coordinator()->troubles(),
      std::move(query), [this, batch, asked_at, asked = std::move(asked)](Result<Facts> facts) {
        if (facts.ok()) {
          Diagnosis diagnosis = Diagnose(*facts);
          if (world_.telling()) {
            world_.Tell("operator", fmt::format("{}: why? {}: {}", batch.str(),
                                                ToString(diagnosis.layer), diagnosis.sentence));
            for (const Evidence& fact : diagnosis.evidence) {
              world_.Tell("", fmt::format("  {}: {}", fact.name, fact.detail));
            }
          }
          world_.Why(*facts, diagnosis, asked_at);
        }
        asked();
      });
}

void Askers::AskAtEnd() {
  for (const auto& [number, stored] : world_.database.batches()) {
    bool answered = false;
    Ask(stored.batch.id, [&answered] { answered = true; });
    Instant until = world_.clock.now() + minutes(1);
    while (!answered && world_.clock.Step(until)) {
    }
    if (!answered || !world_.notes.violations.empty()) return;
  }
}

}  // namespace tipoff::sim
