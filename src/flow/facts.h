// Gathers what `why` is answered from: a batch's rows and journal, who was there, what went wrong,
// what lies on the bus. Changes nothing but a probe of whether the store can be written.
#pragma once

#include <optional>

#include "base/loop.h"
#include "bus/bus.h"
#include "core/diagnose.h"
#include "flow/trouble.h"
#include "store/store.h"

namespace tipoff {

struct FactsQuery {
  BatchId batch;
  std::optional<Instant> at;  // Absent: now. Later than now is taken as now.
  bool probe_writes = false;  // Whether to try a write; not where the store is open for reading.
};

// What can't be read, or not in time, is itself a fact: the store's problem. Errors:
//   kNotFound   there is no such batch;
//   kInvalid    `at` lies before the batch's beginning.
// `troubles` (optional): of this process, for what the store has not been told yet.
void GatherFacts(Loop& loop, Store& store, Bus& bus, const TroubleLog* troubles, FactsQuery query,
                 DoneWith<Facts> done);

}  // namespace tipoff
