#include "base/log.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tipoff {
namespace {

boost::json::value Line(std::string_view message, std::initializer_list<LogField> fields) {
  std::string line = FormatLogLine(LogFormat::kJson, Severity::kWarning,
                                   *ParseInstant("2025-01-15T23:40:00.125Z"), message, fields);
  EXPECT_EQ(line.find('\n'), std::string::npos) << line;
  auto value = ParseJson(line);
  EXPECT_TRUE(value.ok()) << line;
  return value.ok() ? *value : boost::json::value(boost::json::object());
}

std::string_view Text(const boost::json::value& line, const char* key) {
  return line.at(key).as_string();
}

TEST(Log, AJsonLineHasTheNamesThatCloudLoggingReads) {
  auto line = Line("publishing is held up",
                   {{"batch_id", "b1"}, {"player", "o'neal"}, {"trace", "projects/p/traces/t"}});
  EXPECT_EQ(Text(line, "severity"), "WARNING");
  EXPECT_EQ(Text(line, "time"), "2025-01-15T23:40:00.125Z");
  EXPECT_EQ(Text(line, "message"), "publishing is held up");
  EXPECT_EQ(Text(line, "batch_id"), "b1");
  EXPECT_EQ(Text(line, "player"), "o'neal");
  EXPECT_EQ(Text(line, "trace"), "projects/p/traces/t");
  EXPECT_EQ(Text(line, "logging.googleapis.com/trace"), "projects/p/traces/t");
}

TEST(Log, WhateverAValueHoldsTheLineStaysOneLineOfJson) {
  auto line = Line("m", {{"a", "two\nlines \"quoted\" \\"},
                         {"b", std::string("nul\0", 4)},
                         {"c", "\xff ok \xc3\xa9 \xed\xa0\x80 \xf0\x9f\x8f\x80 \xe2\x82"}});
  EXPECT_EQ(Text(line, "a"), "two\nlines \"quoted\" \\");
  EXPECT_EQ(Text(line, "b"), std::string("nul\0", 4));
  EXPECT_EQ(Text(line, "c"),
            "\xef\xbf\xbd ok \xc3\xa9 \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xf0\x9f\x8f\x80 "
            "\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(Log, ALongValueIsCutBetweenCharacters) {
  std::string value(4095, 'x');
  value += "\xc3\xa9";
  EXPECT_EQ(Text(Line("m", {{"a", value + std::string(100'000, 'y')}}), "a").size(), 4096u + 2);
}

TEST(Log, AFieldCantReplaceWhatEveryLineHas) {
  auto line = Line("m", {{"severity", "DEBUG"}, {"message", "other"}});
  EXPECT_EQ(Text(line, "severity"), "WARNING");
  EXPECT_EQ(Text(line, "message"), "m");
}

TEST(Log, ATextLineQuotesWhereItMust) {
  EXPECT_EQ(FormatLogLine(LogFormat::kText, Severity::kInfo, Instant(), "batch accepted",
                          {{"batch_id", "b1"}, {"error", "no such file"}, {"empty", ""}}),
            "batch accepted  batch_id=b1  error=\"no such file\"  empty=\"\"");
}

}  // namespace
}  // namespace tipoff
