// Two relays publish one request; the bus refuses one of the messages for good and delivers the
// other. The request is counted as undelivered, and its result, when it comes, was thrown away.
#include <gtest/gtest.h>

#include "core/batch.h"

namespace tipoff {
namespace {

TEST(RefusedAndDelivered, TheResultIsKeptAsLate) {
  Batch batch;
  batch.id = BatchId("b1");
  batch.sealed = true;
  batch.phase = Phase::kDispatching;
  batch.counts = Counts(2);
  batch.terminal_by = Instant::FromMicros(9'000'000);
  Request row;
  row.player = PlayerId("p1");
  Instant now = Instant::FromMicros(1'000'000);

  Published refused{now, {{0, 1, "too large"}}};
  Decision counted = Decide(batch, {&row, 1}, refused);
  ASSERT_EQ(counted.rows.front().state, RequestState::kUndelivered);

  Completion result;
  result.ordinal = 0;
  result.predictions = 4;
  Decision late = Decide(counted.next, counted.rows, Completions{now, {result}});
  ASSERT_EQ(late.rows.size(), 1u);
  EXPECT_EQ(late.rows.front().state, RequestState::kUndelivered);
  EXPECT_EQ(late.rows.front().late_at, now);
  EXPECT_EQ(late.next.late, 1u);
  EXPECT_EQ(late.next.predictions, 0);
}

}  // namespace
}  // namespace tipoff
