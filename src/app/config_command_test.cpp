#include "app/config_command.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "base/json.h"

namespace tipoff {
namespace {

Config WithSecret() {
  ConfigSources sources;
  sources.environment = {{"COORDINATOR_API_KEY", "hush-hush"}, {"TIPOFF_SERVER_PORT", "99"}};
  auto config = ResolveConfig(sources);
  EXPECT_TRUE(config.ok());
  return *config;
}

// The table of docs/CONFIG.md.
std::string SettingsMarkdown() {
  std::string text = "| setting | kind | default | range | what it is |\n|---|---|---|---|---|\n";
  for (const Setting& setting : Settings()) {
    std::string fallback = setting.fallback.empty() ? "" : fmt::format("`{}`", setting.fallback);
    std::string range = std::regex_replace(std::string(setting.choices), std::regex("\\|"), ", ");
    if (!setting.least.empty()) range = fmt::format("{} to {}", setting.least, setting.most);
    if (setting.kind == SettingKind::kPercent) range = "0 to 100";
    std::string help(setting.help);
    if (!setting.alias.empty()) help += fmt::format("; also `{}`", setting.alias);
    std::string kind(setting.secret ? "secret" : ToString(setting.kind));
    text += fmt::format("| `{}` | {} | {} | {} | {} |\n", setting.key, kind, fallback, range, help);
  }
  return text;
}

TEST(ConfigCommand, EveryValueIsShownWithItsOrigin) {
  std::string table = FormatConfig(WithSecret(), Output::kTable);
  for (const Setting& setting : Settings()) {
    EXPECT_NE(table.find(std::string(setting.key) + " "), std::string::npos) << setting.key;
  }
  EXPECT_NE(table.find("environment TIPOFF_SERVER_PORT"), std::string::npos);
  EXPECT_NE(FormatConfig(WithSecret(), Output::kCsv).find("batch.deadline,2h,default\n"),
            std::string::npos);
}

TEST(ConfigCommand, JsonHasTypedValues) {
  auto json = ParseJson(FormatConfig(WithSecret(), Output::kJson));
  ASSERT_TRUE(json.ok());
  ASSERT_EQ(json->as_array().size(), Settings().size());
  for (const auto& entry : json->as_array()) {
    if (entry.at("key") == "server.port") {
      EXPECT_EQ(entry.at("value"), 99);
      EXPECT_EQ(entry.at("default"), false);
    }
    if (entry.at("key") == "server.workers") {
      EXPECT_TRUE(entry.at("value").is_null());
    }
    if (entry.at("key") == "auth.oidc_emails") {
      EXPECT_TRUE(entry.at("value").is_array());
    }
  }
}

TEST(ConfigCommand, ASecretIsNeverPrinted) {
  for (Output output : {Output::kTable, Output::kJson, Output::kCsv}) {
    std::string text = FormatConfig(WithSecret(), output);
    EXPECT_EQ(text.find("hush"), std::string::npos);
    EXPECT_NE(text.find("(set)"), std::string::npos);
  }
}

TEST(ConfigCommand, TheExampleChangesNothingAndItsLinesAreReal) {
  std::string example = ExampleConfig();
  auto untouched = ParseConfig(example, "example");
  ASSERT_TRUE(untouched.ok()) << untouched.error().message;
  for (const Setting& setting : Settings()) EXPECT_TRUE(untouched->IsDefault(setting.key));
  // The commented lines, taken in: all of them are settings with sound values.
  std::string active = std::regex_replace(example, std::regex("\n#(?! )"), "\n");
  active = std::regex_replace(active, std::regex("\n#  \""), "\n\"");
  active = std::regex_replace(active, std::regex("coordinator_key_file = .*"),
                              "coordinator_key = \"k\"");
  active = std::regex_replace(active, std::regex("webhooks_file = .*"),
                              "webhooks = [\"ops=https://ops.example.com/\"]");
  active = std::regex_replace(active, std::regex("webhook_secrets_file = .*"),
                              "webhook_secrets = [\"ops=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"]");
  active = std::regex_replace(active, std::regex("slack_file = .*"),
                              "slack = [\"chat=https://hooks.example.com/\"]");
  active = std::regex_replace(active, std::regex("postgres.url_file = .*"),
                              "postgres.url = \"postgresql://db.example.com/nba\"");
  auto config = ParseConfig(active, "example");
  ASSERT_TRUE(config.ok()) << config.error().message << active;
  for (const Setting& setting : Settings()) {
    EXPECT_FALSE(config->IsDefault(setting.key)) << setting.key;
    if (setting.optional || setting.secret || setting.key == "schedule.start") continue;
    EXPECT_EQ(config->Shown(setting.key), setting.fallback) << setting.key;
  }
}

TEST(ConfigCommand, TheDocumentedTableIsTheTable) {
  std::ifstream file(TIPOFF_SOURCE_DIR "/docs/CONFIG.md");
  std::stringstream text;
  text << file.rdbuf();
  EXPECT_NE(text.str().find(SettingsMarkdown()), std::string::npos)
      << "docs/CONFIG.md must contain exactly:\n"
      << SettingsMarkdown();
}

}  // namespace
}  // namespace tipoff
