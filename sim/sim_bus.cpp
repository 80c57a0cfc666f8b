#include "sim/sim_bus.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/limits.h"
#include "sim/process.h"
#include "sim/world.h"

namespace tipoff::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

}  // namespace

// A lease call that has arrived and waits for messages.
struct SimBus::Waiter {
  Topic topic;
  Incarnation owner;
  LeaseOptions options;
  Instant until;
  CallFate fate;
  bool over = false;
  Clockwork::Id look = 0;
  Instant looks_at;
  std::function<void(Result<std::vector<Delivery>>)> done;
};

SimBus::SimBus(World& world, Process& process) : world_(world), process_(process) {
  listener_ = world_.broker.Listen([this] {
    for (const auto& waiter : waiters_) {
      // Who looks first is chance.
      Duration after = world_.faults.Latency(process_.Entity("wake"), {}, milliseconds(1));
      LookAt(waiter, world_.clock.now() + after);
    }
  });
}

SimBus::~SimBus() {
  world_.broker.Unlisten(listener_);
  for (const auto& waiter : waiters_) world_.clock.Cancel(waiter->look);
}

// The topics of results are the way of completions, whoever's call it is.
void SimBus::BlameCall(const CallFate& fate, const Topic& topic, Duration wait) {
  bool requests = topic.kind == Topic::Kind::kRequests;
  Duration how_long = fate.silent ? limits::kWatchTime : fate.there + fate.back;
  world_.Blame(requests ? Layer::kBus : Layer::kCompletionPath, wait + how_long);
}

template <class T>
void SimBus::Call(std::string_view name, const Topic& topic, std::function<void(Result<T>)> done,
                  std::function<Result<T>()> apply) {
  if (!process_.alive()) return;
  std::uint64_t entity = process_.Entity(name, static_cast<std::uint64_t>(topic.kind));
  CallFate fate = BusFate(world_.faults, entity, name);
  if (fate.fault) BlameCall(fate, topic);
  if (fate.crash_before) return process_.Crash(name, "as it calls");
  if (fate.error) {
    world_.Tell(process_.name(), fmt::format("{} of {}", fate.error->message, ToString(topic)));
  }
  if (fate.silent) {
    world_.Tell(process_.name(),
                fmt::format("{} of {} {}, and is never answered", name, ToString(topic),
                            fate.applied ? "is done" : "gets lost"));
  }
  auto life = process_.life();
  auto answer = [this, life, name, done = std::move(done), fate](Result<T> result) {
    world_.clock.After(
        fate.back,
        [this, name, done, fate, result = std::move(result)]() mutable {
          if (fate.crash_after && !world_.faults.healed())
            return process_.Crash(name, "as it is answered by");
          if (fate.error) return done(*fate.error);
          done(std::move(result));
        },
        life);
  };
  if (fate.silent && !fate.applied) return;
  if (!fate.applied) return answer(*fate.error);
  world_.clock.After(fate.there, [&world = world_, life, entity, answer, silent = fate.silent,
                                  apply = std::move(apply)] {
    Result<T> result = apply();
    world.Trace(entity, result.ok() ? 0 : 1);
    if (life->alive && !silent) answer(std::move(result));
  });
}

void SimBus::Publish(Topic topic, std::vector<std::string> bodies,
                     std::function<void(Result<std::vector<std::string>>)> done) {
  Call<std::vector<std::string>>(
      "Publish", topic, std::move(done),
      [&world = world_, entity = process_.Entity("message", static_cast<std::uint64_t>(topic.kind)),
       topic, bodies = std::move(bodies)]() -> Result<std::vector<std::string>> {
        std::vector<std::string> refusals;
        for (const std::string& body : bodies)
          refusals.push_back(world.Publish(topic, body, entity));
        return refusals;
      });
}

