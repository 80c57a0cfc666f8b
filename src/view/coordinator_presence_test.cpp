#include "view/coordinator_presence.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(CoordinatorPresence, IsReadAsItWasWritten) {
  CoordinatorPresence presence{"host-1-abc",
                               *ParseInstant("2025-01-15T12:00:00Z"),
                               {},
                               *ParseInstant("2025-01-15T12:10:00Z")};
  auto running = DecodeCoordinatorPresence(Encode(presence));
  ASSERT_TRUE(running.ok()) << running.error().message;
  EXPECT_EQ(*running, presence);
  presence.stopped_at = *ParseInstant("2025-01-15T13:00:00Z");
  EXPECT_EQ(*DecodeCoordinatorPresence(Encode(presence)), presence);
}

TEST(CoordinatorPresence, WhatIsNoneIsCorrupt) {
  EXPECT_EQ(DecodeCoordinatorPresence("nonsense").error().code, Errc::kCorrupt);
  auto wrong = DecodeCoordinatorPresence(R"({"process":"p","started_at":"yesterday"})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_NE(wrong.error().message.find("started_at"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
