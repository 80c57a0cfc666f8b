#include "bus/pubsub/chunks.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/limits.h"

namespace tipoff::pubsub {

PublishPlan PlanPublish(const std::vector<std::string>& bodies) {
  PublishPlan plan;
  plan.refusals.resize(bodies.size());
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    if (bodies[i].size() > limits::kMessageBytes) {
      plan.refusals[i] =
          fmt::format("message of {} bytes: at most {}", bodies[i].size(), limits::kMessageBytes);
      continue;
    }
    std::size_t cost = bodies[i].size() + kMessageOverhead;
    if (plan.chunks.empty() || plan.chunks.back().size() == kPublishMessages ||
        bytes + cost > kPublishBytes) {
      plan.chunks.emplace_back();
      bytes = 0;
    }
    plan.chunks.back().push_back(i);
    bytes += cost;
  }
  return plan;
}

std::vector<std::vector<std::string>> CutAckIds(std::vector<std::string> ids) {
  std::vector<std::vector<std::string>> chunks;
  std::size_t bytes = 0;
  for (std::string& id : ids) {
    if (chunks.empty() || chunks.back().size() == kAckIds || bytes + id.size() > kAckBytes) {
      chunks.emplace_back();
      bytes = 0;
    }
    bytes += id.size();
    chunks.back().push_back(std::move(id));
  }
  return chunks;
}

std::int32_t HoldSeconds(Duration lease) {
  auto seconds = std::chrono::ceil<std::chrono::seconds>(lease).count();
  return static_cast<std::int32_t>(std::clamp<std::int64_t>(seconds, 1, kHoldSecondsMax));
}

std::int32_t DelaySeconds(Duration delay) {
  return delay <= Duration::zero() ? 0 : HoldSeconds(delay);
}

}  // namespace tipoff::pubsub
