#include "bus/pubsub/pubsub_bus.h"

#include <deque>
#include <optional>

#include "bus/pubsub/chunks.h"
#include "bus/pubsub/leases.h"
#include "bus/pubsub/service.h"

namespace tipoff {
namespace {

using pubsub::Chunk;
using pubsub::Service;

// Requests of one publish under way at once: as many as keep the wire busy.
constexpr std::size_t kPublishesAtOnce = 4;

std::vector<std::string> AckIds(std::vector<LeaseToken> tokens) {
  std::vector<std::string> ids;
  ids.reserve(tokens.size());
  for (LeaseToken& token : tokens) ids.push_back(std::move(token.id));
  return ids;
}

// One call of Bus::Publish: its chunks, some at a time. A chunk that Pub/Sub refuses for good is
// halved until the message is found that it refuses.
class Publication : public std::enable_shared_from_this<Publication> {
 public:
  Publication(Service& service, std::string topic, std::vector<std::string> bodies,
              std::function<void(Result<std::vector<std::string>>)> done)
      : service_(service),
        topic_(std::move(topic)),
        bodies_(std::move(bodies)),
        done_(std::move(done)) {
    pubsub::PublishPlan plan = pubsub::PlanPublish(bodies_);
    refusals_ = std::move(plan.refusals);
    chunks_.assign(plan.chunks.begin(), plan.chunks.end());
  }

  void Go() {
    while (error_ == std::nullopt && !chunks_.empty() && under_way_ < kPublishesAtOnce) Send();
    if (under_way_ > 0 || done_ == nullptr) return;
    auto done = std::exchange(done_, nullptr);
    error_ ? done(*error_) : done(std::move(refusals_));
  }

 private:
  void Send() {
    Chunk chunk = std::move(chunks_.front());
    chunks_.pop_front();
    ++under_way_;
    std::vector<std::string> bodies;
    for (std::size_t i : chunk) bodies.push_back(bodies_[i]);
    service_.Publish(topic_, std::move(bodies), [self = shared_from_this(), chunk](Status status) {
      --self->under_way_;
      if (!status.ok()) self->Refused(chunk, status.error());
      self->Go();
    });
  }

  void Refused(const Chunk& chunk, const Error& error) {
    if (error.code == Errc::kInvalid && chunk.size() == 1) {
      refusals_[chunk.front()] = error.message;
    } else if (error.code == Errc::kInvalid) {
      auto middle = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
      chunks_.emplace_back(chunk.begin(), middle);
      chunks_.emplace_back(middle, chunk.end());
    } else {
      error_ = error;
      // Whoever publishes waits for the topic as for any other trouble.
      if (error.code == Errc::kNotFound) error_->code = Errc::kUnavailable;
    }
  }

  Service& service_;
  std::string topic_;
  std::vector<std::string> bodies_;
  std::function<void(Result<std::vector<std::string>>)> done_;
  std::vector<std::string> refusals_;
  std::deque<Chunk> chunks_;
  std::size_t under_way_ = 0;
  std::optional<Error> error_;
};

// One call of Ack, Nack or Extend: its chunks one after the other. A token that is none of
// Pub/Sub's spoils its chunk, which is halved until it stands alone and is ignored.
class Settlement : public std::enable_shared_from_this<Settlement> {
 public:
  using Send = std::function<void(std::vector<std::string>, std::function<void(Status)>)>;

  Settlement(std::vector<std::string> ids, Send send, std::function<void(Result<std::size_t>)> done)
      : send_(std::move(send)), done_(std::move(done)) {
    for (auto& chunk : pubsub::CutAckIds(std::move(ids))) chunks_.push_back(std::move(chunk));
  }

  // Answers how many tokens Pub/Sub took for its own.
  void Go() {
    if (chunks_.empty()) return done_(taken_);
    std::vector<std::string> chunk = std::move(chunks_.front());
    chunks_.pop_front();
    send_(chunk, [self = shared_from_this(), chunk](Status status) {
      if (status.ok()) {
        self->taken_ += chunk.size();
      } else if (status.error().code != Errc::kInvalid) {
        return self->done_(status.error());
      } else if (chunk.size() > 1) {
        auto middle = chunk.begin() + static_cast<std::ptrdiff_t>(chunk.size() / 2);
        self->chunks_.emplace_front(middle, chunk.end());
        self->chunks_.emplace_front(chunk.begin(), middle);
      }
      self->Go();
    });
  }

 private:
  Send send_;
  std::function<void(Result<std::size_t>)> done_;
  std::deque<std::vector<std::string>> chunks_;
  std::size_t taken_ = 0;
};

}  // namespace

struct PubsubBus::Impl : std::enable_shared_from_this<Impl> {
  Impl(PubsubOptions given, Loop& its_loop) : options(std::move(given)), loop(its_loop) {
    auto connected = Service::Connect(options, loop);
    if (connected.ok()) {
      service = std::move(*connected);
      leases.emplace(*service, loop);
    } else {
      problem = connected.error();
    }
  }

