#include "api/push_envelope.h"

#include <algorithm>

#include "base/base64.h"
#include "base/json.h"

namespace tipoff {
namespace {

// Pub/Sub gives a message up after 100 at the latest.
constexpr std::int64_t kDeliveriesMax = 1000;

}  // namespace

Result<PushedMessage> DecodePushEnvelope(std::string_view body) {
  TIPOFF_TRY(boost::json::value value, ParseJson(body));
  JsonReader envelope(value);
  const boost::json::value* inner = envelope.Find("message");
  if (inner == nullptr) {
    envelope.Fail("message", "is missing: this door takes Pub/Sub push envelopes");
  }
  TIPOFF_TRY_STATUS(envelope.status());
  JsonReader message(*inner, "message");
  std::string data = message.Text("data");
  if (data.empty()) message.Fail("data", "is missing");
  TIPOFF_TRY_STATUS(message.status());
  PushedMessage pushed;
  auto decoded = Base64Decode(data);
  if (!decoded.ok()) return Annotate(decoded.error(), "message.data");
  pushed.body = std::move(*decoded);
  // Neither may spoil a message that is otherwise sound.
  JsonReader times(*inner);
  pushed.published_at = times.At("publishTime");
  // Pub/Sub sends both spellings; others who write such envelopes may know only this one.
  if (pushed.published_at.never()) pushed.published_at = times.At("publish_time");
  JsonReader counts(value);
  pushed.deliveries = static_cast<int>(
      std::clamp<std::int64_t>(counts.Integer("deliveryAttempt"), 0, kDeliveriesMax));
  return pushed;
}

}  // namespace tipoff
