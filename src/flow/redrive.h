// What is done for a stalled batch: results that are staged but were never reported are counted,
// and what is outstanding is due for another publish.
#pragma once

#include <deque>
#include <set>

#include "base/loop.h"
#include "flow/driver.h"
#include "store/store.h"

namespace tipoff {

class Redriver {
 public:
  Redriver(Loop& loop, Store& store, Driver& driver)
      : loop_(loop), store_(store), driver_(driver) {}

  // Asked for twice it is done once; many stalled batches wait for each other. What fails is asked
  // for again by a later round of the sweep.
  void Redrive(const BatchId& batch);

  // Batches that it is at work on or that wait for it.
  std::size_t active() const { return known_.size(); }

 private:
  void StartSome();
  void Finish(const BatchId& batch);
  void Page(const BatchId& batch, std::int64_t after);
  void Staged(const BatchId& batch, std::vector<Request> rows);
  void Reconcile(const BatchId& batch, std::vector<Request> rows, std::vector<StagedResult> staged);

  Loop& loop_;
  Store& store_;
  Driver& driver_;
  std::set<BatchId> known_;
  std::deque<BatchId> waiting_;
  std::size_t at_work_ = 0;
};

}  // namespace tipoff
