// The clock: looks at every live batch once a period and asks the core what its time demands.
// Nothing else ends a batch that has gone quiet; nothing here waits for an event of the batch.
#pragma once

#include <set>

#include "base/loop.h"
#include "flow/driver.h"
#include "flow/fan_in.h"
#include "store/store.h"

namespace tipoff {

class Sweep {
 public:
  struct Options {
    Duration period = std::chrono::seconds(5);
  };

  Sweep(Loop& loop, Store& store, Driver& driver, FanIn& fan_in, Options options);
  ~Sweep();

  // Sweeps now, then once a period, until destroyed.
  void Start();

  // One batch's turn, now: what the sweep would do with it. `done` has the header after it.
  void Visit(const Batch& batch, DoneWith<Applied> done);

  // A stalled batch: counts what is staged but was never reported, publishes the rest again.
  void Redrive(const BatchId& batch);

  // Batches that it is publishing again.
  std::size_t active() const { return redriving_.size(); }

  struct Standing {
    Duration success_age{0};  // Since a round went through; before the first: since the start.
  };
  Standing standing() const { return {loop_.Steady() - success_at_}; }

 private:
  void Round();
  void Page(const std::string& cursor);
  void SettlePage();
  void Plan(Duration wait);
  void RedrivePage(const BatchId& batch, std::int64_t after);
  void Reconcile(const BatchId& batch, std::vector<Request> rows, std::vector<StagedResult> staged);

  Loop& loop_;
  Store& store_;
  Driver& driver_;
  FanIn& fan_in_;
  Options options_;
  Loop::TimerId timer_ = 0;
  std::set<BatchId> redriving_;
  Duration success_at_{};  // Steady time.
};

}  // namespace tipoff
