// Who waits for messages of which subscription, and the pulls that are under way for them.
//
//   Lease ─► waits ─► a pull brings messages ─► more of them, while pulls are full ─► held as long
//              │                                 as the lease says ─► handed out
//              └────► its time is over: is the subscription there? ─► empty, or what is wrong
//
// A pull outlives whoever waited for it: its messages would be lost to everybody until Pub/Sub's
// deadline. The next who waits takes it over; what comes while nobody waits is given back at once.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/loop.h"
#include "bus/bus.h"
#include "bus/pubsub/service.h"

namespace tipoff::pubsub {

// From the loop's thread only.
class Leases {
 public:
  // Both must outlive this.
  Leases(Service& service, Loop& loop);
  ~Leases();

  // As Bus::Lease; within `options.wait` + limits::kCallTime. Of one that is `pushed` nothing is
  // pulled: the answer is empty, or what is wrong with the subscription.
  void Lease(std::string subscription, bool pushed, LeaseOptions options,
             std::function<void(Result<std::vector<Delivery>>)> done);

 private:
  struct Waiter;
  struct Tap;
  using WaiterPtr = std::shared_ptr<Waiter>;
  void KeepPulling(const std::string& subscription);
  void Pulled(const std::string& subscription, std::size_t asked,
              Result<std::vector<Received>> messages);
  void FailFirst(Tap& tap, const Error& error);
  void TimeOver(const WaiterPtr& waiter);
  void Gather(WaiterPtr waiter);
  void Hold(WaiterPtr waiter);
  void HandOut(const WaiterPtr& waiter);
  bool Leave(const WaiterPtr& waiter);

  Service& service_;
  Loop& loop_;
  std::map<std::string, Tap> taps_;  // By subscription.
};

}  // namespace tipoff::pubsub
