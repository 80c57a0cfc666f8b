// Writes that a worker is there: at its start, every kPresencePeriod, and when it stops. Best
// effort: a store that does not answer costs the worker nothing.
#pragma once

#include <cstdint>
#include <functional>

#include "base/loop.h"
#include "store/store.h"
#include "view/worker_presence.h"

namespace tipoff {

class Presence {
 public:
  // `look` tells what to write; its times are set here. All must outlive this.
  Presence(Loop& loop, Store& store, std::function<WorkerPresence()> look);
  ~Presence();

  void Start();
  // Writes that the worker has stopped; `written` runs then, or after a second without an answer.
  void Stop(std::function<void()> written);

 private:
  void Beat();
  void Write(WorkerPresence presence, DoneWith<Record> done);

  Loop& loop_;
  Store& store_;
  std::function<WorkerPresence()> look_;
  Instant started_at_;
  bool writing_ = false;
  std::uint64_t beats_ = 0;
  Loop::TimerId timer_ = 0;
};

}  // namespace tipoff
