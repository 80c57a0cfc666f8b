#include "app/webhook.h"

#include <fmt/format.h>

#include <charconv>

#include "base/base64.h"
#include "base/hash.h"
#include "base/json.h"
#include "core/autopsy.h"
#include "view/announcement.h"

namespace tipoff {
namespace {

// Of an answer; nobody reads more.
constexpr std::size_t kAnswerBytesMax = 64u << 10;
constexpr std::size_t kWordsMax = 200;
// An autopsy is written right after the end, as this is sent; together 5 s.
constexpr auto kAutopsyPause = std::chrono::milliseconds(250);
constexpr int kAutopsyLooks = 20;

// Answers "" if none has come.
void FindAutopsy(Loop& loop, Store& store, const BatchId& batch, int looks,
                 std::function<void(std::string)> done) {
  store.GetRecord(std::string(kAutopsyRecords), batch.str(),
                  [&loop, &store, batch, looks, done = std::move(done)](Result<Record> record) {
                    if (record.ok()) return done(std::move(record->body));
                    if (looks <= 1) return done("");
                    loop.After(kAutopsyPause, [&loop, &store, batch, looks, done] {
                      FindAutopsy(loop, store, batch, looks - 1, done);
                    });
                  });
}

bool HasAutopsy(const Notice& notice) {
  Phase phase = notice.batch.phase;
  return notice.announcement.kind == "batch.ended" && IsTerminal(phase) &&
         phase != Phase::kSucceeded;
}

// Seconds only: the other form, a date, is not worth trusting another clock.
Duration RetryAfter(const HttpResponse& response) {
  for (const auto& [name, value] : response.headers) {
    std::int64_t seconds = 0;
    auto [end, problem] = std::from_chars(value.data(), value.data() + value.size(), seconds);
    bool whole = problem == std::errc() && end == value.data() + value.size();
    if (name == "retry-after" && whole && seconds > 0 && seconds <= 86'400) {
      return std::chrono::seconds(seconds);
    }
  }
  return Duration(0);
}

}  // namespace

std::string SignWebhook(std::string_view key, std::string_view id, std::int64_t timestamp,
                        std::string_view body) {
  return "v1," + Base64Encode(HmacSha256(key, fmt::format("{}.{}.{}", id, timestamp, body)));
}

HttpCall MakeWebhookCall(const Webhook& webhook, const Notice& notice, Instant now,
                         std::string_view autopsy) {
  const std::string& id = notice.announcement.id;
  HttpCall call;
  call.method = "POST";
  call.url = webhook.url;
  call.timeout = webhook.timeout;
  call.body_max = kAnswerBytesMax;
  if (webhook.slack) {
    call.body =
        DumpJson(SlackMessageOf(notice.announcement, notice.batch, notice.missing, autopsy));
    call.headers.emplace_back("content-type", "application/json");
  } else {
    call.body = DumpJson(
        CloudEventOf(notice.announcement, notice.batch, notice.missing, webhook.source, autopsy));
    call.headers.emplace_back("content-type", "application/cloudevents+json");
  }
  if (!webhook.key.empty()) {
    std::int64_t timestamp = now.micros() / 1'000'000;
    call.headers.emplace_back("webhook-id", id);
    call.headers.emplace_back("webhook-timestamp", fmt::to_string(timestamp));
    call.headers.emplace_back("webhook-signature",
                              SignWebhook(webhook.key, id, timestamp, call.body));
  }
  return call;
}

AnnounceAnswer ReadWebhookAnswer(const Result<HttpResponse>& response) {
  if (!response.ok()) return {response.error()};
  int status = response->status;
  if (status >= 200 && status < 300) return {};
  std::string words = ServerWords(*response).substr(0, kWordsMax);
  AnnounceAnswer answer;
  answer.status = Error{Errc::kUnavailable, fmt::format("answered {}: {}", status, words)};
  if (status >= 300 && status < 400) {
    answer.status = Error{Errc::kUnavailable,
                          fmt::format("answered {}, a redirect, which is not followed: configure "
                                      "the receiver's new address",
                                      status)};
  }
  answer.gone = status == 410;
  if (status == 429 || status == 503) answer.retry_after = RetryAfter(*response);
  return answer;
}

Announce WebhookAnnouncement(Webhook webhook, Loop& loop, HttpClient& client, Store* autopsies) {
  return [webhook = std::move(webhook), &loop, &client, autopsies](
             const Notice& notice, std::function<void(AnnounceAnswer)> done) {
    auto send = [&webhook, &loop, &client, notice,
                 done = std::move(done)](const std::string& autopsy) {
      client.Call(MakeWebhookCall(webhook, notice, loop.Now(), autopsy),
                  [done](Result<HttpResponse> response) { done(ReadWebhookAnswer(response)); });
    };
    if (autopsies == nullptr || !HasAutopsy(notice)) return send("");
    FindAutopsy(loop, *autopsies, notice.batch.id, kAutopsyLooks, std::move(send));
  };
}

Notice SampleNotice(const std::string& target, Instant now) {
  Notice notice;
  Batch& batch = notice.batch;
  batch.id = BatchId("batch_sample");
  batch.slot.game_date = Day();
  batch.phase = Phase::kPartial;
  batch.reason = Reason::kDeadlineExceeded;
  batch.message = "This is a sample: no such batch was run.";
  batch.counts = Counts(2);
  batch.counts.Set(RequestState::kPending, 0);
  batch.counts.Set(RequestState::kSucceeded, 1);
  batch.counts.Set(RequestState::kExpired, 1);
  batch.predictions = 6;
  batch.created_at = now - std::chrono::hours(2);
  batch.progress_at = batch.created_at;
  batch.terminal_by = now;
  batch.terminal_at = now;
  batch.trigger = "sample";
  NewRequest& missing = notice.missing.emplace_back();
  missing.row.player = PlayerId("sampleplayer");
  missing.row.state = RequestState::kExpired;
  missing.spec.player_name = "Sample Player";
  notice.announcement =
      MakeAnnouncements(fmt::format("sample-{}", now.micros()), {.batch = batch.id}, {target}, now)
          .front();
  return notice;
}

}  // namespace tipoff
