#include "api/push_envelope.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(PushEnvelope, IsOpened) {
  auto pushed = DecodePushEnvelope(R"({"message":{"data":"eyJhIjoxfQ==","messageId":"77",
    "attributes":{"x":"y"},"publishTime":"2025-01-15T12:00:00.5Z"},
    "subscription":"projects/p/subscriptions/s","deliveryAttempt":3})");
  ASSERT_TRUE(pushed.ok()) << pushed.error().message;
  EXPECT_EQ(pushed->body, R"({"a":1})");
  EXPECT_EQ(FormatInstant(pushed->published_at), "2025-01-15T12:00:00.500Z");
  EXPECT_EQ(pushed->deliveries, 3);
}

TEST(PushEnvelope, IsReadInEitherSpelling) {
  auto pushed = DecodePushEnvelope(R"({"subscription":"projects/p/subscriptions/s",
    "message":{"data":"e30=","message_id":"77","publish_time":"2025-01-15T12:00:00.5Z"}})");
  ASSERT_TRUE(pushed.ok()) << pushed.error().message;
  EXPECT_EQ(FormatInstant(pushed->published_at), "2025-01-15T12:00:00.500Z");
}

TEST(PushEnvelope, WhatIsNotNeededMayBeMissingOrWrong) {
  auto pushed = DecodePushEnvelope(
      R"({"message":{"data":"e30","publishTime":"yesterday"},"deliveryAttempt":"often"})");
  ASSERT_TRUE(pushed.ok()) << pushed.error().message;
  EXPECT_EQ(pushed->body, "{}");
  EXPECT_TRUE(pushed->published_at.never());
  EXPECT_EQ(pushed->deliveries, 0);
}

TEST(PushEnvelope, F17_WhatIsNoneNamesTheField) {
  std::vector<std::pair<std::string, std::string>> wrong{
      {"", "JSON"},
      {"nonsense", "JSON"},
      {"[]", "object"},
      {"{}", "message"},
      {R"({"batch_id":"b","player_lookup":"p"})", "message"},
      {R"({"message":"text"})", "message"},
      {R"({"message":{}})", "message.data"},
      {R"({"message":{"data":7}})", "message.data"},
      {R"({"message":{"data":"!!!"}})", "message.data"}};
  for (const auto& [body, named] : wrong) {
    auto pushed = DecodePushEnvelope(body);
    ASSERT_FALSE(pushed.ok()) << body;
    EXPECT_EQ(pushed.error().code, Errc::kInvalid);
    EXPECT_NE(pushed.error().message.find(named), std::string::npos) << pushed.error().message;
  }
}

}  // namespace
}  // namespace tipoff
