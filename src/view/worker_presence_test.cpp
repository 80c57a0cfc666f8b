#include "view/worker_presence.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(WorkerPresence, IsReadAsItWasWritten) {
  WorkerPresence presence{.name = "host-1-abc/1",
                          .process = "host-1-abc",
                          .version = "0.1.0",
                          .group = "mine",
                          .counts = WorkerCounts{3, 117, 2},
                          .started_at = *ParseInstant("2025-01-15T12:00:00Z")};
  auto running = DecodeWorkerPresence(Encode(presence));
  ASSERT_TRUE(running.ok()) << running.error().message;
  EXPECT_EQ(*running, presence);
  presence.stopped_at = *ParseInstant("2025-01-15T13:00:00Z");
  EXPECT_EQ(*DecodeWorkerPresence(Encode(presence)), presence);
  presence.counts.reset();
  EXPECT_EQ(*DecodeWorkerPresence(Encode(presence)), presence) << "not known is not 0";
}

TEST(WorkerPresence, WhatIsNoPresenceIsCorruptAndNamesTheField) {
  auto wrong = DecodeWorkerPresence(R"({"name":"w","held":"many"})");
  ASSERT_FALSE(wrong.ok());
  EXPECT_EQ(wrong.error().code, Errc::kCorrupt);
  EXPECT_NE(wrong.error().message.find("held"), std::string::npos);
  EXPECT_EQ(DecodeWorkerPresence("nonsense").error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace tipoff
