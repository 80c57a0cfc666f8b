#include "app/webhook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/base64.h"
#include "base/json.h"

namespace tipoff {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

const Instant kNow = Instant::FromMicros(1'614'265'330'000'000);

std::map<std::string, std::string> HeadersOf(const HttpCall& call) {
  return {call.headers.begin(), call.headers.end()};
}

// The example of the Standard Webhooks specification.
TEST(Webhook, TheSignatureOfTheSpecificationsExample) {
  std::string key = Base64Decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").value();
  EXPECT_EQ(SignWebhook(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Webhook, ACallIsACloudEventSignedOverItsBody) {
  Webhook webhook{.name = "ops", .url = "https://ops.example.com/", .key = "k", .source = "/t"};
  Notice notice = SampleNotice("ops", kNow);
  HttpCall call = MakeWebhookCall(webhook, notice, kNow);
  EXPECT_EQ(call.method, "POST");
  EXPECT_EQ(call.url, webhook.url);
  auto headers = HeadersOf(call);
  EXPECT_EQ(headers["content-type"], "application/cloudevents+json");
  EXPECT_EQ(headers["webhook-id"], notice.announcement.id);
  EXPECT_EQ(headers["webhook-timestamp"], "1614265330");
  EXPECT_EQ(headers["webhook-signature"],
            SignWebhook("k", notice.announcement.id, 1614265330, call.body));
  EXPECT_EQ(std::string(ParseJson(call.body)->at("id").as_string()), notice.announcement.id);
}

TEST(Webhook, ABadEndSaysWhy) {
  std::string autopsy =
      R"({"causes":["it ended partial","worker: none was there"],"failures":[],"missing":[1],)"
      R"("next_command":"tipoff batch retry b"})";
  Webhook webhook{.name = "ops", .url = "https://ops.example.com/"};
  auto event = ParseJson(MakeWebhookCall(webhook, SampleNotice("ops", kNow), kNow, autopsy).body);
  const auto& told = event->at("data").at("autopsy").as_object();
  EXPECT_EQ(told.at("causes").as_array().size(), 2u);
  EXPECT_EQ(told.count("missing"), 0u) << "stands beside it already";
  webhook.slack = true;
  auto text = ParseJson(MakeWebhookCall(webhook, SampleNotice("ops", kNow), kNow, autopsy).body);
  EXPECT_THAT(std::string(text->at("text").as_string()), HasSubstr("Why: worker: none was there"));
  for (std::string_view none : {"", "no JSON", "[]"}) {
    auto plain = ParseJson(MakeWebhookCall(webhook, SampleNotice("x", kNow), kNow, none).body);
    EXPECT_THAT(std::string(plain->at("text").as_string()), Not(HasSubstr("Why:"))) << none;
  }
}

TEST(Webhook, AChannelGetsATextWithoutASignature) {
  Webhook webhook{.name = "chat", .url = "https://hooks.example.com/", .slack = true};
  HttpCall call = MakeWebhookCall(webhook, SampleNotice("chat", kNow), kNow);
  EXPECT_EQ(HeadersOf(call).count("webhook-signature"), 0u);
  EXPECT_THAT(std::string(ParseJson(call.body)->at("text").as_string()),
              HasSubstr("This is a sample"));
}

AnnounceAnswer Answered(int status, const std::string& retry_after = "") {
  HttpResponse response{.status = status, .body = R"({"status":"ok"})"};
  if (!retry_after.empty()) response.headers.emplace_back("retry-after", retry_after);
  return ReadWebhookAnswer(response);
}

TEST(Webhook, F37_OnlyASuccessfulStatusIsSuccessWhateverTheBodySays) {
  for (int status : {200, 202, 204}) EXPECT_TRUE(Answered(status).status.ok()) << status;
  for (int status : {301, 308, 400, 404, 429, 500, 503}) {
    AnnounceAnswer answer = Answered(status);
    ASSERT_FALSE(answer.status.ok()) << status;
    EXPECT_FALSE(answer.gone);
    EXPECT_THAT(answer.status.error().message, HasSubstr(std::to_string(status)));
  }
  EXPECT_TRUE(Answered(410).gone);
  EXPECT_THAT(Answered(302).status.error().message, HasSubstr("not followed"));
  EXPECT_FALSE(ReadWebhookAnswer(Error{Errc::kUnavailable, "no answer"}).status.ok());
}

TEST(Webhook, F37_RetryAfterIsHonouredWhereItMeansSomething) {
  EXPECT_EQ(Answered(429, "120").retry_after, Duration(seconds(120)));
  EXPECT_EQ(Answered(503, "7").retry_after, Duration(seconds(7)));
  EXPECT_EQ(Answered(500, "120").retry_after, Duration(0));
  for (const char* odd : {"soon", "-5", "1e9", "99999999999999999999", "5 "}) {
    EXPECT_EQ(Answered(429, odd).retry_after, Duration(0)) << odd;
  }
}

}  // namespace
}  // namespace tipoff