  // Later, unless the bus has ended until then.
  void Post(std::function<void()> task) {
    loop.Post([weak = weak_from_this(), task = std::move(task)] {
      if (weak.lock() != nullptr) task();
    });
  }

  // Says why there is no connection. True: it did.
  template <class Done>
  bool Broken(const Done& done) {
    if (service != nullptr) return false;
    Post([done, error = problem] { done(error); });
    return true;
  }

  void Settle(std::vector<LeaseToken> tokens, Settlement::Send send,
              std::function<void(Result<std::size_t>)> done) {
    if (tokens.empty()) return Post([done = std::move(done)] { done(std::size_t{0}); });
    std::make_shared<Settlement>(AckIds(std::move(tokens)), std::move(send), std::move(done))->Go();
  }

  void Hold(const std::string& subscription, std::vector<LeaseToken> tokens, std::int32_t seconds,
            std::function<void(Result<std::size_t>)> done) {
    Settle(
        std::move(tokens),
        [this, subscription, seconds](std::vector<std::string> ids,
                                      std::function<void(Status)> held) {
          service->Hold(subscription, std::move(ids), seconds, limits::kCallTime, std::move(held));
        },
        std::move(done));
  }

  PubsubOptions options;
  Loop& loop;
  Error problem;
  std::unique_ptr<Service> service;
  std::optional<pubsub::Leases> leases;
};

namespace {

std::function<void(Result<std::size_t>)> WithoutCount(std::function<void(Status)> done) {
  return [done = std::move(done)](const Result<std::size_t>& count) {
    done(count.ok() ? Ok() : Status(count.error()));
  };
}

}  // namespace

PubsubBus::PubsubBus(PubsubOptions options, Loop& loop)
    : impl_(std::make_shared<Impl>(std::move(options), loop)) {}

PubsubBus::~PubsubBus() = default;

void PubsubBus::Publish(Topic topic, std::vector<std::string> bodies,
                        std::function<void(Result<std::vector<std::string>>)> done) {
  if (impl_->Broken(done)) return;
  auto publication =
      std::make_shared<Publication>(*impl_->service, pubsub::RouteOf(impl_->options, topic).topic,
                                    std::move(bodies), std::move(done));
  impl_->Post([publication] { publication->Go(); });
}

void PubsubBus::Lease(Topic topic, Incarnation, LeaseOptions options,
                      std::function<void(Result<std::vector<Delivery>>)> done) {
  if (impl_->Broken(done)) return;
  pubsub::Route route = pubsub::RouteOf(impl_->options, topic);
  if (route.subscription.empty()) {
    return impl_->Post([topic, done = std::move(done)] {
      done(Error{Errc::kUnsupported, "'" + ToString(topic) + "' is read by others, not by tipoff"});
    });
  }
  impl_->leases->Lease(std::move(route.subscription), route.pushed, options, std::move(done));
}

void PubsubBus::Ack(Topic topic, std::vector<LeaseToken> tokens, std::function<void(Status)> done) {
  if (impl_->Broken(done)) return;
  std::string subscription = pubsub::RouteOf(impl_->options, topic).subscription;
  impl_->Settle(
      std::move(tokens),
      [service = impl_->service.get(), subscription](std::vector<std::string> ids,
                                                     std::function<void(Status)> acked) {
        service->Acknowledge(subscription, std::move(ids), std::move(acked));
      },
      WithoutCount(std::move(done)));
}

void PubsubBus::Nack(Topic topic, std::vector<LeaseToken> tokens, Duration delay,
                     std::function<void(Status)> done) {
  if (impl_->Broken(done)) return;
  impl_->Hold(pubsub::RouteOf(impl_->options, topic).subscription, std::move(tokens),
              pubsub::DelaySeconds(delay), WithoutCount(std::move(done)));
}

void PubsubBus::Extend(Topic topic, std::vector<LeaseToken> tokens, Duration lease,
                       std::function<void(Result<std::size_t>)> done) {
  if (impl_->Broken(done)) return;
  impl_->Hold(pubsub::RouteOf(impl_->options, topic).subscription, std::move(tokens),
              pubsub::HoldSeconds(lease), std::move(done));
}

void PubsubBus::Inspect(Topic topic, std::function<void(Result<Backlog>)> done) {
  if (impl_->Broken(done)) return;
  auto answer = [done = std::move(done)](const Status& there) {
    if (!there.ok()) return done(there.error());
    done(Error{Errc::kUnsupported,
               "Pub/Sub tells nobody how much lies there; look at the subscription's metric "
               "num_undelivered_messages"});
  };
  pubsub::Route route = pubsub::RouteOf(impl_->options, topic);
  if (route.subscription.empty()) {
    return impl_->service->LookAtTopic(route.topic, limits::kCallTime, std::move(answer));
  }
  impl_->service->LookAt(route.subscription, limits::kCallTime,
                         [answer = std::move(answer)](const Result<pubsub::Subscribed>& seen) {
                           answer(seen.ok() ? Ok() : Status(seen.error()));
                         });
}

}  // namespace tipoff
