// What goes wrong in a simulated world, and when. Every decision is keyed by (seed, site, entity,
// how often that entity came by that site), never by the order of draws: removing one fault leaves
// all others where they were, which is what makes shrinking work.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/instant.h"

namespace tipoff::sim {

enum class Site : std::uint8_t {
  kStoreRefused,      // A call is not applied and says so.
  kStoreLostRequest,  // Not applied; the caller can't know.
  kStoreLostAnswer,   // Applied; the caller can't know.
  kStoreLateApply,    // Applied long after the caller was told that nobody knows.
  kStoreSlow,         // Answers after seconds.
  kStoreSilent,       // A call, applied or not, that is never answered.
  kStoreOutage,       // Refuses everybody for a while.
  kBusRefused,        // A call does nothing and says so.
  kBusLostAnswer,     // A call is done and reported as failed.
  kBusSlow,
  kBusSilent,       // A call, done or not, that is never answered.
  kMessageRefused,  // For good.
  kMessageLost,
  kMessageRepeated,
  kMessageLate,     // Overtaken by others.
  kMessageForeign,  // Of an unknown batch, of nobody in the batch, or no message at all.
  kSubscriptionDeleted,
  kHistoryFails,
  kHistoryHangs,
  kHistorySlow,
  kHistoryShort,  // Answers for fewer players than were asked for.
  kCrashBefore,   // A process dies as it makes a call.
  kCrashAfter,    // Dies before it hears the answer.
  kCrash,         // Dies at any moment.
  kPause,         // Stands still while time goes on.
  kTwin,          // While it stands still a second one of its name is started.
  kClockSkew,
  kClockStep,
  kNoWorkers,
  kPredictorThrows,
  kReceiverFails,       // Of announcements.
  kReceiverLostAnswer,  // Took it, and says that it did not.
  kReceiverSlow,
  kOperatorCancel,
  kOperatorClear,
  kOperatorFinish,
  kOperatorPatch,
  kOperatorCheckStalled,
  kOperatorRetry,
  kOperatorForce,    // A forced start.
  kCallerImpatient,  // Repeats a start before it is answered.
  kCallerTwice,      // Starts on two coordinators at once.
};
inline constexpr int kSites = 42;

std::string_view ToString(Site site);

// A fault that has struck.
struct Fault {
  std::uint64_t key = 0;  // Site, entity and count as one number.
  Site site = Site::kCrash;
  std::uint64_t bits = 0;  // To choose its details from.

  Duration Between(Duration least, Duration most) const;
  // One of 0..n-1, independent for each `salt`.
  std::uint64_t Pick(std::uint64_t n, std::uint64_t salt = 0) const;
};

class Faults {
 public:
  // Which sites are on, and how strong, is the seed's choice.
  explicit Faults(std::uint64_t seed);

  // Only these may strike, out of all that would.
  void AllowOnly(std::set<std::uint64_t> keys) { allowed_ = std::move(keys); }
  // No fault strikes from now on.
  void Heal() { healed_ = true; }
  bool healed() const { return healed_; }

  std::optional<Fault> Strike(Site site, std::uint64_t entity);
  bool On(Site site) const { return per_million_[static_cast<std::size_t>(site)] > 0; }

  // Not a fault: how long something takes, keyed as well.
  Duration Latency(std::uint64_t entity, Duration least, Duration most);
  // A fixed property of the seed.
  std::uint64_t Draw(std::string_view what, std::uint64_t entity = 0) const;
  std::uint64_t Pick(std::string_view what, std::uint64_t n, std::uint64_t entity = 0) const {
    return Draw(what, entity) % n;
  }

  // In the order in which they struck.
  const std::vector<Fault>& struck() const { return struck_; }

 private:
  std::uint64_t Count(std::uint64_t place) { return counts_[place]++; }

  std::uint64_t seed_;
  std::uint32_t per_million_[kSites] = {};
  std::unordered_map<std::uint64_t, std::uint64_t> counts_;  // Never iterated.
  std::optional<std::set<std::uint64_t>> allowed_;
  bool healed_ = false;
  std::vector<Fault> struck_;
};

}  // namespace tipoff::sim
