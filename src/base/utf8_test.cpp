#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Utf8, CharactersAreMeasured) {
  EXPECT_EQ(Utf8CharacterSize("a\xc3\xa9"), 1u);
  EXPECT_EQ(Utf8CharacterSize("\xc3\xa9z"), 2u);
  EXPECT_EQ(Utf8CharacterSize("\xed\x9f\xbf"), 3u);
  EXPECT_EQ(Utf8CharacterSize("\xf4\x8f\xbf\xbf"), 4u);
  EXPECT_EQ(Utf8CharacterSize(""), 0u);
  EXPECT_TRUE(IsUtf8("Doncic \xc4\x8d, \xf0\x9f\x8f\x80"));
  EXPECT_TRUE(IsUtf8(""));
}

TEST(Utf8, F17_WhatIsNoneIsSeen) {
  for (const char* bad : {"\xff", "\xc3", "\x80", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80",
                          "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xe2\x82", "\xf0\x9f\x98"}) {
    EXPECT_EQ(Utf8CharacterSize(bad), 0u);
    EXPECT_FALSE(IsUtf8(std::string("x") + bad + "y"));
  }
}

TEST(Utf8, ATextIsCutBetweenCharacters) {
  EXPECT_EQ(CutUtf8("ab\xc3\xa9", 4), "ab\xc3\xa9");
  EXPECT_EQ(CutUtf8("ab\xc3\xa9", 3), "ab");
  EXPECT_EQ(CutUtf8("ab\xc3\xa9", 1), "a");
  EXPECT_EQ(CutUtf8("\xa9\xa9\xa9", 2), "");
}

}  // namespace
}  // namespace tipoff
