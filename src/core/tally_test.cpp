#include "core/tally.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

Instant At(int second) { return Instant() + seconds(1'000'000 + second); }

TEST(Tally, AHistogramIsCumulative) {
  TimeHistogram histogram;
  histogram.Observe(milliseconds(20));
  histogram.Observe(seconds(40));
  histogram.Observe(seconds(-1));
  EXPECT_EQ(histogram.counts[0], 1u);
  EXPECT_EQ(histogram.counts[1], 2u);
  EXPECT_EQ(histogram.counts.back(), 3u);
  EXPECT_EQ(histogram.count, 3u);
  EXPECT_DOUBLE_EQ(histogram.sum, 40.02);
}

TEST(Tally, ARequestsWaysAreTimedWhenItIsCounted) {
  Tally tally;
  Request leased;
  leased.hops = {.recorded = At(0), .published = At(1), .leased = At(4)};
  Request counted = leased;
  counted.hops.reported = At(6);
  counted.hops.counted = At(7);
  Request unleased = counted;
  unleased.hops.leased = Instant();
  tally.Committed({}, {leased, counted, unleased}, false, milliseconds(3));
  EXPECT_EQ(tally.rows_committed, 3u);
  EXPECT_EQ(tally.wait.count, 1u);
  EXPECT_DOUBLE_EQ(tally.wait.sum, 3);
  EXPECT_DOUBLE_EQ(tally.run.sum, 2);
  EXPECT_TRUE(tally.batches_ended.empty());
}

TEST(Tally, AnEndIsCountedOnceAndLateCompletionsApart) {
  Tally tally;
  Batch batch;
  batch.phase = Phase::kFailed;
  batch.reason = Reason::kDeadlineExceeded;
  batch.counts = Counts(3);
  batch.terminal_by = At(10);
  batch.terminal_at = At(12);
  tally.Committed(batch, {}, true, milliseconds(3));
  Request late;
  late.hops.counted = At(13);
  late.late_at = At(13);
  tally.Committed(batch, {late}, false, milliseconds(3));
  EXPECT_EQ((tally.batches_ended[{"failed", "DeadlineExceeded"}]), 1u);
  EXPECT_DOUBLE_EQ(tally.overrun.sum, 2);
  EXPECT_EQ(tally.late, 1u);
  EXPECT_EQ(tally.commit.count, 2u);
}

}  // namespace
}  // namespace tipoff
