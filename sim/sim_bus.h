// The bus as one process of a simulated world sees it: calls fail, messages get lost, come twice,
// late and in another order, and subscriptions are deleted.
#pragma once

#include <list>
#include <memory>

#include "bus/memory/memory_bus.h"
#include "sim/call_fate.h"
#include "sim/clockwork.h"

namespace tipoff::sim {

class World;
class Process;

class SimBus final : public Bus {
 public:
  SimBus(World& world, Process& process);
  ~SimBus() override;

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
  template <class T>
  void Call(std::string_view name, const Topic& topic, std::function<void(Result<T>)> done,
            std::function<Result<T>()> apply);
  void BlameCall(const CallFate& fate, const Topic& topic, Duration wait = {});
  void Look(const std::shared_ptr<Waiter>& waiter);
  void LookAt(const std::shared_ptr<Waiter>& waiter, Instant when);

  World& world_;
  Process& process_;
  std::uint64_t listener_;
  std::list<std::shared_ptr<Waiter>> waiters_;
};

}  // namespace tipoff::sim
