// The clock: looks at every live batch once a period and asks the core what its time demands.
// Nothing else ends a batch that has gone quiet; nothing here waits for an event of the batch.
//
// One coordinator sweeps, by a lease; the others look each period whether it is free. If its holder
// dies another takes over within lease + 2 periods. The lease saves work and is no protection: each
// commit is guarded by its batch's version, so a leader that lost the lease without knowing, or two
// sweeps at once, do no harm. A round is given up when the lease is found lost between two pages.
//
// A round can't hang: every call has a watchdog. It can't be starved: a batch that can't be decided
// about makes room for the next one; a page that can't be read ends the round, and the next round
// begins behind what this one has done.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <string>

#include "base/loop.h"
#include "flow/alerts.h"
#include "flow/driver.h"
#include "flow/fan_in.h"
#include "flow/leadership.h"
#include "flow/redrive.h"
#include "flow/retention.h"
#include "store/store.h"

namespace tipoff {

class Sweep {
 public:
  struct Options {
    Duration period = std::chrono::seconds(5);
    Duration lease = std::chrono::seconds(15);
    Alerts::Options alerts;
    Duration keep_batches = std::chrono::hours(24 * 90);  // 0: for ever.
  };

  // `process` is who holds the lease.
  Sweep(Loop& loop, Store& store, Driver& driver, FanIn& fan_in, const Incarnation& process,
        Options options);
  ~Sweep();

  // Looks for the lease now, then once a period, until stopped; sweeps while it holds it.
  void Start();
  // Begins no further round and gives the lease up. `stopped` runs in any case, soon.
  void Stop(std::function<void()> stopped);

  // One whole round now, whoever holds the lease: a person or a scheduler asks for it. Answers once
  // every live batch has had its turn, with the first trouble that there was.
  void SweepNow(std::function<void(Status)> done);

  // One batch's turn, now: what the sweep would do with it. `done` has the header after it.
  void Visit(const Batch& batch, DoneWith<Applied> done);

  // A stalled batch: counts what is staged but was never reported, publishes the rest again.
  void Redrive(const BatchId& batch) { redriver_.Redrive(batch); }

  // Batches that it is publishing again, and visits under way.
  std::size_t active() const { return redriver_.active() + visiting_.size(); }

  struct Standing {
    bool leader = false;
    // Since every live batch last had its turn here; never: since the start.
    Duration swept_age{0};
    // The same, or since another was seen to hold the lease: somebody is there to sweep.
    Duration success_age{0};
    std::uint64_t rounds = 0;    // That ended well here.
    std::uint64_t troubles = 0;  // Rounds that did not, if only for one batch.
    std::string holder;          // Who sweeps, as far as is known; "": nobody.
  };
  Standing standing() const;

 private:
  class Round;
  void Look();
  void Plan();
  void Ended(const Status& status);

  Loop& loop_;
  Store& store_;
  Driver& driver_;
  FanIn& fan_in_;
  Options options_;
  Leadership leadership_;
  Redriver redriver_;
  Retention retention_;
  Alerts alerts_;
  Loop::TimerId timer_ = 0;
  bool stopping_ = false;
  std::set<BatchId> visiting_;  // Visits of rounds that the driver has not answered yet.
  std::string resume_;          // Where a round was cut off.
  std::string settle_cursor_;
  Duration swept_at_{};    // Steady time.
  Duration success_at_{};  // Steady time.
  std::uint64_t rounds_ = 0;
  std::uint64_t troubles_ = 0;
};

}  // namespace tipoff
