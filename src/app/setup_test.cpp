#include "app/setup.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <filesystem>

#include "support/temp_folder.h"

namespace tipoff {
namespace {

class SetupTest : public testing::Test {
 protected:
  // Runs the command line; answers what was printed.
  std::string Main(const std::string& line) {
    CLI::App root;
    tipoff::Run run;
    globals_.data = folder_ / "data";
    AddSetup(root, globals_, run);
    root.parse(line);
    testing::internal::CaptureStdout();
    exit_ = run();
    return testing::internal::GetCapturedStdout();
  }

  TempFolder folder_;
  Globals globals_;
  int exit_ = -1;
};

TEST_F(SetupTest, ADryRunMakesNothing) {
  EXPECT_NE(Main("setup --dry-run").find("created"), std::string::npos);
  EXPECT_EQ(exit_, kExitSucceeded);
  EXPECT_FALSE(std::filesystem::exists(globals_.data));
}

TEST_F(SetupTest, TwiceMakesItOnce) {
  EXPECT_NE(Main("setup").find("created"), std::string::npos);
  EXPECT_TRUE(std::filesystem::exists(globals_.data));
  globals_.output = Output::kJson;
  EXPECT_NE(Main("setup").find("\"did\": \"exists\""), std::string::npos);
  EXPECT_EQ(exit_, kExitSucceeded);
}

}  // namespace
}  // namespace tipoff
