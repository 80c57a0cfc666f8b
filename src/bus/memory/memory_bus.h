// The Bus in memory: for unit tests and the simulated world.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>

#include "base/loop.h"
#include "bus/bus.h"

namespace tipoff {

// What lies on the bus. Outlives the buses that work on it, as a broker outlives its clients.
class MemoryBroker {
 public:
  // "" or the refusal. It is handed out from `now` + `delay` on.
  std::string Publish(const Topic& topic, std::string body, Instant now, Duration delay = {});
  std::vector<Delivery> Lease(const Topic& topic, const Incarnation& owner,
                              const LeaseOptions& options, Instant now);
  void Ack(const std::vector<LeaseToken>& tokens);
  void Nack(const std::vector<LeaseToken>& tokens, Duration delay, Instant now);
  std::size_t Extend(const std::vector<LeaseToken>& tokens, Duration lease, Instant now);
  Backlog Inspect(const Topic& topic, Instant now) const;
  // What `token` holds; nullptr if it holds nothing any more.
  const std::string* Body(const LeaseToken& token) const;
  // When the next message of a topic can be handed out; never: there is none.
  Instant NextDue(const Topic& topic) const;
  // The subscription is deleted: what lay on the topic is gone, whoever holds it.
  void Drop(const Topic& topic);

  // `listener` runs after each publish or give-back to any topic.
  std::uint64_t Listen(std::function<void()> listener);
  void Unlisten(std::uint64_t id);

 private:
  struct Message {
    Topic topic;
    Instant avail_at;
    Instant published_at;
    std::uint64_t epoch = 0;
    int deliveries = 0;
    Incarnation owner;
    std::string body;
  };
  const Message* Held(const LeaseToken& token) const;
  Message* Held(const LeaseToken& token);
  void Notify();

  std::map<std::uint64_t, Message> messages_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, std::function<void()>> listeners_;
  std::uint64_t next_listener_ = 1;
};

class MemoryBus final : public Bus {
 public:
  MemoryBus(MemoryBroker& broker, Loop& loop);
  ~MemoryBus() override;

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
  struct Waiter;
  void TryLease(const std::shared_ptr<Waiter>& waiter);

  MemoryBroker& broker_;
  Loop& loop_;
  std::uint64_t listener_;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace tipoff
