#include "base/base64.h"

#include <gtest/gtest.h>

#include "base/random.h"

namespace tipoff {
namespace {

TEST(Base64, TheExamplesOfTheRfc) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(Base64Encode(bytes), text);
    EXPECT_EQ(*Base64Decode(text), bytes);
  }
}

TEST(Base64, BothAlphabetsAreRead) {
  std::string bytes = "\xfb\xff\xbf";
  EXPECT_EQ(Base64Encode(bytes), "+/+/");
  EXPECT_EQ(Base64UrlEncode(bytes), "-_-_");
  EXPECT_EQ(*Base64Decode("+/+/"), bytes);
  EXPECT_EQ(*Base64Decode("-_-_"), bytes);
}

TEST(Base64, PaddingMayBeLeftOut) {
  EXPECT_EQ(Base64UrlEncode("f"), "Zg");
  EXPECT_EQ(*Base64Decode("Zg"), "f");
  EXPECT_EQ(*Base64Decode("Zm8"), "fo");
}

TEST(Base64, AnyBytesComeBack) {
  SeededRandom random(1);
  std::string bytes;
  for (int length = 0; length < 200; ++length) {
    EXPECT_EQ(*Base64Decode(Base64Encode(bytes)), bytes);
    EXPECT_EQ(*Base64Decode(Base64UrlEncode(bytes)), bytes);
    bytes += static_cast<char>(random.Next());
  }
}

TEST(Base64, AnythingElseIsRefused) {
  for (const char* text : {"Z", "Zm9vY", "Zg=", "Zg===", "Zm9v=", "Zm9v====", "=", "====",
                           "Zg==Zg==", "Zm 9v", "Zm9v\n", "Zm9v!", "Zm9\x80", "Zh==", "Zm9="}) {
    auto decoded = Base64Decode(text);
    ASSERT_FALSE(decoded.ok()) << text;
    EXPECT_EQ(decoded.error().code, Errc::kInvalid);
  }
  EXPECT_FALSE(Base64Decode(std::string_view("Zm\0v", 4)).ok());
}

}  // namespace
}  // namespace tipoff
