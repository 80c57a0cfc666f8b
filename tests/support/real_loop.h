// The real loop, run by a test for as long as it takes: for adapters of servers that keep their own
// time.
#pragma once

#include <functional>
#include <stdexcept>

#include "base/asio_loop.h"

namespace tipoff {

class RealLoop {
 public:
  AsioLoop& loop() { return loop_; }

  // Runs the loop until `done()` holds. Throws after 40 s without it.
  void RunUntil(const std::function<bool()>& done) {
    if (done()) return;
    give_up_ = loop_.Steady() + std::chrono::seconds(40);
    LookLater(done);
    loop_.Run();
    if (!done()) throw std::runtime_error("RealLoop: waited in vain");
  }
  // Runs the loop for `time`.
  void Pass(Duration time) {
    bool over = false;
    loop_.After(time, [&] { over = true; });
    RunUntil([&] { return over; });
  }

 private:
  void LookLater(const std::function<bool()>& done) {
    loop_.After(std::chrono::milliseconds(1), [this, &done] {
      done() || loop_.Steady() > give_up_ ? loop_.Stop() : LookLater(done);
    });
  }

  AsioLoop loop_;
  Duration give_up_{};
};

}  // namespace tipoff
