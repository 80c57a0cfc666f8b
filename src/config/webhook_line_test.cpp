#include "config/webhook_line.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "config/config.h"

namespace tipoff {
namespace {

constexpr char kSecret[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

std::string Problem(const std::string& line) {
  auto parsed = ParseWebhookLine(line);
  return parsed.ok() ? "" : parsed.error().message;
}

TEST(WebhookLine, ANameAndAnAddress) {
  auto line = ParseWebhookLine("ops-1=https://ops.example.com/tipoff?a=b");
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->name, "ops-1");
  EXPECT_EQ(line->url, "https://ops.example.com/tipoff?a=b");
}

TEST(WebhookLine, WhatIsNoneIsRefusedAndTheAddressIsNotTold) {
  for (const char* line :
       {"https://hooks.example.com/SECRET", "=https://hooks.example.com/SECRET",
        "Ops=https://hooks.example.com/SECRET", "ops=ftp://SECRET", "ops=", "ops=https://",
        "log=https://hooks.example.com/SECRET", "https://hooks.example.com/?token=SECRET"}) {
    EXPECT_NE(Problem(line), "") << line;
    EXPECT_EQ(Problem(line).find("SECRET"), std::string::npos) << line;
  }
}

TEST(WebhookLine, ASecretIsReadAsStandardWebhooksWritesIt) {
  auto secret = ParseWebhookSecret(std::string("ops=") + kSecret);
  ASSERT_TRUE(secret.ok());
  EXPECT_EQ(secret->key.size(), 24u);
  for (const char* text :
       {"ops=whsec_", "ops=whsec_AAAA", "ops=hello", "whsec_AAAA", "ops=whsec_!"}) {
    EXPECT_FALSE(ParseWebhookSecret(text).ok()) << text;
  }
}

std::string Refusal(const std::string& toml) {
  auto config = ParseConfig(toml, "t.toml");
  return config.ok() ? "" : config.error().message;
}

TEST(WebhookLine, EveryWebhookHasASecretAndEverySecretAWebhook) {
  std::string secret = fmt::format("webhook_secrets = [\"ops={}\"]\n", kSecret);
  std::string hook = "[announce]\nwebhooks = [\"ops=https://ops.example.com/\"]\n";
  EXPECT_EQ(Refusal(hook + secret), "");
  EXPECT_NE(Refusal(hook).find("'ops' has no secret"), std::string::npos) << Refusal(hook);
  EXPECT_NE(Refusal("[announce]\n" + secret).find("'ops'"), std::string::npos);
  EXPECT_NE(
      Refusal(hook + secret + "slack = [\"ops=https://hooks.example.com/x\"]\n").find("'ops'"),
      std::string::npos);
}

}  // namespace
}  // namespace tipoff
