#include "base/crash_point.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

namespace tipoff {
namespace {

namespace fs = std::filesystem;

// How often each name is used in the sources.
std::map<std::string, int> Uses() {
  std::map<std::string, int> uses;
  const std::regex use("TIPOFF_CRASH_POINT\\(\"([^\"]+)\"\\);");
  for (const auto& entry : fs::recursive_directory_iterator(TIPOFF_SOURCE_DIR "/src")) {
    std::string path = entry.path().string();
    if (!path.ends_with(".cpp") || path.ends_with("_test.cpp")) continue;
    std::ifstream file(path);
    std::stringstream text;
    text << file.rdbuf();
    std::string source = text.str();
    for (std::sregex_iterator at(source.begin(), source.end(), use), end; at != end; ++at) {
      ++uses[(*at)[1]];
    }
  }
  return uses;
}

TEST(CrashPoint, EachNameHasItsOnePlaceAndTheTableIsSorted) {
  EXPECT_TRUE(std::is_sorted(std::begin(crash::kPoints), std::end(crash::kPoints)));
  EXPECT_GE(std::size(crash::kPoints), 100u);
  std::map<std::string, int> uses = Uses();
  for (std::string_view name : crash::kPoints) {
    EXPECT_EQ(uses[std::string(name)], 1) << name;
    uses.erase(std::string(name));
  }
  EXPECT_TRUE(uses.empty()) << uses.begin()->first << " is not in base/crash_points.inc";
}

TEST(CrashPoint, WhatIsNoPointIsRefused) {
  for (const char* wrong : {"", "nowhere", "relay/published:", "relay/published:0",
                            "relay/published:x", "relay/published:1x", ":1"}) {
    EXPECT_FALSE(crash::Arm(wrong).ok()) << wrong;
  }
  EXPECT_EQ(crash::armed, crash::kNone);
}

TEST(CrashPoint, TheProcessDiesAtTheNthPassAndNotBefore) {
  auto pass = [](int times) {
    Status armed = crash::Arm("relay/published:3");
    for (int i = 0; i < times; ++i) crash::Pass(crash::armed);
    _exit(armed.ok() ? 0 : 1);
  };
  EXPECT_EXIT(pass(2), testing::ExitedWithCode(0), "");
  EXPECT_EXIT(pass(3), testing::KilledBySignal(SIGKILL), "crash point relay/published");
}

}  // namespace
}  // namespace tipoff
