#include "app/import.h"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <fstream>

#include "base/json.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

ImportReport Sample() {
  ImportReport report;
  report.files.resize(2);
  FileReport& good = report.files[0];
  good.path = "/tmp/games.csv";
  good.kind = "player_games";
  good.counts = {10, 4, 3, 2, 1};
  good.ignored["did not play"] = 2;
  good.rejects_file = "/data/rejects/games.csv-12.csv";
  good.first_rejects.push_back({7, "minutes '400' are out of range: 0 to 80"});
  report.files[1].path = "missing.csv";
  report.files[1].error = Error{Errc::kNotFound, "there is no such file: check the path"};
  report.totals = good.counts;
  report.slates.from = *ParseDay("2024-10-22");
  report.slates.dates = 163;
  return report;
}

TEST(Import, JsonHasWhatScriptsReadAndNothingElse) {
  auto json = ParseJson(FormatImport(Sample(), Output::kJson, false));
  ASSERT_TRUE(json.ok());
  const auto& files = json->at("files").as_array();
  const auto& good = files[0].as_object();
  EXPECT_EQ(good.at("path").as_string(), "/tmp/games.csv");
  EXPECT_EQ(good.at("kind").as_string(), "player_games");
  EXPECT_EQ(good.at("read").as_int64(), 10);
  EXPECT_EQ(good.at("new").as_int64(), 4);
  EXPECT_EQ(good.at("same").as_int64(), 3);
  EXPECT_EQ(good.at("changed").as_int64(), 2);
  EXPECT_EQ(good.at("rejected").as_int64(), 1);
  EXPECT_EQ(good.at("rejects_file").as_string(), "/data/rejects/games.csv-12.csv");
  EXPECT_EQ(good.at("first_rejects").at(0).at("line").as_int64(), 7);
  EXPECT_TRUE(good.at("error").is_null());
  EXPECT_TRUE(files[1].at("kind").is_null());
  EXPECT_TRUE(files[1].at("rejects_file").is_null());
  EXPECT_EQ(files[1].at("error").as_string(), "there is no such file: check the path");
  EXPECT_EQ(json->at("totals").at("new").as_int64(), 4);
}

TEST(Import, JsonIsUtf8WhateverTheFileIsCalled) {
  ImportReport report = Sample();
  report.files[0].path = "/tmp/\xff.csv";
  EXPECT_TRUE(ParseJson(FormatImport(report, Output::kJson, false)).ok());
}

TEST(Import, TheTableSaysWhatAPersonShouldDo) {
  std::string text = FormatImport(Sample(), Output::kTable, false);
  for (const char* part : {"games.csv", "box scores", "line 7 rejected: minutes '400'",
                           "2 rows left out: did not play", "mend and import it",
                           "missing.csv: not imported: there is no such file",
                           "Slates of 163 dates rebuilt, from 2024-10-22."}) {
    EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
  }
  EXPECT_NE(FormatImport(Sample(), Output::kTable, true).find("nothing was stored"),
            std::string::npos);
}

TEST(Import, CsvHasOneRowAFile) {
  std::string text = FormatImport(Sample(), Output::kCsv, false);
  EXPECT_TRUE(text.starts_with("path,kind,read,new,same,changed,rejected,rejects_file,error\n"));
  EXPECT_NE(text.find("/tmp/games.csv,player_games,10,4,3,2,1,"), std::string::npos);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 3);
}

class ImportCommandTest : public testing::Test {
 protected:
  // Parses a command line, runs the command, and answers its exit code.
  int Main(std::vector<std::string> arguments) {
    CLI::App root;
    tipoff::Run run;
    globals_.data = folder_ / "data";
    AddImport(
        root, globals_,
        [&](const Globals&) -> Result<SlateSink> {
          ++opened_;
          return SlateSink([&](std::vector<Slate> slates) {
            slates_ += slates.size();
            return Ok();
          });
        },
        run);
    std::reverse(arguments.begin(), arguments.end());
    root.parse(arguments);
    testing::internal::CaptureStdout();
    int code = run();
    printed_ = testing::internal::GetCapturedStdout();
    return code;
  }

  TempFolder folder_;
  Globals globals_;
  int opened_ = 0;
  std::size_t slates_ = 0;
  std::string printed_;
};

TEST_F(ImportCommandTest, ImportsPrintsAndWritesTheSlates) {
  std::ofstream(folder_ / "a.csv")
      << "game_id,game_date,player_id,player_name,team,opponent,is_home,minutes,points\n"
         "g1,2024-10-22,p1,Ada One,QQQ,ZZZ,1,30,12\n";
  globals_.output = Output::kJson;
  EXPECT_EQ(Main({"import", folder_ / "a.csv", "--dry-run"}), kExitSucceeded);
  EXPECT_EQ(opened_, 0);
  EXPECT_EQ(Main({"import", folder_ / "a.csv"}), kExitSucceeded);
  EXPECT_EQ(ParseJson(printed_)->at("totals").at("new").as_int64(), 1);
  EXPECT_EQ(slates_, 1u);
  EXPECT_EQ(Main({"import", folder_ / "a.csv", folder_ / "missing.csv"}), kExitError);
  EXPECT_EQ(ParseJson(printed_)->at("files").as_array().size(), 2u);
  EXPECT_EQ(opened_, 1);
}

}  // namespace
}  // namespace tipoff
