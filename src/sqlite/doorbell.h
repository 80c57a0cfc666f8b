// Wakes whoever waits for something that a write has made available, in this process and in the
// others that share the data folder. A ring may get lost: whoever waits also polls.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/id.h"
#include "base/result.h"

namespace tipoff::sqlite {

class Doorbell {
 public:
  // Listens on the datagram socket `<folder>/<process>.sock`.
  static Result<std::unique_ptr<Doorbell>> Open(const std::string& folder,
                                                const Incarnation& process);
  ~Doorbell();

  // Runs every listener for `name`, here and in the other processes. Any thread.
  void Ring(const std::string& name);

  // `listener` runs on some thread, perhaps more often than rung: it should only post to a loop.
  // It does not run any more once Unlisten has returned.
  using ListenerId = std::uint64_t;
  ListenerId Listen(const std::string& name, std::function<void()> listener);
  void Unlisten(ListenerId id);

 private:
  struct Impl;
  explicit Doorbell(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff::sqlite
