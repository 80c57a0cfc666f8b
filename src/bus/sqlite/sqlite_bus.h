// The Bus on tipoff.db: messages are rows, a lease is a row whose time lies in the future.
#pragma once

#include <map>
#include <memory>

#include "bus/bus.h"
#include "sqlite/database.h"
#include "sqlite/doorbell.h"

namespace tipoff {

class SqliteBus final : public Bus {
 public:
  // All must outlive this. Several may share one database, each with a loop of its own.
  SqliteBus(sqlite::Database& database, sqlite::Doorbell& doorbell, Loop& loop);
  ~SqliteBus() override;

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
  void TryLease(std::shared_ptr<Waiter> waiter);
  void Park(std::shared_ptr<Waiter> waiter);

  sqlite::Database& database_;
  sqlite::Doorbell& doorbell_;
  Loop& loop_;
  std::map<std::uint64_t, std::shared_ptr<Waiter>> waiters_;
  std::uint64_t next_waiter_ = 1;
};

}  // namespace tipoff
