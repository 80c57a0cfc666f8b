#include "base/utf8.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Utf8, CharactersOfEveryLengthAreText) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("Nikola Joki\xc4\x87 \xe2\x82\xac \xf0\x9f\x8f\x80"));
  EXPECT_EQ(CharacterLength("\xf0\x9f\x8f\x80!"), 4u);
}

TEST(Utf8, F17_WhatOnlyLooksLikeACharacterIsNone) {
  for (std::string_view bytes : {"\xff", "\x80", "\xc4", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80",
                                 "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    EXPECT_FALSE(IsUtf8(bytes)) << bytes;
    EXPECT_EQ(CharacterLength(bytes), 0u) << bytes;
  }
}

TEST(Utf8, F17_OnlyTheBytesThatAreNoTextAreReplaced) {
  EXPECT_EQ(ReplaceNonUtf8("a\xff\xc4\x87\xe2\x82"),
            "a\xef\xbf\xbd\xc4\x87\xef\xbf\xbd\xef\xbf\xbd");
}

}  // namespace
}  // namespace tipoff
