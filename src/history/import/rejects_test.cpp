#include "history/import/rejects.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "support/temp_folder.h"

namespace tipoff {
namespace {

const std::vector<std::string> kHeader{"player", "points"};

std::string Content(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

Status Add(RejectsFile& file, std::int64_t line, std::string_view reason,
           std::vector<std::string_view> fields) {
  return file.Add(kHeader, line, reason, fields);
}

bool IsEmpty(const std::string& folder) {
  return !std::filesystem::exists(folder) || std::filesystem::is_empty(folder);
}

TEST(Rejects, RowsKeepTheirColumnsBehindLineAndReason) {
  TempFolder folder;
  RejectsFile file(folder / "rejects");
  ASSERT_TRUE(Add(file, 17, "points, as given, are absurd", {"Al \"Big Al\" Horford", "-3"}).ok());
  ASSERT_TRUE(Add(file, 19, "too short", {"x"}).ok());
  ASSERT_TRUE(file.Close().ok());
  std::string path = file.Publish("a.csv-1234.csv");
  EXPECT_EQ(path, folder / "rejects/a.csv-1234.csv");
  EXPECT_EQ(Content(path),
            "rejected_line,rejected_reason,player,points\n"
            "17,\"points, as given, are absurd\",\"Al \"\"Big Al\"\" Horford\",-3\n"
            "19,too short,x\n");
}

TEST(Rejects, WithoutRowsThereIsNoFile) {
  TempFolder folder;
  RejectsFile file(folder / "rejects");
  ASSERT_TRUE(file.Close().ok());
  EXPECT_EQ(file.Publish("a.csv"), "");
  EXPECT_TRUE(IsEmpty(folder / "rejects"));
}

TEST(Rejects, WithoutPublicationNothingIsLeftBehind) {
  TempFolder folder;
  {
    RejectsFile file(folder / "rejects");
    ASSERT_TRUE(Add(file, 2, "bad", {"x", "y"}).ok());
    EXPECT_FALSE(IsEmpty(folder / "rejects"));
  }
  EXPECT_TRUE(IsEmpty(folder / "rejects"));
}

TEST(Rejects, AFolderThatCannotBeMadeIsNamed) {
  RejectsFile file("/dev/null/rejects");
  Status status = Add(file, 2, "bad", {"x", "y"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::kDenied);
  EXPECT_NE(status.error().message.find("/dev/null/rejects"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
