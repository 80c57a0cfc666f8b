#include "store/firestore/values.h"

#include <gtest/gtest.h>

#include <set>

namespace tipoff::firestore {
namespace {

TEST(Values, F07_AnyTextMakesAnIdOfItsOwnThatFirestoreTakes) {
  const std::string texts[] = {"",
                               ".",
                               "..",
                               "__x__",
                               "a/b",
                               "a%2Fb",
                               "Jokić",
                               "O'Neal Jr.",
                               "a b",
                               "%",
                               "%%",
                               "__",
                               "a\0b",
                               "batch_1",
                               std::string("\xff", 1),
                               "~",
                               std::string(5000, 'x'),
                               std::string(5000, 'x') + "y"};
  std::set<std::string> ids;
  for (const std::string& text : texts) {
    std::string id = SafeId(text);
    EXPECT_TRUE(ids.insert(id).second) << text;
    EXPECT_FALSE(id.empty() || id == "." || id == ".." || id.starts_with("__")) << text;
    EXPECT_EQ(id.find('/'), std::string::npos) << text;
    EXPECT_LE(id.size(), 1500u) << "Firestore's limit";
  }
  EXPECT_EQ(SafeId("batch_2026-01-28_1769555415"), "batch_2026-01-28_1769555415")
      << "the platform's tools find it by this";
}

TEST(Values, TimesSurviveAndBeforeTheEpochToo) {
  for (std::int64_t micros : {0LL, 1LL, 1'769'555'415'123'456LL, -1LL, -2'500'000LL}) {
    fs::Document document;
    (*document.mutable_fields())["at"] = Time(Instant::FromMicros(micros));
    EXPECT_EQ(TimeOf(document, "at").micros(), micros);
  }
  EXPECT_TRUE(TimeOrNull(Instant()).has_null_value());
}

TEST(Values, WhatIsNoUtf8IsKeptAsBytes) {
  EXPECT_TRUE(Text("Jokić").has_string_value());
  EXPECT_TRUE(Text("\xff\xfe").has_bytes_value());
  EXPECT_EQ(TextOf(Text("\xff\xfe")), "\xff\xfe");
}

TEST(Values, NumbersSortAsIds) { EXPECT_LT(NumberId(9), NumberId(10)); }

}  // namespace
}  // namespace tipoff::firestore
