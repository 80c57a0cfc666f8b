#include "sim/readers.h"

#include "base/random.h"
#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {

using std::chrono::milliseconds;
using std::chrono::seconds;

void Readers::OnCommit(const Batch& batch) {
  if (batch.version != 1) return;
  ReadAt(batch.id, batch.terminal_by + milliseconds(5));
  ReadAt(batch.id, batch.terminal_by + seconds(4));
}

void Readers::ReadAt(const BatchId& batch, Instant at) {
  world_.clock.At(at, [this, batch] { Read(batch); });
}

// As the API does it: what is stored, unless its time demands something; then that first.
void Readers::Read(const BatchId& batch) {
  std::uint64_t choice = world_.faults.Draw("reader", MixText(0, batch.str()));
  Process* process = world_.AwakeCoordinator(choice);
  if (process == nullptr) return;
  Instant asked_at = world_.clock.now();
  process->store().Load(batch, {}, [this, process, asked_at](Result<Snapshot> snapshot) {
    if (!snapshot.ok()) return;
    Batch stored = std::move(snapshot->batch);
    bool overdue = !IsTerminal(stored.phase) && process->store().Now() >= stored.terminal_by;
    if (!overdue) return world_.Read(stored, asked_at);
    process->coordinator()->sweep().Visit(stored, [this, asked_at](Result<Applied> applied) {
      if (!applied.ok()) return;  // Told as overdue.
      world_.sometimes.Saw("batch ended by a read");
      world_.Read(applied->batch, asked_at);
    });
  });
}

}  // namespace tipoff::sim
