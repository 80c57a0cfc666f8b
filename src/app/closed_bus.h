// The bus of a data folder that is open for reading only: everything is refused, nothing is lost.
#pragma once

#include "bus/bus.h"

namespace tipoff {

class ClosedBus final : public Bus {
 public:
  explicit ClosedBus(Loop& loop) : loop_(loop) {}

  void Publish(Topic, std::vector<std::string>,
               std::function<void(Result<std::vector<std::string>>)> done) override {
    Refuse(std::move(done));
  }
  void Lease(Topic, Incarnation, LeaseOptions,
             std::function<void(Result<std::vector<Delivery>>)> done) override {
    Refuse(std::move(done));
  }
  void Ack(Topic, std::vector<LeaseToken>, std::function<void(Status)> done) override {
    Refuse(std::move(done));
  }
  void Nack(Topic, std::vector<LeaseToken>, Duration, std::function<void(Status)> done) override {
    Refuse(std::move(done));
  }
  void Extend(Topic, std::vector<LeaseToken>, Duration,
              std::function<void(Result<std::size_t>)> done) override {
    Refuse(std::move(done));
  }
  void Inspect(Topic, std::function<void(Result<Backlog>)> done) override {
    Refuse(std::move(done));
  }

 private:
  template <class Done>
  void Refuse(Done done) {
    loop_.Post([done = std::move(done)] {
      done(Error{Errc::kDenied, "the data folder is open for reading only"});
    });
  }
  Loop& loop_;
};

}  // namespace tipoff
