// A Bus that is down, or refuses, as told.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/loop.h"
#include "bus/bus.h"

namespace tipoff {

class FaultyBus final : public Bus {
 public:
  FaultyBus(Bus& bus, Loop& loop) : bus_(bus), loop_(loop) {}

  bool down = false;    // Every call is answered kUnavailable, and nothing is done.
  std::string refusal;  // Each message published is refused so, unless it is empty.
  int deaf = 0;         // So many leases to come are never answered.
  int publishes = 0;    // Calls so far.

  void Publish(Topic topic, std::vector<std::string> bodies,
               std::function<void(Result<std::vector<std::string>>)> done) override {
    ++publishes;
    if (!refusal.empty()) {
      loop_.Post([done = std::move(done), refusals = std::vector(bodies.size(), refusal)] {
        done(refusals);
      });
      return;
    }
    if (!Refused(done)) bus_.Publish(std::move(topic), std::move(bodies), std::move(done));
  }
  void Lease(Topic topic, Incarnation owner, LeaseOptions options,
             std::function<void(Result<std::vector<Delivery>>)> done) override {
    if (deaf > 0 && deaf-- > 0) return;
    if (!Refused(done)) bus_.Lease(std::move(topic), std::move(owner), options, std::move(done));
  }
  void Ack(Topic topic, std::vector<LeaseToken> tokens, std::function<void(Status)> done) override {
    if (!Refused(done)) bus_.Ack(std::move(topic), std::move(tokens), std::move(done));
  }
  void Nack(Topic topic, std::vector<LeaseToken> tokens, Duration delay,
            std::function<void(Status)> done) override {
    if (!Refused(done)) bus_.Nack(std::move(topic), std::move(tokens), delay, std::move(done));
  }
  void Extend(Topic topic, std::vector<LeaseToken> tokens, Duration lease,
              std::function<void(Result<std::size_t>)> done) override {
    if (!Refused(done)) bus_.Extend(std::move(topic), std::move(tokens), lease, std::move(done));
  }
  void Inspect(Topic topic, std::function<void(Result<Backlog>)> done) override {
    if (!Refused(done)) bus_.Inspect(std::move(topic), std::move(done));
  }

 private:
  template <class DoneFunction>
  bool Refused(const DoneFunction& done) {
    if (down)
      loop_.Post([done] { done(Error{Errc::kUnavailable, "the bus is down, says the test"}); });
    return down;
  }

  Bus& bus_;
  Loop& loop_;
};

}  // namespace tipoff
