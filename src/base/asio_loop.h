// The real loop: Boost.Asio's io_context, with the machine's clocks.
#pragma once

#include <memory>

#include "base/loop.h"

namespace tipoff {

class AsioLoop final : public Loop {
 public:
  AsioLoop();
  ~AsioLoop() override;

  Instant Now() override;
  Duration Steady() override;
  void Post(Task task) override;
  TimerId After(Duration delay, Task task) override;
  void Cancel(TimerId timer) override;

  // Runs tasks on the calling thread until `Stop`.
  void Run();
  // Makes `Run` return after the task under way. Callable from any thread and from a task.
  void Stop();
  // Calls `handler` on the loop at SIGINT or SIGTERM, each time, instead of ending the process.
  void OnTermination(std::function<void(int signal)> handler);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