void SimBus::Lease(Topic topic, Incarnation owner, LeaseOptions options,
                   std::function<void(Result<std::vector<Delivery>>)> done) {
  if (!process_.alive()) return;
  std::uint64_t entity = process_.Entity("Lease", static_cast<std::uint64_t>(topic.kind));
  auto waiter = std::make_shared<Waiter>();
  waiter->fate = BusFate(world_.faults, entity, "Lease");
  const CallFate& fate = waiter->fate;
  if (fate.fault) BlameCall(fate, topic, options.wait);
  if (fate.crash_before) return process_.Crash("Lease", "as it calls");
  if (fate.silent) {
    world_.Tell(process_.name(), fmt::format("Lease of {} is never answered", ToString(topic)));
    if (!fate.applied) return;
  }
  if (fate.error && !fate.applied) {
    world_.clock.After(
        fate.back, [done = std::move(done), error = *fate.error] { done(error); }, process_.life());
    return;
  }
  waiter->topic = std::move(topic);
  waiter->owner = std::move(owner);
  waiter->options = options;
  waiter->until = world_.clock.now() + fate.there + options.wait;
  waiter->done = std::move(done);
  waiters_.push_back(waiter);
  LookAt(waiter, world_.clock.now() + fate.there);
}

void SimBus::LookAt(const std::shared_ptr<Waiter>& waiter, Instant when) {
  if (waiter->over || (waiter->look != 0 && waiter->looks_at <= when)) return;
  world_.clock.Cancel(waiter->look);
  waiter->looks_at = when;
  waiter->look = world_.clock.At(when, [this, waiter] {
    waiter->look = 0;
    Look(waiter);
  });
}

void SimBus::Look(const std::shared_ptr<Waiter>& waiter) {
  if (!process_.alive()) return;  // Its connection is closed.
  Instant now = world_.clock.now();
  Result<std::vector<Delivery>> taken = Error{Errc::kNotFound, "the subscription does not exist"};
  if (!world_.SubscriptionGone(waiter->topic)) {
    taken = world_.broker.Lease(waiter->topic, waiter->owner, waiter->options, now);
    if (taken->empty() && now < waiter->until) {
      Instant next = world_.broker.NextDue(waiter->topic);
      bool soon = !next.never() && next < waiter->until;
      return LookAt(waiter, soon ? std::max(next, now + milliseconds(1)) : waiter->until);
    }
    for (const Delivery& delivery : *taken) {
      if (delivery.deliveries > 1) world_.sometimes.Saw("message redelivered");
      if (waiter->topic.kind == Topic::Kind::kDeadLetters) world_.sometimes.Saw("dead letter");
    }
    if (waiter->fate.error) taken = *waiter->fate.error;
  }
  waiter->over = true;
  waiters_.remove(waiter);
  world_.Trace(process_.Entity("Leased"), taken.ok() ? taken->size() : 1'000'000);
  if (waiter->fate.silent) return;
  world_.clock.After(
      waiter->fate.back,
      [this, waiter, taken = std::move(taken)]() mutable {
        if (waiter->fate.crash_after && !world_.faults.healed())
          return process_.Crash("Lease", "as it is answered by");
        waiter->done(std::move(taken));
      },
      process_.life());
}

void SimBus::Ack(Topic topic, std::vector<LeaseToken> tokens, std::function<void(Status)> done) {
  Call<Done>("Ack", topic, std::move(done),
             [&world = world_, who = process_.name(), topic, tokens = std::move(tokens)] {
               for (const LeaseToken& token : tokens) {
                 const std::string* body = world.broker.Body(token);
                 if (body != nullptr) world.Acked(topic, *body, who);
               }
               world.broker.Ack(tokens);
               return Ok();
             });
}

void SimBus::Nack(Topic topic, std::vector<LeaseToken> tokens, Duration delay,
                  std::function<void(Status)> done) {
  Call<Done>("Nack", topic, std::move(done), [&world = world_, tokens = std::move(tokens), delay] {
    world.sometimes.Saw("message given back", tokens.size());
    world.broker.Nack(tokens, delay, world.clock.now());
    return Ok();
  });
}

void SimBus::Extend(Topic topic, std::vector<LeaseToken> tokens, Duration lease,
                    std::function<void(Result<std::size_t>)> done) {
  Call<std::size_t>(
      "Extend", topic, std::move(done), [&world = world_, tokens = std::move(tokens), lease] {
        return Result<std::size_t>(world.broker.Extend(tokens, lease, world.clock.now()));
      });
}

void SimBus::Inspect(Topic topic, std::function<void(Result<Backlog>)> done) {
  Call<Backlog>("Inspect", topic, std::move(done), [&world = world_, topic] {
    return Result<Backlog>(world.broker.Inspect(topic, world.clock.now()));
  });
}

}  // namespace tipoff::sim
