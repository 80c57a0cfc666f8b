#include "app/train.h"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "app/models.h"
#include "base/json.h"
#include "support/demo_table.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

Ran Train(std::vector<std::string> words, const std::string& data) {
  CLI::App root;
  Globals globals{.data = data, .output = Output::kJson};
  Run run;
  AddTrain(
      root, globals,
      [](const Globals&) -> Result<HistoryTable> { return HistoryTable(DemoRows(), "demo"); }, run);
  words.insert(words.begin(), "train");
  std::reverse(words.begin(), words.end());  // As CLI11 takes them.
  root.parse(words);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.exit = run();
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

TEST(TrainCommand, WritesTheModelWhereTheNextStartLooksAndSaysWhatItIsWorth) {
  TempFolder folder;
  Ran ran = Train({"--until", "2026-01-15"}, folder.path());
  ASSERT_EQ(ran.exit, kExitSucceeded) << ran.err;
  boost::json::value told = ParseJson(ran.out).value();
  EXPECT_EQ(told.at("until").as_string(), "2026-01-15");
  EXPECT_EQ(told.at("scores").as_array().size(), 5u);
  Globals globals{.data = folder.path()};
  EXPECT_EQ(ChooseModel(globals)->version, told.at("version").as_string());
}

TEST(TrainCommand, TooFewGamesLeaveTheOldModelAlone) {
  TempFolder folder;
  Globals globals{.data = folder.path()};
  ASSERT_TRUE(WriteModel(ModelPath(globals), "the old one").ok());
  Ran ran = Train({"--until", "2025-11-01"}, folder.path());
  EXPECT_EQ(ran.exit, kExitNotFound);
  EXPECT_NE(ran.err.find("to learn from before 2025-11-01"), std::string::npos) << ran.err;
  EXPECT_FALSE(ChooseModel(globals).ok()) << "still the old one";
}

TEST(TrainCommand, AWrongDateIsUsage) {
  TempFolder folder;
  EXPECT_EQ(Train({"--until", "yesterday"}, folder.path()).exit, kExitUsage);
}

}  // namespace
}  // namespace tipoff
