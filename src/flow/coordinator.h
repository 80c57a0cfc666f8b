// A coordinator: the parts of flow/ joined. Several may run on one store and one bus, in one or
// many processes; any of them may stop at any instruction, and another goes on.
#pragma once

#include <functional>
#include <map>
#include <memory>

#include "flow/announce.h"
#include "flow/canary.h"
#include "flow/completion.h"
#include "flow/driver.h"
#include "flow/fan_in.h"
#include "flow/relay.h"
#include "flow/standing.h"
#include "flow/start.h"
#include "flow/sweep.h"
#include "flow/trouble.h"

namespace tipoff {

class Coordinator {
 public:
  struct Options {
    Incarnation process;
    Sweep::Options sweep;
    std::map<std::string, Announce> targets;
    CanaryRunner::Options canary = {};                   // Off unless it has a period.
    std::size_t rows_per_chunk = limits::kRowsPerChunk;  // Of a batch being created.
    Relay::Prefetch prefetch = {};                       // Off unless it has a source.
  };

  // All must outlive this.
  Coordinator(Loop& loop, Store& store, Bus& bus, Random& random, Options options);
  ~Coordinator() { loop_.Cancel(idle_timer_); }

  // Takes completions, sweeps, relays and announces until stopped. What an earlier life left
  // unfinished is found by the first sweep.
  void Start();
  // Gives the sweep to others and finishes the commits under way; then `stopped` runs.
  void Stop(std::function<void()> stopped);

  // One whole sweep now, and what it sets going: answers once relay, reconciling and settling have
  // nothing more to do, or after `limit`. Whoever holds the lease.
  void SweepNow(Duration limit, std::function<void(Status)> done);

  // Told of every batch that one of this coordinator's commits has ended.
  void OnEnd(std::function<void(const Batch&)> listener) { on_end_ = std::move(listener); }

  // Nothing that was set going is under way any more, but for completions being taken in.
  bool idle() const {
    return driver_.pending() == 0 && relay_.active() == 0 && fan_in_.active() == 0 &&
           sweep_.active() == 0;
  }

  Driver& driver() { return driver_; }
  Starter& starter() { return starter_; }
  Sweep& sweep() { return sweep_; }
  CompletionIntake& intake() { return intake_; }
  Announcer& announcer() { return announcer_; }
  TroubleLog& troubles() { return troubles_; }

 private:
  void SeeTo(const Batch& batch, const Effects& effects);
  void WhenIdle(Duration give_up, std::function<void()> done);

  Loop& loop_;
  std::function<void(const Batch&)> on_end_;
  TroubleLog troubles_;
  Driver driver_;
  Relay relay_;
  CompletionIntake intake_;
  FanIn fan_in_;
  Sweep sweep_;
  Announcer announcer_;
  CanaryRunner canary_;
  Starter starter_;
  Loop::TimerId idle_timer_ = 0;
  Standing standing_;
};

}  // namespace tipoff
