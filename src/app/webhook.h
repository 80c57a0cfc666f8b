// One webhook: what is posted to a receiver, signed as Standard Webhooks has it, and what its
// answer means.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "flow/announce.h"
#include "http/client.h"

namespace tipoff {

struct Webhook {
  std::string name;
  std::string url;
  std::string key;     // Signs; "" for a channel's text, whose address is the secret.
  bool slack = false;  // A text for people instead of a CloudEvent.
  std::string source;  // Of CloudEvents.
  Duration timeout = std::chrono::seconds(10);
};

// "v1,<base64>": HMAC-SHA-256 over "id.timestamp.body"; `timestamp` in seconds since 1970.
std::string SignWebhook(std::string_view key, std::string_view id, std::int64_t timestamp,
                        std::string_view body);

// `autopsy`: the body of the batch's record of it, "" if there is none.
HttpCall MakeWebhookCall(const Webhook& webhook, const Notice& notice, Instant now,
                         std::string_view autopsy = {});

// 2xx: it has arrived. 410: nobody wants it any more. 429 and 503 may say when to come again.
// Redirects are not followed: whoever moves is configured anew.
AnnounceAnswer ReadWebhookAnswer(const Result<HttpResponse>& response);

// All must outlive what is returned. Of a bad end the autopsy is waited for, 5 s at most, if there
// is a store where one is written to; null: there is none.
Announce WebhookAnnouncement(Webhook webhook, Loop& loop, HttpClient& client, Store* autopsies);

// An announcement of a batch that never was, to try a receiver with.
Notice SampleNotice(const std::string& target, Instant now);

}  // namespace tipoff
