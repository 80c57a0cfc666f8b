#include "bus/memory/memory_bus.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/limits.h"

namespace tipoff {
namespace {

// Expired leases and delays come due without a publish, so a waiting lease looks by itself, too.
constexpr auto kPoll = std::chrono::milliseconds(250);

std::uint64_t MessageId(const LeaseToken& token) {
  std::uint64_t id = 0;  // No message has this one: tokens come from outside, too.
  std::from_chars(token.id.data(), token.id.data() + token.id.size(), id);
  return id;
}

}  // namespace

std::string MemoryBroker::Publish(const Topic& topic, std::string body, Instant now,
                                  Duration delay) {
  if (body.size() > limits::kMessageBytes) {
    return fmt::format("message of {} bytes: at most {}", body.size(), limits::kMessageBytes);
  }
  messages_[next_id_++] = {topic, now + delay, now, 0, 0, {}, std::move(body)};
  Notify();
  return "";
}

std::vector<Delivery> MemoryBroker::Lease(const Topic& topic, const Incarnation& owner,
                                          const LeaseOptions& options, Instant now) {
  std::vector<Delivery> deliveries;
  std::size_t max = std::min(options.max, limits::kMessagesPerCall);
  for (auto& [id, message] : messages_) {
    if (deliveries.size() == max) break;
    if (message.topic != topic || message.avail_at > now) continue;
    if (topic.kind == Topic::Kind::kRequests && message.deliveries >= limits::kDeliveriesMax) {
      message.topic = Topic{Topic::Kind::kDeadLetters, ""};
      message.deliveries = 0;
      message.owner = Incarnation();
      continue;
    }
    message.avail_at = now + options.lease;
    message.owner = owner;
    ++message.epoch;
    ++message.deliveries;
    deliveries.push_back({{std::to_string(id), message.epoch},
                          message.body,
                          message.published_at,
                          message.deliveries});
  }
  return deliveries;
}

const MemoryBroker::Message* MemoryBroker::Held(const LeaseToken& token) const {
  auto found = messages_.find(MessageId(token));
  bool held = found != messages_.end() && found->second.epoch == token.epoch &&
              !found->second.owner.empty();
  return held ? &found->second : nullptr;
}

MemoryBroker::Message* MemoryBroker::Held(const LeaseToken& token) {
  return const_cast<Message*>(std::as_const(*this).Held(token));
}

const std::string* MemoryBroker::Body(const LeaseToken& token) const {
  const Message* message = Held(token);
  return message == nullptr ? nullptr : &message->body;
}

Instant MemoryBroker::NextDue(const Topic& topic) const {
  Instant next;
  for (const auto& [id, message] : messages_) {
    if (message.topic == topic && (next.never() || message.avail_at < next)) {
      next = message.avail_at;
    }
  }
  return next;
}

void MemoryBroker::Drop(const Topic& topic) {
  std::erase_if(messages_, [&](const auto& entry) { return entry.second.topic == topic; });
}

void MemoryBroker::Ack(const std::vector<LeaseToken>& tokens) {
  for (const LeaseToken& token : tokens) {
    if (Held(token) != nullptr) messages_.erase(MessageId(token));
  }
}

void MemoryBroker::Nack(const std::vector<LeaseToken>& tokens, Duration delay, Instant now) {
  for (const LeaseToken& token : tokens) {
    Message* message = Held(token);
    if (message == nullptr) continue;
    message->avail_at = now + delay;
    message->owner = Incarnation();
  }
  Notify();
}

std::size_t MemoryBroker::Extend(const std::vector<LeaseToken>& tokens, Duration lease,
                                 Instant now) {
  std::size_t held = 0;
  for (const LeaseToken& token : tokens) {
    Message* message = Held(token);
    if (message == nullptr) continue;
    message->avail_at = now + lease;
    ++held;
  }
  return held;
}

Backlog MemoryBroker::Inspect(const Topic& topic, Instant now) const {
  Backlog backlog;
  for (const auto& [id, message] : messages_) {
    if (message.topic != topic) continue;
    bool leased = !message.owner.empty() && message.avail_at > now;
    ++(leased ? backlog.leased : backlog.waiting);
    if (backlog.oldest.never() || message.published_at < backlog.oldest) {
      backlog.oldest = message.published_at;
    }
  }
  return backlog;
}

std::uint64_t MemoryBroker::Listen(std::function<void()> listener) {
  listeners_[next_listener_] = std::move(listener);
  return next_listener_++;
}

void MemoryBroker::Unlisten(std::uint64_t id) { listeners_.erase(id); }

void MemoryBroker::Notify() {
  for (auto& [id, listener] : listeners_) listener();
}

struct MemoryBus::Waiter {
  Topic topic;
  Incarnation owner;
  LeaseOptions options;
  Duration until{};
  Loop::TimerId timer = 0;
  std::function<void(Result<std::vector<Delivery>>)> done;
};

MemoryBus::MemoryBus(MemoryBroker& broker, Loop& loop) : broker_(broker), loop_(loop) {
  listener_ = broker_.Listen([this] {
    // Posted, so that a listener never runs inside another's call.
    for (const auto& waiter : waiters_) {
      loop_.Post([this, weak = std::weak_ptr<Waiter>(waiter)] {
        if (auto alive = weak.lock(); alive != nullptr && alive->done != nullptr) TryLease(alive);
      });
    }
  });
}

MemoryBus::~MemoryBus() {
  broker_.Unlisten(listener_);
  for (const auto& waiter : waiters_) loop_.Cancel(waiter->timer);
}

void MemoryBus::Publish(Topic topic, std::vector<std::string> bodies,
                        std::function<void(Result<std::vector<std::string>>)> done) {
  std::vector<std::string> refusals;
  for (std::string& body : bodies) {
    refusals.push_back(broker_.Publish(topic, std::move(body), loop_.Now()));
  }
  loop_.Post([done = std::move(done), refusals = std::move(refusals)] { done(refusals); });
}

void MemoryBus::Lease(Topic topic, Incarnation owner, LeaseOptions options,
                      std::function<void(Result<std::vector<Delivery>>)> done) {
  auto waiter = std::make_shared<Waiter>();
  *waiter = {std::move(topic), std::move(owner), options, loop_.Steady() + options.wait, 0,
             std::move(done)};
  waiters_.push_back(waiter);
  loop_.Post([this, weak = std::weak_ptr<Waiter>(waiter)] {
    if (auto alive = weak.lock(); alive != nullptr && alive->done != nullptr) TryLease(alive);
  });
}

void MemoryBus::TryLease(const std::shared_ptr<Waiter>& waiter) {
  loop_.Cancel(waiter->timer);
  auto deliveries = broker_.Lease(waiter->topic, waiter->owner, waiter->options, loop_.Now());
  Duration left = waiter->until - loop_.Steady();
  if (deliveries.empty() && left > Duration::zero()) {
    waiter->timer = loop_.After(std::min<Duration>(kPoll, left), [this, waiter] {
      if (waiter->done != nullptr) TryLease(waiter);
    });
    return;
  }
  auto done = std::exchange(waiter->done, nullptr);
  waiters_.remove(waiter);
  done(std::move(deliveries));
}

void MemoryBus::Ack(Topic, std::vector<LeaseToken> tokens, std::function<void(Status)> done) {
  broker_.Ack(tokens);
  loop_.Post([done = std::move(done)] { done(Ok()); });
}

void MemoryBus::Nack(Topic, std::vector<LeaseToken> tokens, Duration delay,
                     std::function<void(Status)> done) {
  broker_.Nack(tokens, delay, loop_.Now());
  loop_.Post([done = std::move(done)] { done(Ok()); });
}

void MemoryBus::Extend(Topic, std::vector<LeaseToken> tokens, Duration lease,
                       std::function<void(Result<std::size_t>)> done) {
  std::size_t held = broker_.Extend(tokens, lease, loop_.Now());
  loop_.Post([done = std::move(done), held] { done(held); });
}

void MemoryBus::Inspect(Topic topic, std::function<void(Result<Backlog>)> done) {
  Backlog backlog = broker_.Inspect(topic, loop_.Now());
  loop_.Post([done = std::move(done), backlog] { done(backlog); });
}

}  // namespace tipoff
