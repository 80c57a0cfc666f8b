// Knows which processes of this machine that share a data folder are alive. Each holds a file lock,
// which the kernel drops when the process dies, however it dies; no process id is ever compared.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/id.h"
#include "base/result.h"

namespace tipoff::sqlite {

class ProcessLock {
 public:
  // Creates `<folder>/<process>.lock` and holds its lock until destroyed.
  static Result<ProcessLock> Take(const std::string& folder, const Incarnation& process);
  ProcessLock(ProcessLock&&) noexcept;
  ProcessLock& operator=(ProcessLock&&) noexcept;
  ~ProcessLock();

  // Processes whose file is there and whose lock is free. Each stays claimed by this object, so
  // that no other process finds it, until it is forgotten or this process dies in turn.
  std::vector<Incarnation> FindDead();
  // Removes the files of a dead process: what it held has been given back.
  void Forget(const Incarnation& dead);
  // What it held could not be given back now: it is to be found again, by whoever looks next.
  void LetGo(const Incarnation& dead);
  // From now on this process leaves like a dead one: what it held is given back by another.
  void LeaveBehind();

 private:
  struct Impl;
  explicit ProcessLock(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff::sqlite
