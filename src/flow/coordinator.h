// A coordinator: the parts of flow/ joined. Several may run on one store and one bus, in one or
// many processes; any of them may stop at any instruction, and another goes on.
#pragma once

#include <map>
#include <memory>

#include "flow/announce.h"
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
  };

  // All must outlive this.
  Coordinator(Loop& loop, Store& store, Bus& bus, Random& random, Options options);

  // Takes completions, sweeps, relays and announces until stopped. What an earlier life left
  // unfinished is found by the first sweep.
  void Start();
  // Finishes the commits under way; then `stopped` runs.
  void Stop(std::function<void()> stopped);

  // Nothing that was set going is under way any more, but for completions being taken in.
  bool idle() const {
    return driver_.pending() == 0 && relay_.active() == 0 && fan_in_.active() == 0 &&
           sweep_.active() == 0;
  }

  Driver& driver() { return driver_; }
  Starter& starter() { return starter_; }
  Sweep& sweep() { return sweep_; }
  CompletionIntake& intake() { return intake_; }
  TroubleLog& troubles() { return troubles_; }

 private:
  void SeeTo(const Batch& batch, const Effects& effects);

  TroubleLog troubles_;
  Driver driver_;
  Relay relay_;
  CompletionIntake intake_;
  FanIn fan_in_;
  Sweep sweep_;
  Announcer announcer_;
  Starter starter_;
  Standing standing_;
};

}  // namespace tipoff
