#include "http/message.h"

#include <gtest/gtest.h>

#include "base/json.h"

namespace tipoff {
namespace {

TEST(Message, PercentEscapesAreDecodedAlsoAtTheVeryEnd) {
  EXPECT_EQ(*PercentDecode("/v1/a%2Fb%20c", false), "/v1/a/b c");
  EXPECT_EQ(*PercentDecode("%c3%A9", false), "\xC3\xA9");
  EXPECT_EQ(*PercentDecode("", false), "");
}

TEST(Message, APlusIsASpaceOnlyInQueries) {
  EXPECT_EQ(*PercentDecode("a+b%2B", true), "a b+");
  EXPECT_EQ(*PercentDecode("a+b", false), "a+b");
}

TEST(Message, ABrokenEscapeIsInvalidAndItsPlaceIsNamed) {
  for (const char* text : {"ab%", "ab%4", "ab%zz", "ab%4z", "ab%-1"}) {
    auto decoded = PercentDecode(text, false);
    ASSERT_FALSE(decoded.ok()) << text;
    EXPECT_EQ(decoded.error().code, Errc::kInvalid);
    EXPECT_NE(decoded.error().message.find("character 3"), std::string::npos);
  }
}

TEST(Message, EncodingIsUndoneByDecoding) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(*PercentDecode(PercentEncode(all), true), all);
  EXPECT_EQ(PercentEncode("a-b._~Z9 /"), "a-b._~Z9%20%2F");
}

TEST(Message, QueriesMayRepeatOmitAndEscape) {
  auto query = *ParseQuery("a=1&b=x%20y+z&a=2&&flag&empty=&c=d=e&%26=%3D");
  EXPECT_EQ(query.size(), 6u);
  EXPECT_EQ(query["a"], "2");
  EXPECT_EQ(query["b"], "x y z");
  EXPECT_EQ(query["flag"], "");
  EXPECT_EQ(query["empty"], "");
  EXPECT_EQ(query["c"], "d=e");
  EXPECT_EQ(query["&"], "=");
  EXPECT_TRUE(ParseQuery("")->empty());
  EXPECT_FALSE(ParseQuery("a=%").ok());
  EXPECT_FALSE(ParseQuery("%x=1").ok());
}

TEST(Message, AProblemHasTheFourMembers) {
  HttpResponse response = HttpProblem(413, "At most 10 bytes.");
  EXPECT_EQ(response.status, 413);
  EXPECT_EQ(response.content_type, "application/problem+json");
  auto json = ParseJson(response.body)->as_object();
  EXPECT_EQ(json.at("type"), "about:blank");
  EXPECT_EQ(json.at("title"), "Content Too Large");
  EXPECT_EQ(json.at("status"), 413);
  EXPECT_EQ(json.at("detail"), "At most 10 bytes.");
}

TEST(Message, ADateIsWrittenAsHttpWants) {
  EXPECT_EQ(HttpDate(*ParseInstant("1994-11-06T08:49:37.9Z")), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(HttpDate(*ParseInstant("2026-01-28T02:00:00Z")), "Wed, 28 Jan 2026 02:00:00 GMT");
}

TEST(Message, AServersWordsAreFoundInWhateverItAnswers) {
  EXPECT_EQ(ServerWords(HttpProblem(404, "No such batch.")), "No such batch.");
  EXPECT_EQ(ServerWords({.status = 500, .body = R"({"error":"boom"})"}), "boom");
  EXPECT_EQ(ServerWords({.status = 502, .body = "bad gateway\r\n"}), "bad gateway");
  EXPECT_EQ(ServerWords({.status = 503, .body = ""}), "Service Unavailable");
  EXPECT_EQ(ServerWords({.status = 500, .body = std::string(5000, 'x')}).size(), 400u);
}

}  // namespace
}  // namespace tipoff
