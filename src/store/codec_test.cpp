#include "store/codec.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Codec, BatchDetailsReadBack) {
  Batch batch;
  batch.phase = Phase::kFinalizing;
  batch.decided = {Phase::kPartial, Reason::kRequestsFailed, "3 failed"};
  batch.policy.deadline = std::chrono::minutes(45);
  batch.policy.tolerance = *ParseTolerance("95% until 20m");
  batch.policy.required_players = {PlayerId("o'neal-jr."), PlayerId("2544")};
  batch.redriven_at = Instant::FromMicros(1'700'000'000'123'456);
  batch.redrives = 2;
  batch.suspicion = {3, "no model for <player>", false};
  batch.policy.poison_after = 7;
  batch.generation = 3;
  batch.forced = true;
  batch.min_minutes = 12.5;
  Batch read;
  read.phase = batch.phase;
  ASSERT_TRUE(DecodeBatchDetails(EncodeBatchDetails(batch), read).ok());
  EXPECT_EQ(read, batch);
}

TEST(Codec, DamagedTextsAreCorrupt) {
  Batch batch;
  EXPECT_EQ(DecodeBatchDetails("{", batch).error().code, Errc::kCorrupt);
  EXPECT_EQ(DecodeBatchDetails(R"({"policy":{"deadline_us":"x"}})", batch).error().code,
            Errc::kCorrupt);
  EXPECT_EQ(DecodeSpec(R"({"game_date":"2025-99-99"})").error().code, Errc::kCorrupt);
  EXPECT_EQ(DecodeSlate("[]").error().code, Errc::kCorrupt);
  EXPECT_EQ(DecodePredictions(R"([{"recommendation":"BET"}])").error().code, Errc::kCorrupt);
}

}  // namespace
}  // namespace tipoff
