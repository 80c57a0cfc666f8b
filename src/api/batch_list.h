// Which batches somebody asks about, and finding them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "http/message.h"
#include "store/store.h"

namespace tipoff {

// A live batch after its promised time, or without progress for as long as its policy calls a
// stall.
bool IsStuck(const Batch& batch, Instant now);

// How live batches stand, counted in one place for health and for metrics.
struct LiveSummary {
  std::uint64_t live = 0;
  std::uint64_t stuck = 0;
  std::uint64_t overdue = 0;
  std::uint64_t requests_open = 0;
  Duration idle_max{0};  // The longest without progress.
};
LiveSummary Summarise(const std::vector<Batch>& live, Instant now);

struct BatchListQuery {
  BatchFilter filter;  // `after` is the cursor, `limit` the page's size.
  bool stuck = false;
  Duration older_than{0};  // Only batches accepted longer ago; 0: all.
};

// phase, date, live, stuck, older_than, limit, cursor. kInvalid names the parameter.
Result<BatchListQuery> ReadBatchListQuery(const HttpRequest& request, Instant now);

// One page, newest first; `next` is the cursor of what was not looked through yet.
void FindBatches(Store& store, BatchListQuery query, DoneWith<BatchPage> done);

// All live batches. For a few hundred of them: it pages through the store.
void FindLive(Store& store, DoneWith<std::vector<Batch>> done);

}  // namespace tipoff
