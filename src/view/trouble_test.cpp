#include "view/trouble.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(TroubleRecord, IsReadAsItWasWritten) {
  Trouble trouble{Layer::kCompletionPath,
                  "refused",
                  "host-1-abc",
                  *ParseInstant("2025-01-15T12:00:00Z"),
                  *ParseInstant("2025-01-15T12:01:00Z"),
                  7,
                  "no such topic",
                  BatchId("b1")};
  EXPECT_EQ(*DecodeTrouble(Encode(trouble)), trouble);
  trouble.batch = BatchId();
  EXPECT_EQ(*DecodeTrouble(Encode(trouble)), trouble) << "of no batch";
}

TEST(TroubleRecord, WhatIsNoneIsCorruptAndNamesTheField) {
  auto wrong = DecodeTrouble(R"({"layer":"weather","count":1})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Errc::kCorrupt);
  EXPECT_NE(wrong.error().message.find("layer"), std::string::npos);
  EXPECT_FALSE(DecodeTrouble(R"({"layer":"bus","count":-1})").ok());
}

}  // namespace
}  // namespace tipoff
