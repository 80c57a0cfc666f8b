// What Pub/Sub takes in one request. The service's own limits, which its emulator does not keep:
// https://cloud.google.com/pubsub/quotas
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/instant.h"

namespace tipoff::pubsub {

// One publish: 1,000 messages and 10 MB. The emulator never answers a larger one. A message costs
// some bytes besides its body.
inline constexpr std::size_t kPublishMessages = 1000;
inline constexpr std::size_t kPublishBytes = 9'000'000;
inline constexpr std::size_t kMessageOverhead = 64;
// One pull. The emulator hands out 100 at most; the service more, but 100 of the largest messages
// are what one answer should hold.
inline constexpr std::size_t kPullMessages = 100;
// One acknowledge or modifyAckDeadline: 512 KiB. Ack ids of the service have about 200 bytes.
inline constexpr std::size_t kAckIds = 1000;
inline constexpr std::size_t kAckBytes = 400'000;
// Of a message: modifyAckDeadline takes 0 (give it back at once) to 600 s.
inline constexpr std::int32_t kHoldSecondsMax = 600;
// Of a subscription: 10 s to 600 s. The emulator takes 5 s, too.
inline constexpr std::int32_t kAckSecondsMin = 10;
inline constexpr std::int32_t kAckSecondsMax = 600;
// Deliveries before the dead letters: 5 to 100.
inline constexpr std::int32_t kAttemptsMin = 5;
inline constexpr std::int32_t kAttemptsMax = 100;
// Retention of a subscription's messages: 10 min to 31 days.
inline constexpr Duration kRetentionMin = std::chrono::minutes(10);
inline constexpr Duration kRetentionMax = std::chrono::hours(24 * 31);
// Back-off of a retry policy: 0 to 600 s.
inline constexpr Duration kRetryMax = std::chrono::seconds(600);

// What is published together: positions in `bodies`.
using Chunk = std::vector<std::size_t>;
struct PublishPlan {
  std::vector<Chunk> chunks;
  std::vector<std::string> refusals;  // One for each body; "" where it is in a chunk.
};
PublishPlan PlanPublish(const std::vector<std::string>& bodies);

// Cuts ack ids into what one request may hold.
std::vector<std::vector<std::string>> CutAckIds(std::vector<std::string> ids);

// How long Pub/Sub holds a message for `lease`: whole seconds, rounded up, 1 to 600.
std::int32_t HoldSeconds(Duration lease);
// 0 for none: at once. Else as HoldSeconds.
std::int32_t DelaySeconds(Duration delay);

}  // namespace tipoff::pubsub
