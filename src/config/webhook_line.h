// One line of `announce.webhooks`, `announce.slack` or `announce.webhook_secrets`: a receiver's
// name and its address or secret.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

struct WebhookLine {
  std::string name;  // In announcements and messages; the address may hold a secret.
  std::string url;
};

// "ops=https://ops.example.com/tipoff". kInvalid says what is wrong, without the address.
Result<WebhookLine> ParseWebhookLine(std::string_view text);

struct WebhookSecret {
  std::string name;
  std::string key;  // The bytes, decoded.
};

// "ops=whsec_<base64 of 24 to 64 bytes>", as Standard Webhooks writes secrets. kInvalid says what
// is wrong, without the secret.
Result<WebhookSecret> ParseWebhookSecret(std::string_view text);

}  // namespace tipoff
