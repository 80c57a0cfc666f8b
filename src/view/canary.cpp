#include "view/canary.h"

#include <algorithm>
#include <limits>

#include "base/json.h"
#include "base/panic.h"

namespace tipoff {
namespace {

namespace json = boost::json;

CanaryState ReadState(JsonReader& reader) {
  std::string text = reader.Text("state");
  for (CanaryState state : {CanaryState::kUnderWay, CanaryState::kBack, CanaryState::kLost}) {
    if (ToString(state) == text) return state;
  }
  reader.Fail("state", "must be under_way, back or lost");
  return CanaryState::kLost;
}

Error Corrupt(const Error& error) { return {Errc::kCorrupt, "canary record: " + error.message}; }

}  // namespace

std::string_view ToString(CanaryState state) {
  switch (state) {
    case CanaryState::kUnderWay: return "under_way";
    case CanaryState::kBack: return "back";
    case CanaryState::kLost: return "lost";
  }
  Panic(__FILE__, __LINE__, "unnamed CanaryState");
}

std::string Encode(const CanaryHop& hop) {
  return DumpJson(json::object{{"at", InstantToJson(hop.at)},
                               {"worker", hop.worker},
                               {"worker_version", hop.worker_version}});
}

Result<CanaryHop> DecodeCanaryHop(std::string_view body) {
  auto value = ParseJson(body);
  if (!value.ok()) return Corrupt(value.error());
  JsonReader reader(*value);
  CanaryHop hop{reader.At("at"), reader.Text("worker"), reader.Text("worker_version")};
  if (!reader.status().ok()) return Corrupt(reader.status().error());
  return hop;
}

std::string Encode(const Canary& canary) {
  json::object object{{"id", canary.id},
                      {"state", ToString(canary.state)},
                      {"sent_at", InstantToJson(canary.sent_at)},
                      {"expires_at", InstantToJson(canary.expires_at)},
                      {"published_at", InstantToJson(canary.published_at)},
                      {"worked_at", InstantToJson(canary.worked_at)},
                      {"counted_at", InstantToJson(canary.counted_at)},
                      {"worker", canary.worker},
                      {"worker_version", canary.worker_version},
                      {"lost_after", nullptr},
                      {"message", canary.message},
                      {"lost_periods", canary.lost_periods}};
  if (!canary.lost_after.empty()) object["lost_after"] = canary.lost_after;
  return DumpJson(object);
}

Result<Canary> DecodeCanary(std::string_view body) {
  auto value = ParseJson(body);
  if (!value.ok()) return Corrupt(value.error());
  JsonReader reader(*value);
  Canary canary;
  canary.id = reader.Text("id");
  canary.state = ReadState(reader);
  canary.sent_at = reader.At("sent_at");
  canary.expires_at = reader.At("expires_at");
  canary.published_at = reader.At("published_at");
  canary.worked_at = reader.At("worked_at");
  canary.counted_at = reader.At("counted_at");
  canary.worker = reader.Text("worker");
  canary.worker_version = reader.Text("worker_version");
  canary.lost_after = reader.Text("lost_after");
  canary.message = reader.Text("message");
  canary.lost_periods = static_cast<int>(
      std::clamp<std::int64_t>(reader.Integer("lost_periods"), 0, std::numeric_limits<int>::max()));
  if (!reader.status().ok()) return Corrupt(reader.status().error());
  return canary;
}

CanaryHealth JudgeCanaries(std::span<const Canary> canaries) {
  CanaryHealth health;
  if (!canaries.empty()) health.newest_at = canaries.front().sent_at;
  for (const Canary& canary : canaries) {
    if (canary.state == CanaryState::kUnderWay) continue;
    if (canary.state == CanaryState::kBack) {
      health.newest_back = canary;
      break;
    }
    if (health.losses == 0) health.newest_lost = canary;
    health.losses += std::max(canary.lost_periods, 1);
  }
  return health;
}

}  // namespace tipoff
