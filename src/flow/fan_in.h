// The end of a batch: writes the ending commit once every request is counted, and afterwards makes
// the rows that were open say what they have become.
#pragma once

#include <set>

#include "base/loop.h"
#include "flow/driver.h"
#include "store/store.h"

namespace tipoff {

class FanIn {
 public:
  FanIn(Loop& loop, Store& store, Driver& driver) : loop_(loop), store_(store), driver_(driver) {}

  // The ending commit. Asked for twice, or by two coordinators, it is written once.
  void Finalize(const BatchId& batch);
  // Rewrites the open rows of a terminal batch, in chunks.
  void Settle(const BatchId& batch);

  // Batches whose rows it is rewriting.
  std::size_t active() const { return settling_.size(); }

 private:
  void SettleChunk(const BatchId& batch, std::int64_t after);
  void SettleRows(const BatchId& batch, const std::vector<Request>& rows);

  Loop& loop_;
  Store& store_;
  Driver& driver_;
  std::set<BatchId> settling_;
};

}  // namespace tipoff
