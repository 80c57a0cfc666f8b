#include "app/settings.h"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

namespace tipoff {
namespace {

Config Parsed(std::string_view toml) {
  auto config = ParseConfig(toml, "t.toml");
  EXPECT_TRUE(config.ok()) << config.error().message;
  return config.ok() ? *config : Config();
}

// One number in two places would drift apart.
TEST(Settings, TheDefaultsAreThoseOfTheParts) {
  Config config;
  EXPECT_EQ(PolicyFrom(config), Policy());
  StartRequest request = StartRequestFrom(config), plain;
  EXPECT_EQ(request.players.min_minutes, plain.players.min_minutes);
  EXPECT_EQ(request.force_repeat_window, plain.force_repeat_window);
  EXPECT_EQ(request.completeness_min_percent, plain.completeness_min_percent);
  EXPECT_EQ(request.slate_age_max, plain.slate_age_max);
  EXPECT_EQ(SweepOptionsFrom(config).period, Sweep::Options().period);
  Worker::Options worker = WorkerOptionsFrom(config), plain_worker;
  EXPECT_EQ(worker.held_max, plain_worker.held_max);
  EXPECT_EQ(worker.lease, plain_worker.lease);
  EXPECT_EQ(worker.tries_max, plain_worker.tries_max);
  EXPECT_EQ(worker.history.max_games, plain_worker.history.max_games);
  EXPECT_EQ(worker.history.lookback_days, plain_worker.history.lookback_days);
  EXPECT_EQ(worker.history.timeout, plain_worker.history.timeout);
  HttpServerOptions server = ServerOptionsFrom(config), plain_server;
  EXPECT_EQ(server.host, plain_server.host);
  EXPECT_EQ(server.port, plain_server.port);
  EXPECT_EQ(server.connections_max, plain_server.connections_max);
  EXPECT_EQ(server.body_bytes_max, plain_server.body_bytes_max);
  EXPECT_EQ(server.request_timeout, plain_server.request_timeout);
  EXPECT_TRUE(server.now);
  EXPECT_GE(server.body_bytes_max_for.at("/complete"), 14'000'000u);
  EXPECT_GE(server.body_bytes_max_for.at("/predict"), 14'000'000u);
}

TEST(Settings, EveryPolicyThatTheBoundsAllowIsSound) {
  for (const char* toml :
       {"batch = { deadline = \"7d\", publishes_max = 100, stall_percent = 0 }\n",
        "batch = { deadline = \"3s\", stall_after = \"1s\" }\nsweep.period = \"500ms\"\n"
        "history.timeout = \"1s\"\n"}) {
    EXPECT_TRUE(CheckPolicy(PolicyFrom(Parsed(toml))).ok()) << toml;
  }
}

TEST(Settings, WhatIsConfiguredReachesTheParts) {
  Config config = Parsed(
      "[batch]\ntolerance = \"95% until 25m, 90% at deadline\"\nrequired_players = [\"a b\"]\n"
      "[history]\nlookback = \"36h\"\n[server]\nworkers = 0\n"
      "[schedule]\nstart = [\"0 10 * * * TOMORROW\"]\n[log]\nlevel = \"debug\"\nformat = "
      "\"json\"\n");
  Policy policy = PolicyFrom(config);
  ASSERT_EQ(policy.tolerance.size(), 2u);
  EXPECT_EQ(policy.required_players, std::vector<PlayerId>{PlayerId("a b")});
  EXPECT_EQ(WorkerOptionsFrom(config).history.lookback_days, 2) << "whole days, rounded up";
  EXPECT_EQ(WorkersFrom(config), 0);
  EXPECT_TRUE(StartLinesFrom(config).at(0).tomorrow);
  EXPECT_EQ(LogLevelFrom(config, false), Severity::kDebug);
  EXPECT_EQ(LogFormatFrom(config), LogFormat::kJson);
}

TEST(Settings, ServicesLogMoreThanCommandsUnlessTold) {
  EXPECT_EQ(LogLevelFrom(Config(), true), Severity::kInfo);
  EXPECT_EQ(LogLevelFrom(Config(), false), Severity::kWarning);
  EXPECT_EQ(LogFormatFrom(Config()), LogFormat::kAuto);
  EXPECT_GE(WorkersFrom(Config()), 1);
}

TEST(Settings, AFlagOfASettingHasItsHelpAndBeatsEverything) {
  CLI::App app{"test"};
  Globals globals{.data = "/nowhere"};
  AddSettingFlag(app, "-p,--port", "server.port", globals);
  EXPECT_NE(app.help().find("Port to listen on"), std::string::npos);
  EXPECT_NE(app.help().find("8080"), std::string::npos);
  app.parse("-p 99");
  auto config = LoadConfig(globals);
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config->Integer("server.port"), 99);
  EXPECT_EQ(config->Origin("server.port"), "flag --port");
}

TEST(Settings, F49_AFileThatWasNamedMustBeThere) {
  auto config = LoadConfig({.data = "/nowhere", .config_file = "/nowhere/x.toml"});
  ASSERT_FALSE(config.ok());
  EXPECT_EQ(config.error().code, Errc::kUnsupported);
  EXPECT_NE(config.error().message.find("'/nowhere/x.toml'"), std::string::npos);
  EXPECT_NE(config.error().message.find("--config"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
