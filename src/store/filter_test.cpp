#include "store/filter.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

constexpr Instant kEnd = Instant::FromMicros(1'700'000'000'000'000);
const Day kDay = *ParseDay("2025-01-15");

Batch Ended() {
  Batch batch;
  batch.id = BatchId("b");
  batch.slot = {kDay, "d"};
  batch.phase = Phase::kPartial;
  batch.terminal_at = kEnd;
  batch.publication = 3;
  batch.rows_open_at_end = 2;
  batch.retry_of = BatchId("parent");
  return batch;
}

TEST(Filter, ABatchThatHasAllThatIsAskedForMatches) {
  EXPECT_TRUE(Matches({}, Ended()));
  EXPECT_TRUE(Matches({.unsettled = true,
                       .published_only = true,
                       .slot = Slot{kDay, "d"},
                       .game_date = kDay,
                       .phase = Phase::kPartial,
                       .retry_of = BatchId("parent"),
                       .ended_before = kEnd + std::chrono::seconds(1)},
                      Ended()));
}

TEST(Filter, OneThingThatItHasNotIsEnough) {
  Batch settled = Ended(), unpublished = Ended(), live = Ended();
  settled.rows_open_at_end = 0;
  unpublished.publication = 0;
  live.phase = Phase::kRunning;
  EXPECT_FALSE(Matches({.live_only = true}, Ended()));
  EXPECT_FALSE(Matches({.unsettled = true}, settled));
  EXPECT_FALSE(Matches({.unsettled = true}, live));
  EXPECT_FALSE(Matches({.published_only = true}, unpublished));
  EXPECT_FALSE(Matches({.slot = Slot{kDay, "other"}}, Ended()));
  EXPECT_FALSE(Matches({.game_date = kDay + 1}, Ended()));
  EXPECT_FALSE(Matches({.phase = Phase::kFailed}, Ended()));
  EXPECT_FALSE(Matches({.retry_of = BatchId("another")}, Ended()));
  EXPECT_FALSE(Matches({.ended_before = kEnd}, Ended()));
  EXPECT_FALSE(Matches({.ended_before = kEnd + std::chrono::seconds(1)}, live));
}

}  // namespace
}  // namespace tipoff
