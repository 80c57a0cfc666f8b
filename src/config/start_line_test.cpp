#include "config/start_line.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(StartLine, DateAndRunModeMayFollow) {
  auto plain = ParseStartLine("0 10 * * *");
  ASSERT_TRUE(plain.ok()) << plain.error().message;
  EXPECT_FALSE(plain->tomorrow);
  EXPECT_EQ(plain->run_mode, "OVERNIGHT");
  auto full = ParseStartLine("30 23 * * *  TOMORROW EARLY");
  ASSERT_TRUE(full.ok()) << full.error().message;
  EXPECT_TRUE(full->tomorrow);
  EXPECT_EQ(full->run_mode, "EARLY");
  EXPECT_EQ(full->text, "30 23 * * *  TOMORROW EARLY");
  EXPECT_EQ(ParseStartLine("0 18 * * * LAST_CALL")->run_mode, "LAST_CALL");
}

TEST(StartLine, AnotherWordIsNamed) {
  for (const char* line : {"0 10 * * * YESTERDAY", "0 10 * * * TODAY TOMORROW",
                           "0 10 * * * EARLY TODAY", "0 10 * * * BACKFILL"}) {
    auto parsed = ParseStartLine(line);
    ASSERT_FALSE(parsed.ok()) << line;
    EXPECT_NE(parsed.error().message.find(line), std::string::npos);
  }
  EXPECT_NE(ParseStartLine("0 25 * * *").error().message.find("hour"), std::string::npos);
  EXPECT_FALSE(ParseStartLine("").ok());
}

}  // namespace
}  // namespace tipoff
