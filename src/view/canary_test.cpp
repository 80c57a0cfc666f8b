#include "view/canary.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

Canary Make(const std::string& id, CanaryState state) {
  Canary canary;
  canary.id = id;
  canary.state = state;
  canary.sent_at = Instant::FromMicros(1'000'000);
  return canary;
}

TEST(CanaryView, WhatIsWrittenIsReadBack) {
  Canary canary = Make("1", CanaryState::kLost);
  canary.expires_at = Instant::FromMicros(2'000'000);
  canary.published_at = Instant::FromMicros(1'100'000);
  canary.worked_at = Instant::FromMicros(1'200'000);
  canary.counted_at = Instant::FromMicros(1'300'000);
  canary.worker = "w";
  canary.worker_version = "v";
  canary.lost_after = "worked";
  canary.message = "m";
  canary.lost_periods = 3;
  EXPECT_EQ(DecodeCanary(Encode(canary)).value(), canary);
  CanaryHop hop{Instant::FromMicros(5'000), "w", "v"};
  EXPECT_EQ(DecodeCanaryHop(Encode(hop)).value(), hop);
  EXPECT_EQ(DecodeCanary(R"({"state":"flying"})").error().code, Errc::kCorrupt);
  EXPECT_EQ(DecodeCanaryHop("[").error().code, Errc::kCorrupt);
}

TEST(CanaryView, LossesInARowAreCountedUpToTheNewestThatCameBack) {
  EXPECT_EQ(JudgeCanaries({}).losses, 0);
  EXPECT_TRUE(JudgeCanaries({}).newest_at.never());
  std::vector<Canary> canaries{Make("6", CanaryState::kUnderWay), Make("5", CanaryState::kLost),
                               Make("4", CanaryState::kLost), Make("3", CanaryState::kBack),
                               Make("2", CanaryState::kLost)};
  canaries[1].lost_periods = 4;
  CanaryHealth health = JudgeCanaries(canaries);
  EXPECT_EQ(health.losses, 5);
  EXPECT_EQ(health.newest_lost.id, "5");
  EXPECT_EQ(health.newest_back.id, "3");
  EXPECT_FALSE(health.newest_at.never());
}

}  // namespace
}  // namespace tipoff
