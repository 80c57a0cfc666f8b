// What a profile brings: the store and the bus, one pair for each loop that asks. Made by
// app/embedded.h and app/gcp.h, joined by app/engines.h; no other file names an engine.
#pragma once

#include <cstdint>
#include <memory>

#include "base/loop.h"
#include "bus/bus.h"
#include "store/store.h"

namespace tipoff {

enum class Access {
  kReadOnly,
  kReadWrite
};

class Backend {
 public:
  virtual ~Backend() = default;

  // They answer on `loop`, and must end before it and before this. The bus only of a backend that
  // was opened for writing. Any thread.
  virtual std::unique_ptr<Store> MakeStore(Loop& loop) = 0;
  virtual std::unique_ptr<Bus> MakeBus(Loop& loop) = 0;

  // Whether `store`, one that this made, can be used; it knows the time then.
  virtual void Check(Store& store, DoneWith<Done> done) {
    (void)store;
    done(Done{});
  }

  // How many writes a full disk has refused.
  virtual std::uint64_t disk_full() const { return 0; }
};

}  // namespace tipoff
