#include "config/settings.h"

#include <gtest/gtest.h>

#include <set>

namespace tipoff {
namespace {

std::string Problem(std::string_view key, std::string_view text) {
  const Setting& setting = *FindSetting(key);
  auto value = ParseSetting(setting, text);
  if (!value.ok()) return value.error().message;
  Status sound = CheckSetting(setting, *value);
  return sound.ok() ? "" : sound.error().message;
}

TEST(Settings, KeysAndTheirVariablesAreUnique) {
  std::set<std::string> names;
  for (const Setting& setting : Settings()) {
    EXPECT_TRUE(names.insert(EnvironmentName(setting)).second) << setting.key;
    EXPECT_EQ(FindSetting(setting.key), &setting);
    EXPECT_FALSE(setting.help.empty()) << setting.key;
    EXPECT_EQ(setting.least.empty(), setting.most.empty()) << setting.key;
  }
  EXPECT_EQ(EnvironmentName(*FindSetting("server.body_max_bytes")), "TIPOFF_SERVER_BODY_MAX_BYTES");
  EXPECT_EQ(FindSetting("server"), nullptr);
}

TEST(Settings, EveryDefaultIsSound) {
  for (const Setting& setting : Settings()) {
    auto value = ParseSetting(setting, setting.fallback);
    ASSERT_TRUE(value.ok()) << setting.key << ": " << value.error().message;
    EXPECT_TRUE(CheckSetting(setting, *value).ok()) << setting.key;
  }
}

TEST(Settings, F49_ABareNumberIsNoDuration) {
  EXPECT_NE(Problem("batch.deadline", "120").find("bare number"), std::string::npos);
  EXPECT_NE(Problem("batch.deadline", "120").find("120m"), std::string::npos);
  EXPECT_NE(Problem("batch.deadline", "1.5h"), "");
  EXPECT_EQ(Problem("batch.deadline", "120m"), "");
}

TEST(Settings, ValuesMustBeInTheirBounds) {
  EXPECT_EQ(Problem("server.port", "0"), "");
  EXPECT_EQ(Problem("server.port", "65535"), "");
  EXPECT_EQ(Problem("server.port", "65536"), "is out of range: 0 to 65535");
  EXPECT_EQ(Problem("server.port", "-1"), "is out of range: 0 to 65535");
  EXPECT_EQ(Problem("batch.deadline", "8d"), "is out of range: 1s to 7d");
  EXPECT_EQ(Problem("batch.stall_percent", "100.5"), "is out of range: 0 to 100");
  EXPECT_EQ(Problem("start.min_minutes", "49"), "is out of range: 0 to 48");
}

TEST(Settings, ValuesMustHaveTheirKind) {
  for (const char* text : {"eighty", "8080x", "1e3", "99999999999999999999"}) {
    EXPECT_NE(Problem("server.port", text), "") << text;
  }
  for (const char* text : {"nan", "inf", "", "%"}) {
    EXPECT_NE(Problem("batch.stall_percent", text), "") << text;
  }
  EXPECT_EQ(Problem("batch.stall_percent", "92.5 %"), "");
  EXPECT_EQ(Problem("log.format", "yaml"), "'yaml' is none of auto|text|json");
  EXPECT_NE(Problem("log.format", "text|json"), "");
  EXPECT_NE(Problem("batch.tolerance", "95 until 5m"), "");
  EXPECT_NE(Problem("schedule.start", "0 10 * *"), "");
  EXPECT_NE(Problem("auth.allowed_hosts", "*.example.com"), "");
  EXPECT_NE(Problem("auth.allowed_hosts", "https://example.com"), "");
  EXPECT_NE(Problem("auth.oidc_jwks", "http://example.com/keys"), "");
  EXPECT_NE(Problem("auth.oidc_jwks", "http://localhost.example.com/keys"), "");
  EXPECT_EQ(Problem("auth.oidc_jwks", "http://127.0.0.1:8085/keys"), "");
  EXPECT_EQ(Problem("auth.oidc_jwks", "/etc/keys.json"), "");
}

TEST(Settings, WhatBecomesANameOnGooglesServicesMustBeOneThatTheyTake) {
  for (const char* text : {"a/b", "__x", ".", "b c", "\xc3\xa9"}) {
    EXPECT_NE(Problem("gcp.collection_prefix", text), "") << text;
  }
  EXPECT_NE(Problem("gcp.collection_prefix", std::string(101, 'a')), "");
  EXPECT_EQ(Problem("gcp.collection_prefix", "nba_"), "");
  EXPECT_EQ(Problem("gcp.collection_prefix", ""), "");
  for (const char* text : {"a/b", "a b", "gpu,gpu", "%41"}) {
    EXPECT_NE(Problem("start.groups", text), "") << text;
  }
  EXPECT_NE(Problem("start.groups", std::string(41, 'a')), "");
  EXPECT_EQ(Problem("start.groups", "gpu, r-2_b"), "");
  EXPECT_EQ(Problem("gcp.retention", "9m"), "is out of range: 10m to 31d");
}

TEST(Settings, ListsAreSplitAtTheirOwnSeparator) {
  auto emails = ParseSetting(*FindSetting("auth.oidc_emails"), " a@x.org, b@x.org ,");
  EXPECT_EQ(std::get<std::vector<std::string>>(*emails),
            (std::vector<std::string>{"a@x.org", "b@x.org"}));
  auto lines = ParseSetting(*FindSetting("schedule.start"), "0,30 10 * * *; 0 23 * * * TOMORROW");
  EXPECT_EQ(std::get<std::vector<std::string>>(*lines),
            (std::vector<std::string>{"0,30 10 * * *", "0 23 * * * TOMORROW"}));
}

TEST(Settings, AnOptionalOneMayBeUnset) {
  auto workers = ParseSetting(*FindSetting("server.workers"), "");
  EXPECT_TRUE(std::holds_alternative<std::monostate>(*workers));
  EXPECT_NE(Problem("server.port", ""), "");
}

}  // namespace
}  // namespace tipoff
