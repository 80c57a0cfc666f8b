#include "bus/pubsub/leases.h"

#include <algorithm>

#include "bus/pubsub/chunks.h"

namespace tipoff::pubsub {
namespace {

// How long one pull waits on Pub/Sub's side. One on a subscription that was deleted and made anew
// may never be answered, so this is also how long a worker does not notice the new one.
constexpr auto kPullTime = std::chrono::seconds(15);
// An empty answer that came at once is asked for again only after this.
constexpr auto kPullPause = std::chrono::milliseconds(200);
// These add up to less than limits::kCallTime.
constexpr auto kGatherTime = std::chrono::seconds(5);
constexpr auto kHoldTime = std::chrono::seconds(4);
constexpr auto kLookTime = std::chrono::seconds(8);
static_assert(kGatherTime + kHoldTime < limits::kCallTime);
static_assert(kLookTime < limits::kCallTime);

}  // namespace

struct Leases::Waiter {
  std::string subscription;
  LeaseOptions options;
  std::function<void(Result<std::vector<Delivery>>)> done;
  Loop::TimerId timer = 0;
  Duration gather_until{};  // Steady time.
  std::vector<Received> got;

  std::size_t wanted() const { return std::min(options.max, limits::kMessagesPerCall); }
  std::size_t next() const { return std::min(wanted() - got.size(), kPullMessages); }
};

struct Leases::Tap {
  std::deque<WaiterPtr> waiters;
  std::size_t pulls = 0;         // Under way, of this round.
  std::uint64_t round = 0;       // The pulls of earlier ones are not counted on any more.
  Duration pulled_at{};          // When the last one began, steady time.
  Loop::TimerId timer = 0;       // Of a pause.
  std::int32_t ack_seconds = 0;  // The subscription's own; 0: not known.
};

Leases::Leases(Service& service, Loop& loop) : service_(service), loop_(loop) {}

Leases::~Leases() {
  for (auto& [subscription, tap] : taps_) {
    loop_.Cancel(tap.timer);
    for (const WaiterPtr& waiter : tap.waiters) loop_.Cancel(waiter->timer);
  }
}

void Leases::Lease(std::string subscription, bool pushed, LeaseOptions options,
                   std::function<void(Result<std::vector<Delivery>>)> done) {
  auto waiter = std::make_shared<Waiter>();
  waiter->subscription = std::move(subscription);
  waiter->options = options;
  waiter->done = std::move(done);
  if (options.wait <= Duration::zero() && !pushed) {
    waiter->gather_until = loop_.Steady() + kGatherTime;
    return Gather(std::move(waiter));
  }
  taps_[waiter->subscription].waiters.push_back(waiter);
  waiter->timer =
      loop_.After(std::max(options.wait, Duration(0)), [this, waiter] { TimeOver(waiter); });
  if (!pushed) KeepPulling(waiter->subscription);
}

// One pull for each who waits.
void Leases::KeepPulling(const std::string& subscription) {
  Tap& tap = taps_[subscription];
  while (tap.timer == 0 && tap.pulls < tap.waiters.size()) {
    std::size_t max = tap.waiters[tap.pulls]->next();
    ++tap.pulls;
    tap.pulled_at = loop_.Steady();
    service_.Pull(subscription, max, Service::PullMode::kWait, kPullTime,
                  [this, subscription, max, round = tap.round](auto messages) {
                    if (taps_[subscription].round == round) --taps_[subscription].pulls;
                    Pulled(subscription, max, std::move(messages));
                  });
  }
}

void Leases::Pulled(const std::string& subscription, std::size_t asked,
                    Result<std::vector<Received>> messages) {
  Tap& tap = taps_[subscription];
  if (!messages.ok()) {
    FailFirst(tap, messages.error());
    return KeepPulling(subscription);
  }
  bool full = messages->size() >= asked;
  bool hasty = messages->empty() && loop_.Steady() - tap.pulled_at < kPullPause;
  auto next = messages->begin();
  while (next != messages->end() && !tap.waiters.empty()) {
    WaiterPtr waiter = tap.waiters.front();
    Leave(waiter);
    waiter->gather_until = loop_.Steady() + kGatherTime;
    auto share = std::min<std::ptrdiff_t>(messages->end() - next,
                                          static_cast<std::ptrdiff_t>(waiter->wanted()));
    std::move(next, next + share, std::back_inserter(waiter->got));
    next += share;
    full && waiter->next() > 0 ? Gather(std::move(waiter)) : Hold(std::move(waiter));
  }
  std::vector<std::string> nobodys;
  for (; next != messages->end(); ++next) nobodys.push_back(std::move(next->ack_id));
  if (!nobodys.empty()) {
    service_.Hold(subscription, std::move(nobodys), 0, limits::kCallTime, [](Status) {});
  }
  if (hasty && tap.timer == 0) {
    tap.timer = loop_.After(kPullPause, [this, subscription] {
      taps_[subscription].timer = 0;
      KeepPulling(subscription);
    });
  }
  KeepPulling(subscription);
}

void Leases::FailFirst(Tap& tap, const Error& error) {
  if (tap.waiters.empty()) return;
  WaiterPtr waiter = tap.waiters.front();
  Leave(waiter);
  waiter->done(error);
}

// Nothing came. That is an answer only if something could have come.
void Leases::TimeOver(const WaiterPtr& waiter) {
  service_.LookAt(waiter->subscription, kLookTime, [this, waiter](Result<Subscribed> seen) {
    if (!Leave(waiter)) return;  // Something came after all.
    // Who may not look still may pull.
    bool blind = !seen.ok() && seen.error().code == Errc::kDenied;
    Tap& tap = taps_[waiter->subscription];
    if (!seen.ok() && !blind) {
      // Nor will anything come of the pulls that wait, even when all is well again.
      tap.pulls = 0;
      ++tap.round;
      return waiter->done(seen.error());
    }
    if (seen.ok()) tap.ack_seconds = seen->ack_seconds;
    waiter->done(std::vector<Delivery>());
  });
}

// Takes what else is there, for as long as each pull brings as much as it may.
void Leases::Gather(WaiterPtr waiter) {
  std::size_t asked = waiter->next();
  Duration left = waiter->gather_until - loop_.Steady();
  if (asked == 0 || left <= Duration::zero()) return Hold(std::move(waiter));
  const std::string& subscription = waiter->subscription;
  auto pulled = [this, waiter, asked](Result<std::vector<Received>> messages) {
    if (!messages.ok()) {
      return waiter->got.empty() ? waiter->done(messages.error()) : Hold(waiter);
    }
    bool full = messages->size() >= asked;
    std::move(messages->begin(), messages->end(), std::back_inserter(waiter->got));
    full ? Gather(waiter) : Hold(waiter);
  };
  service_.Pull(subscription, asked, Service::PullMode::kNow, left, std::move(pulled));
}

// Pub/Sub holds what it hands out for the subscription's own time; the lease may be another.
void Leases::Hold(WaiterPtr waiter) {
  std::int32_t seconds = HoldSeconds(waiter->options.lease);
  if (waiter->got.empty() || seconds == taps_[waiter->subscription].ack_seconds) {
    return HandOut(waiter);
  }
  std::vector<std::string> ids;
  for (const Received& message : waiter->got) ids.push_back(message.ack_id);
  auto chunks = CutAckIds(std::move(ids));
  auto left = std::make_shared<std::size_t>(chunks.size());
  // Where it fails they come back to others earlier or later than they should: no harm is done.
  auto held = [this, waiter, left](Status) {
    if (--*left == 0) HandOut(waiter);
  };
  for (auto& chunk : chunks) {
    service_.Hold(waiter->subscription, std::move(chunk), seconds, kHoldTime, held);
  }
}

void Leases::HandOut(const WaiterPtr& waiter) {
  service_.Claim(waiter->got);
  std::vector<Delivery> deliveries;
  deliveries.reserve(waiter->got.size());
  for (Received& message : waiter->got) {
    deliveries.push_back({{std::move(message.ack_id), 0},
                          std::move(message.body),
                          message.published_at,
                          message.deliveries});
  }
  waiter->done(std::move(deliveries));
}

// It waits no longer. False if it did not.
bool Leases::Leave(const WaiterPtr& waiter) {
  auto& waiters = taps_[waiter->subscription].waiters;
  auto found = std::find(waiters.begin(), waiters.end(), waiter);
  if (found == waiters.end()) return false;
  waiters.erase(found);
  loop_.Cancel(waiter->timer);
  return true;
}

}  // namespace tipoff::pubsub
