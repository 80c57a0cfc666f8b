// Old batches go. What goes: a batch that has ended and is settled, whose announcements are all
// sent or given up, and that ended longer ago than `keep`. What stays, however old: a batch whose
// publication is still the newest word about some player of its slot, and the slot's newest
// publication, from whose number the next is counted.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>

#include "base/loop.h"
#include "store/store.h"

namespace tipoff {

// The batches of a slot that its readers still see something of, by ListPublished's rule.
void FindVisible(Store& store, const Slot& slot, DoneWith<std::set<BatchId>> done);

class Retention {
 public:
  // `keep` 0: nothing is ever dropped.
  Retention(Loop& loop, Store& store, Duration keep) : loop_(loop), store_(store), keep_(keep) {}

  // One part of a pass over all old batches, small enough to lie within a round of the sweep. A
  // pass begins once an hour; a batch that can't be dropped holds up no other and is tried again by
  // a later pass.
  void Step(std::function<void(Status)> done);

  std::size_t dropped() const { return dropped_; }

 private:
  void NextBatch();
  void Judge(const Batch& batch);
  void Drop(const BatchId& batch);
  void Failed(const BatchId& batch, const Error& error);
  void Finish(Status status);

  Loop& loop_;
  Store& store_;
  Duration keep_;
  Duration next_pass_{};  // Steady time.
  std::string cursor_;
  std::deque<Batch> candidates_;
  std::map<Slot, std::set<BatchId>> visible_;  // Of the slots of this step's candidates.
  std::size_t calls_left_ = 0;
  int failures_left_ = 0;
  std::size_t dropped_ = 0;
  std::function<void(Status)> done_;
};

}  // namespace tipoff
