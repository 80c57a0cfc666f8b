// The envelope in which Pub/Sub pushes a message:
//   {"message": {"data": base64, "messageId", "publishTime", "attributes"}, "subscription",
//    "deliveryAttempt"}
#pragma once

#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

struct PushedMessage {
  std::string body;      // The data, decoded.
  Instant published_at;  // never: not told.
  int deliveries = 0;    // 0: the subscription does not count them.
};

// Only what is used is looked at. kInvalid names the field: such a message is of no use to anybody.
Result<PushedMessage> DecodePushEnvelope(std::string_view body);

}  // namespace tipoff
