// Bus to store: counts what workers report. A message is acked only after the commit that it
// caused; what can't be understood is quarantined and acked, so that it never comes again.
#pragma once

#include "base/loop.h"
#include "bus/bus.h"
#include "bus/messages.h"
#include "flow/driver.h"
#include "store/store.h"

namespace tipoff {

class CompletionIntake {
 public:
  CompletionIntake(Loop& loop, Store& store, Bus& bus, Driver& driver, TroubleLog& troubles,
                   Incarnation owner);
  ~CompletionIntake();

  // Takes completions and dead letters off the bus until stopped.
  void Start();
  // Takes no more; what is under way goes on. `drained` runs once all of it is settled.
  void Stop(std::function<void()> drained);

  // What one message on `topic` says, whatever door it came through. `settle(true)`: it is durable
  // or of no use, ack it; `settle(false)`: not durable, let it come again.
  void Handle(const Topic& topic, std::string body, Instant reported_at,
              std::function<void(bool ack)> settle);

 private:
  struct Source;
  void Pull(Source& source);
  void Taken(Source& source, Result<std::vector<Delivery>> deliveries);
  void Settled(Source& source, const LeaseToken& token, bool ack);
  void Flush(Source& source);
  void HandleReady(ReadyMessage message, const std::string& body, Instant reported_at,
                   std::function<void(bool ack)> settle);
  void HandleDeadLetter(const std::string& body, Instant reported_at,
                        std::function<void(bool ack)> settle);
  void SubmitCompletions(CompletionMessage message, Completions::Origin origin,
                         const std::string& body, std::function<void(bool ack)> settle);
  void Quarantine(const Topic& topic, const std::string& body, const std::string& reason,
                  std::function<void(bool ack)> settle);
  void CheckDrained();

  Loop& loop_;
  Store& store_;
  Bus& bus_;
  Driver& driver_;
  TroubleLog& troubles_;
  Incarnation owner_;
  std::vector<std::unique_ptr<Source>> sources_;
  bool stopping_ = false;
  std::function<void()> drained_;
};

}  // namespace tipoff
