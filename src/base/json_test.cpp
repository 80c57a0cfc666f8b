#include "base/json.h"

#include <gtest/gtest.h>

#include <limits>

namespace tipoff {
namespace {

TEST(Json, PrintsNumbersAsPeopleWriteThem) {
  boost::json::value value = {{"a", 23.4}, {"b", 0.05}, {"c", 7}, {"d", "x\"\n"}};
  EXPECT_EQ(DumpJson(value), R"({"a":23.4,"b":0.05,"c":7,"d":"x\"\n"})");
}

TEST(Json, NotANumberIsPrintedAsNull) {
  EXPECT_EQ(DumpJson(boost::json::value(std::numeric_limits<double>::quiet_NaN())), "null");
}

// A quarantined message may hold any bytes; who asks for it must be able to read the answer.
TEST(Json, F17_BytesThatAreNotUtf8ArePrintedAsReplacementCharacters) {
  const std::string mark = "\xEF\xBF\xBD";
  for (const std::string bad : {"\xff", "\xc3", "\x80", "\xc0\x80", "\xed\xa0\x80",
                                "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98"}) {
    std::string text = DumpJson({{"a" + bad, "x" + bad + "\xc3\xa9"}});
    EXPECT_NE(text.find(mark + "\xc3\xa9"), std::string::npos) << text;
    EXPECT_TRUE(ParseJson(text).ok()) << text;
  }
  std::string good = "\xc3\xa9\xe2\x82\xac\xed\x9f\xbf\xf0\x9f\x98\x80\xf4\x8f\xbf\xbf";
  EXPECT_EQ(DumpJson(boost::json::value(good)), '"' + good + '"');
}

TEST(Json, PrettyIsIndented) {
  boost::json::value value = {{"a", {1, 2}}, {"e", boost::json::object()}};
  EXPECT_EQ(DumpJsonPretty(value), "{\n  \"a\": [\n    1,\n    2\n  ],\n  \"e\": {}\n}");
}

TEST(Json, F17_MalformedTextsAreRefusedWithTheirPosition) {
  for (std::string text : {std::string("{"), std::string("{\"a\":NaN}"), std::string("{} {}"),
                           std::string("{\"a\":\"\xff\"}"), std::string(""), std::string("\0{}", 3),
                           std::string(10'000, '[')}) {
    auto parsed = ParseJson(text);
    ASSERT_FALSE(parsed.ok()) << text.substr(0, 20);
    EXPECT_EQ(parsed.error().code, Errc::kInvalid);
    EXPECT_NE(parsed.error().message.find("byte"), std::string::npos);
  }
}

TEST(JsonReader, KeepsTheFirstProblemAndNamesTheField) {
  auto value = *ParseJson(R"({"n":"x","t":5,"d":"2025-99-01"})");
  JsonReader reader(value, "players[2]");
  EXPECT_EQ(reader.Integer("n", 7), 7);
  EXPECT_EQ(reader.Text("t"), "");
  reader.Date("d");
  ASSERT_FALSE(reader.status().ok());
  EXPECT_EQ(reader.status().error().message, "players[2].n: must be a whole number");
}

TEST(JsonReader, NullAndMissingAreAbsent) {
  auto value = *ParseJson(R"({"n":null})");
  JsonReader reader(value);
  EXPECT_FALSE(reader.Has("n"));
  EXPECT_EQ(reader.Integer("n", 3), 3);
  EXPECT_EQ(reader.Number("m", 1.5), 1.5);
  EXPECT_TRUE(reader.status().ok());
}

TEST(JsonReader, ANumberBeyondAllBoundsIsNone) {
  for (const char* text : {R"({"n":1e999})", R"({"n":-1e999})", R"({"n":0e999})"}) {
    auto value = *ParseJson(text);
    JsonReader number(value), integer(value);
    EXPECT_EQ(number.Number("n", 3), 3) << text;
    EXPECT_FALSE(number.status().ok()) << text;
    integer.Integer("n");
    EXPECT_FALSE(integer.status().ok()) << text;
  }
}

TEST(JsonReader, WhatIsNoObjectIsAProblem) {
  EXPECT_FALSE(JsonReader(*ParseJson("[1]")).status().ok());
}

}  // namespace
}  // namespace tipoff
