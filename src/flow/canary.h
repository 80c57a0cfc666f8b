// Sends a canary now and then: a no-op request that goes the whole way, over the bus to a worker
// and back. One that does not come back in time is lost, and its hops say where.
//
// Of several coordinators one sends, whoever holds the lease. At most one canary lies on the bus:
// while nobody takes it none is sent after it.
#pragma once

#include <functional>
#include <string>

#include "base/loop.h"
#include "base/random.h"
#include "bus/bus.h"
#include "bus/messages.h"
#include "store/store.h"
#include "view/canary.h"

namespace tipoff {

class CanaryRunner {
 public:
  struct Options {
    Duration period{0};  // 0: never.
    Duration timeout = std::chrono::seconds(30);
  };

  CanaryRunner(Loop& loop, Store& store, Bus& bus, Random& random, Incarnation owner,
               Options options);
  ~CanaryRunner();

  // From now on, if there is a period.
  void Start();

 private:
  void Plan(Duration wait);
  void Round();
  void Look(const Record* newest);
  void Settle(Canary canary);
  void Conclude(Canary canary, const Result<Record>& worked, const Result<Record>& counted);
  void StillLost(Canary canary);
  void CountLoss(Canary canary);
  void Send();
  void Publish(Canary canary);
  void Keep(const Canary& canary, Duration next);

  Loop& loop_;
  Store& store_;
  Bus& bus_;
  Random& random_;
  Incarnation owner_;
  Options options_;
  Loop::TimerId timer_ = 0;
};

// Writes down that the answer to a canary is back. `settle(true)`: it is durable, or nobody knows
// such a canary.
void CountCanary(Store& store, CanaryAnswer answer, std::function<void(bool ack)> settle);

}  // namespace tipoff
