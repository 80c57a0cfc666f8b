// Port: time and tasks. One loop, one thread: everything in flow/ and worker/ runs on it, so that
// no lock is needed there. Adapters own their threads and post their completions back.
#pragma once

#include <cstdint>
#include <functional>

#include "base/instant.h"

namespace tipoff {

class Loop {
 public:
  using Task = std::function<void()>;
  using TimerId = std::uint64_t;  // 0 names no timer.

  virtual ~Loop() = default;

  // Wall clock. May be wrong and may step back: what decides about a batch is `Store::Now`.
  virtual Instant Now() = 0;
  // Time since an arbitrary start; never steps back.
  virtual Duration Steady() = 0;

  // Runs `task` later on the loop's thread, exactly once, never inside this call; in the order of
  // posting. Callable from any thread. Dropped unrun if the loop is destroyed first.
  virtual void Post(Task task) = 0;

  // Runs `task` on the loop's thread once `delay` has passed. From the loop's thread only.
  virtual TimerId After(Duration delay, Task task) = 0;
  // The task of `timer` will not run. A timer that has run, or 0, is ignored.
  virtual void Cancel(TimerId timer) = 0;
};

}  // namespace tipoff
