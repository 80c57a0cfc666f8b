// Lets a ManualLoop's time pass, a little with each moment of real time, until something holds: for
// calls that take real time and pauses that take the loop's.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>

#include "support/manual_loop.h"

namespace tipoff {

inline void RunWithPauses(ManualLoop& loop, const std::function<bool()>& done) {
  std::mutex mutex;
  std::condition_variable nobody;
  for (int moments = 0; !done(); ++moments) {
    ASSERT_LT(moments, 2000) << "what was waited for did not happen";
    std::unique_lock guard(mutex);
    nobody.wait_for(guard, std::chrono::milliseconds(10));
    loop.Advance(std::chrono::milliseconds(40));
  }
}

}  // namespace tipoff
