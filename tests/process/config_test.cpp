// The configuration as an operator meets it: by exit codes and messages of the binary.
#include <gtest/gtest.h>

#include <fstream>

#include "base/json.h"
#include "process/program.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

class ConfigTest : public testing::Test {
 protected:
  // `toml` as the data folder's tipoff.toml, then a command.
  Finished Tipoff(const std::string& toml, std::vector<std::string> arguments) {
    std::ofstream(data_ / "tipoff.toml") << toml;
    arguments.insert(arguments.begin(), {"--data", data_.path()});
    return RunTipoff(arguments);
  }

  void ExpectRefused(const std::string& toml, std::vector<std::string> parts) {
    // Whatever the command: nothing runs on a configuration that nobody meant.
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"config"}, {"run", "--date", "2025-01-15"}, {"batch", "list"}}) {
      Finished finished = Tipoff(toml, command);
      EXPECT_EQ(finished.exit, 78) << finished.err;
      EXPECT_EQ(finished.out, "");
      for (const std::string& part : parts) {
        EXPECT_NE(finished.err.find(part), std::string::npos) << part << " in " << finished.err;
      }
    }
  }

  TempFolder data_;
};

TEST_F(ConfigTest, F49_AnUnknownKeyIsRefused) {
  ExpectRefused("[batch]\ndeadlin = \"2h\"\n",
                {"batch.deadlin ", "tipoff.toml line 2", "did you mean batch.deadline?"});
}

TEST_F(ConfigTest, F49_ABareNumberForADurationIsRefused) {
  ExpectRefused("[batch]\ndeadline = 7200\n",
                {"batch.deadline ", "tipoff.toml line 2", "bare number", "7200s"});
}

TEST_F(ConfigTest, F49_TwoSettingsThatAreDangerousTogetherAreRefused) {
  ExpectRefused("[batch]\ndeadline = \"5m\"\nstall_after = \"10m\"\n",
                {"batch.stall_after = 10m (", "line 3", "batch.deadline = 5m (", "line 2"});
}

TEST_F(ConfigTest, F49_AFileThatIsNotThereOrNoTomlIsRefused) {
  Finished missing = RunTipoff({"config", "--config", data_ / "none.toml"});
  EXPECT_EQ(missing.exit, 78);
  EXPECT_NE(missing.err.find("none.toml"), std::string::npos);
  ExpectRefused("[batch\n", {"tipoff.toml line 1", "not TOML"});
}

TEST_F(ConfigTest, WhatIsConfiguredIsShownWithItsOrigin) {
  Finished shown = Tipoff("[batch]\ndeadline = \"90m\"\n", {"config", "-v", "-o", "csv"});
  EXPECT_EQ(shown.exit, 0) << shown.err;
  EXPECT_NE(shown.out.find("batch.deadline,90m," + (data_ / "tipoff.toml") + " line 2\n"),
            std::string::npos)
      << shown.out;
  EXPECT_NE(shown.out.find("log.level,info,flag --verbose\n"), std::string::npos);
}

TEST_F(ConfigTest, ABatchEndsByTheDeadlineThatIsConfigured) {
  Finished demo = Tipoff("batch.deadline = \"10m\"\n", {"demo", "-o", "json"});
  ASSERT_EQ(demo.exit, 0) << demo.err;
  auto run = ParseJson(demo.out);
  ASSERT_TRUE(run.ok());
  auto at = [&](const char* field) {
    return *ParseInstant(std::string_view(run->at(field).as_string()));
  };
  EXPECT_EQ(at("terminal_by") - at("started_at"), std::chrono::minutes(10));
}

TEST_F(ConfigTest, ExampleCompletionAndManualComeBesideABrokenConfiguration) {
  std::string broken = "nonsense = 1\n";
  EXPECT_NE(Tipoff(broken, {"config", "--example"}).out.find("#deadline = \"2h\""),
            std::string::npos);
  for (const char* shell : {"bash", "zsh", "fish"}) {
    Finished script = Tipoff(broken, {"completion", shell});
    EXPECT_EQ(script.exit, 0) << script.err;
    EXPECT_NE(script.out.find("batch journal"), std::string::npos);
  }
  Finished page = Tipoff(broken, {"man"});
  EXPECT_EQ(page.exit, 0) << page.err;
  EXPECT_NE(page.out.find("tipoff batch journal"), std::string::npos);
  EXPECT_EQ(Tipoff(broken, {"completion", "tcsh"}).exit, 2);
}

}  // namespace
}  // namespace tipoff
