#include "config/config.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

Result<Config> WithEnvironment(std::map<std::string, std::string> environment) {
  ConfigSources sources;
  sources.environment = std::move(environment);
  sources.read_file = [](const std::string& path) -> Result<std::string> {
    if (path == "/run/key") return std::string("s3cret\n");
    if (path == "/run/empty") return std::string("\n");
    if (path == "/run/two") return std::string("one\ntwo\n");
    return Error{Errc::kNotFound, "there is no file '" + path + "'"};
  };
  return ResolveConfig(sources);
}

void ExpectRefused(const Result<Config>& config, std::initializer_list<const char*> parts) {
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, Errc::kUnsupported);
  for (const char* part : parts) {
    EXPECT_NE(config.error().message.find(part), std::string::npos)
        << part << " in " << config.error().message;
  }
}

TEST(Config, WithoutSourcesEverythingIsDefault) {
  auto config = ResolveConfig({});
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->Text("server.host"), "127.0.0.1");
  EXPECT_EQ(config->Integer("server.port"), 8080);
  EXPECT_FALSE(config->OptionalInteger("server.workers").has_value());
  EXPECT_EQ(config->Span("batch.deadline"), std::chrono::hours(2));
  EXPECT_EQ(config->Number("batch.stall_percent"), 90);
  EXPECT_TRUE(config->Texts("auth.oidc_emails").empty());
  EXPECT_EQ(config->Text("auth.coordinator_key"), "");
  for (const Setting& setting : Settings()) EXPECT_TRUE(config->IsDefault(setting.key));
}

TEST(Config, AFlagBeatsTheEnvironmentBeatsTheFileBeatsTheDefault) {
  ConfigSources sources;
  sources.file_name = "tipoff.toml";
  sources.file_text = "[server]\nhost = \"::1\"\nport = 1\nconnections_max = 11\n";
  sources.environment = {
      {"TIPOFF_SERVER_PORT", "2"}, {"TIPOFF_SERVER_CONNECTIONS_MAX", "12"}, {"PATH", "/bin"}};
  sources.flags = {{"server.port", "--port", "3"}};
  auto config = ResolveConfig(sources);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->Integer("server.port"), 3);
  EXPECT_EQ(config->Origin("server.port"), "flag --port");
  EXPECT_EQ(config->Integer("server.connections_max"), 12);
  EXPECT_EQ(config->Origin("server.connections_max"), "environment TIPOFF_SERVER_CONNECTIONS_MAX");
  EXPECT_EQ(config->Text("server.host"), "::1");
  EXPECT_EQ(config->Origin("server.host"), "tipoff.toml line 2");
  EXPECT_EQ(config->Origin("log.level"), "default");
}

TEST(Config, EveryKindCanStandInAFile) {
  auto config = ParseConfig(
      "[server]\nworkers = 3\n[batch]\ndeadline = \"90m\"\nstall_percent = \"95%\"\n"
      "required_players = [\"lebron james\", \"o'neal\"]\n[start]\nmin_minutes = 12\n"
      "completeness_min_percent = 75.5\n[schedule]\nstart = [\"0 10 * * *\"]\n",
      "x.toml");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->OptionalInteger("server.workers"), 3);
  EXPECT_EQ(config->Span("batch.deadline"), std::chrono::minutes(90));
  EXPECT_EQ(config->Number("batch.stall_percent"), 95);
  EXPECT_EQ(config->Texts("batch.required_players").size(), 2u);
  EXPECT_EQ(config->Shown("batch.required_players"), "lebron james, o'neal");
  EXPECT_EQ(config->Number("start.min_minutes"), 12);
  EXPECT_EQ(config->Number("start.completeness_min_percent"), 75.5);
}

TEST(Config, F49_AnUnknownKeyIsRefusedWithTheOneThatWasMeant) {
  ExpectRefused(ParseConfig("\n[server]\nprot = 80\n", "tipoff.toml"),
                {"server.prot", "tipoff.toml line 3", "did you mean server.port?"});
  ExpectRefused(ParseConfig("nonsense = 1\n", "t"), {"nonsense", "`tipoff config` lists them all"});
  ExpectRefused(ParseConfig("server = 1\n", "t"), {"server (t line 1)"});
  ExpectRefused(ParseConfig("server.port.number = 1\n", "t"), {"server.port.number"});
  ExpectRefused(WithEnvironment({{"TIPOFF_SEVER_PORT", "80"}}),
                {"TIPOFF_SEVER_PORT (environment)", "did you mean TIPOFF_SERVER_PORT?"});
  ExpectRefused(WithEnvironment({{"TIPOFF_SERVER_PORT_FILE", "/x"}}), {"TIPOFF_SERVER_PORT_FILE"});
  EXPECT_TRUE(WithEnvironment({{"TIPOFF_DATA", "d"},
                               {"TIPOFF_URL", "u"},
                               {"TIPOFF_CONFIG", "c"},
                               {"TIPOFF_KEY", "k"},
                               {"TIPOFFS", "x"}})
                  .ok());
}

TEST(Config, F49_ABareNumberForADurationIsRefused) {
  ExpectRefused(ParseConfig("[batch]\ndeadline = 7200\n", "tipoff.toml"),
                {"batch.deadline (tipoff.toml line 2)", "bare number", "7200s"});
  ExpectRefused(ParseConfig("[batch]\ndeadline = \"7200\"\n", "tipoff.toml"), {"bare number"});
  ExpectRefused(WithEnvironment({{"TIPOFF_BATCH_DEADLINE", "7200"}}),
                {"batch.deadline (environment TIPOFF_BATCH_DEADLINE)", "bare number"});
}

