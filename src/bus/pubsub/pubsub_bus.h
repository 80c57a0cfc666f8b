// The Bus on Google's Pub/Sub. What it promises beside bus.h, and what it can't:
//   - A body travels unchanged as the message's data, as the platform's own services send it.
//   - Leases, extensions and delays are whole seconds, 1 to 600.
//   - Deliveries are counted only where the subscription has a dead-letter policy, else all are 1.
//   - A stale token is not known as one: an ack with it may or may not settle the message, and
//     Extend counts all that it was given. Whoever settles twice is told apart in the store.
//   - A message that was given back may come later than asked: the subscription's retry policy.
//   - Inspect is kUnsupported: Pub/Sub tells nobody how much lies there. But it looks whether the
//     subscription is there and gets what is published.
//   - A missing, detached or orphaned subscription is kNotFound, a missing topic kUnavailable (what
//     is to be published waits for it); both name the piece and what to do. A lease that found
//     nothing in all its time has looked for that.
#pragma once

#include <memory>

#include "base/loop.h"
#include "bus/bus.h"
#include "bus/pubsub/names.h"

namespace tipoff {

class PubsubBus final : public Bus {
 public:
  // The loop must outlive this. Connects later, by itself. If there are no credentials, each call
  // says so.
  PubsubBus(PubsubOptions options, Loop& loop);
  // Ends what is under way, without an answer; what was taken and not yet handed out is given back.
  ~PubsubBus() override;

  void Publish(Topic topic, std::vector<std::string> bodies,
               std::function<void(Result<std::vector<std::string>>)> done) override;
  void Lease(Topic topic, Incarnation owner, LeaseOptions options,
             std::function<void(Result<std::vector<Delivery>>)> done) override;
  void Ack(Topic topic, std::vector<LeaseToken> tokens, std::function<void(Status)> done) override;
  void Nack(Topic topic, std::vector<LeaseToken> tokens, Duration delay,
            std::function<void(Status)> done) override;
  void Extend(Topic topic, std::vector<LeaseToken> tokens, Duration lease,
              std::function<void(Result<std::size_t>)> done) override;
  void Inspect(Topic topic, std::function<void(Result<Backlog>)> done) override;

 private:
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace tipoff