TEST(Config, F49_AWrongTypeIsRefused) {
  ExpectRefused(ParseConfig("server.port = \"80\"\n", "t"),
                {"server.port (t line 1)", "a text", "write a whole number without quotes"});
  ExpectRefused(ParseConfig("server.port = 80.0\n", "t"), {"a number"});
  ExpectRefused(ParseConfig("server.host = 1\n", "t"), {"write a text in quotes"});
  ExpectRefused(ParseConfig("auth.oidc_emails = \"a@x.org\"\n", "t"), {"array of texts"});
  ExpectRefused(ParseConfig("batch.deadline = true\n", "t"), {"a boolean"});
  ExpectRefused(ParseConfig("batch.deadline = 10:00:00\n", "t"), {"a date or a time"});
  ExpectRefused(ParseConfig("server.port = 65536\n", "t"), {"out of range: 0 to 65535"});
  ExpectRefused(ParseConfig("[server\n", "tipoff.toml"), {"tipoff.toml line 1", "not TOML"});
}

// A variable that was wiped must not turn into a silent default.
TEST(Config, F49_AnEmptyVariableIsRefusedWhereEmptyMeansNothing) {
  ExpectRefused(WithEnvironment({{"TIPOFF_SERVER_PORT", ""}}), {"is empty"});
  ExpectRefused(WithEnvironment({{"COORDINATOR_API_KEY", ""}}),
                {"auth.coordinator_key", "environment COORDINATOR_API_KEY", "is empty"});
  ExpectRefused(WithEnvironment({{"TIPOFF_SERVER_WORKERS", ""}}), {"is empty"});
  ExpectRefused(ParseConfig("auth.coordinator_key = \"\"\n", "t"), {"is empty"});
  EXPECT_TRUE(WithEnvironment({{"TIPOFF_BATCH_TOLERANCE", ""}}).ok());
}

TEST(Config, ASecretComesFromAVariableAFileOrThePlatformsName) {
  for (auto [name, text] : {std::pair("TIPOFF_AUTH_COORDINATOR_KEY", "s3cret"),
                            std::pair("TIPOFF_AUTH_COORDINATOR_KEY_FILE", "/run/key"),
                            std::pair("COORDINATOR_API_KEY", "s3cret")}) {
    auto config = WithEnvironment({{name, text}});
    ASSERT_TRUE(config.ok()) << config.error().message;
    EXPECT_EQ(config->Text("auth.coordinator_key"), "s3cret");
    EXPECT_EQ(config->Shown("auth.coordinator_key"), "(set)");
    EXPECT_NE(config->Origin("auth.coordinator_key").find(name), std::string::npos);
  }
  ConfigSources sources;
  sources.file_name = "t";
  sources.file_text = "[auth]\ncoordinator_key_file = \"/run/key\"\n";
  sources.read_file = [](const std::string&) -> Result<std::string> { return std::string("k"); };
  auto config = ResolveConfig(sources);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->Text("auth.coordinator_key"), "k");
  EXPECT_EQ(config->Origin("auth.coordinator_key"), "t line 2, file /run/key");
}

TEST(Config, F49_ASecretThatCantBeHadIsRefusedAndNeverPrinted) {
  ExpectRefused(WithEnvironment({{"TIPOFF_AUTH_COORDINATOR_KEY_FILE", "/run/none"}}),
                {"auth.coordinator_key", "there is no file '/run/none'"});
  ExpectRefused(WithEnvironment({{"TIPOFF_AUTH_COORDINATOR_KEY_FILE", "/run/empty"}}),
                {"is empty"});
  ExpectRefused(WithEnvironment({{"TIPOFF_AUTH_COORDINATOR_KEY_FILE", "/run/two"}}), {"one line"});
  auto both = WithEnvironment(
      {{"COORDINATOR_API_KEY", "s3cret"}, {"TIPOFF_AUTH_COORDINATOR_KEY", "other-s3cret"}});
  ExpectRefused(both, {"COORDINATOR_API_KEY", "TIPOFF_AUTH_COORDINATOR_KEY", "unset one"});
  EXPECT_EQ(both.error().message.find("s3cret"), std::string::npos);
}

TEST(Config, EveryProblemIsToldAtOnce) {
  ExpectRefused(ParseConfig("[server]\nprot = 1\nport = -1\n[batch]\ndeadline = 5\n", "t"),
                {"3 problems", "server.prot", "server.port", "batch.deadline"});
  std::string many;
  for (int i = 0; i < 5000; ++i) many += "key_" + std::to_string(i) + " = 1\n";
  ExpectRefused(ParseConfig(many, "t"), {"20 problems"});
}

TEST(Config, GroupsAndStatsAreRefusedByName) {
  auto refused = [](const std::string& text, const std::string& words) {
    Result<Config> config = ParseConfig(text, "t.toml");
    ASSERT_FALSE(config.ok()) << text;
    EXPECT_NE(config.error().message.find(words), std::string::npos) << config.error().message;
  };
  refused("[start]\ngroups = [\"My Models\"]\n", "'My Models' is no name of a group");
  refused("[start]\ngroups = [\"a\", \"a\"]\n", "'a' stands there twice");
  refused("[predict]\nstats = []\n", "must name one");
  refused("[predict]\nstats = [\"blunders\"]\n", "'blunders' is not one of");
  Config config = ParseConfig("[predict]\nstats = [\"points\", \"threes\"]\n", "t.toml").value();
  EXPECT_EQ(config.Texts("predict.stats").size(), 2u);
  EXPECT_EQ(Config().Texts("predict.stats"), std::vector<std::string>{"points"});
}

}  // namespace
}  // namespace tipoff
