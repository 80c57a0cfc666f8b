#include "core/autopsy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tipoff {
namespace {

using std::chrono::minutes;
using testing::ElementsAre;
using testing::HasSubstr;

const Instant kStart = Instant::FromMicros(1'700'000'000'000'000);

Batch Ended(Phase phase, Reason reason, OpenBecome become = OpenBecome::kExpiredOrUndelivered) {
  Batch batch;
  batch.id = BatchId("batch_2025-01-15_x");
  batch.phase = phase;
  batch.reason = reason;
  batch.message = "3 of 10 done";
  batch.open_become = become;
  batch.terminal_at = kStart + minutes(120);
  batch.counts = Counts(10);
  return batch;
}

Request Row(std::uint32_t ordinal, RequestState state, int hops) {
  Request row;
  row.ordinal = ordinal;
  row.player = PlayerId("p" + std::to_string(ordinal));
  row.state = state;
  row.hops.recorded = kStart;
  if (hops > 0) row.hops.published = kStart;
  if (hops > 1) row.hops.leased = kStart;
  if (hops > 2) row.hops.reported = kStart;
  return row;
}

Request Failed(std::uint32_t ordinal, const std::string& reason, const std::string& version) {
  Request row = Row(ordinal, RequestState::kFailed, 3);
  row.reason = reason;
  row.worker_version = version;
  return row;
}

TEST(Autopsy, F28_WhoIsMissingIsNamedWithHisLastHop) {
  Batch batch = Ended(Phase::kPartial, Reason::kStalled);
  batch.counts.Move(RequestState::kPending, RequestState::kExpired, 4);
  AutopsyBuilder builder(batch);
  builder.Add(Row(7, RequestState::kLeased, 2), "Leased Player", false);
  builder.Add(Row(2, RequestState::kPending, 0), "Recorded Player", false);
  builder.Add(Row(3, RequestState::kPublished, 1), "Published Player", false);
  builder.Add(Row(9, RequestState::kLeased, 2), "Staged Player", true);
  builder.Add(Row(1, RequestState::kSucceeded, 3), "Nobody misses him", false);
  Autopsy autopsy = builder.Build("");
  ASSERT_EQ(autopsy.missing_total, 4u);
  std::vector<std::string> told;
  for (const MissingPlayer& player : autopsy.missing) {
    told.push_back(player.player_name + " " + std::string(ToString(player.state)) + " " +
                   std::string(ToString(player.last_hop)));
  }
  EXPECT_THAT(told, ElementsAre("Recorded Player undelivered recorded",
                                "Published Player expired published",
                                "Leased Player expired leased", "Staged Player expired staged"));
  EXPECT_EQ(autopsy.next_command, "tipoff batch retry batch_2025-01-15_x");
}

TEST(Autopsy, F22_FailuresAreGroupedByNormalisedErrorAndWorkerVersion) {
  Batch batch = Ended(Phase::kPartial, Reason::kRequestsFailed);
  batch.counts.Move(RequestState::kPending, RequestState::kFailed, 4);
  AutopsyBuilder builder(batch);
  builder.Add(Failed(0, "feature 12 of p0 is missing", "1.0"), "", false);
  builder.Add(Failed(1, "no such model", "2.0"), "", false);
  builder.Add(Failed(2, "no such model", "1.0"), "", false);
  builder.Add(Failed(3, "feature 9 of p3 is missing", "1.0"), "A Name", false);
  Autopsy autopsy = builder.Build("");
  ASSERT_EQ(autopsy.failures.size(), 3u);
  EXPECT_EQ(autopsy.failures[0].count, 2u);
  EXPECT_EQ(autopsy.failures[0].worker_version, "1.0");
  EXPECT_EQ(autopsy.failures[0].example, "feature 12 of p0 is missing");
  EXPECT_THAT(autopsy.failures[0].players, ElementsAre("p0", "A Name"));
  EXPECT_EQ(autopsy.failures[1].error, autopsy.failures[2].error);
  EXPECT_NE(autopsy.failures[1].worker_version, autopsy.failures[2].worker_version);
}

TEST(Autopsy, TheChainGoesFromTheOutcomeBackToTheFault) {
  Batch batch = Ended(Phase::kFailed, Reason::kDeadlineExceeded);
  AutopsyBuilder builder(batch);
  Request held = Row(0, RequestState::kLeased, 2);
  held.worker = "w1";
  builder.Add(held, "", false);
  builder.Add(Failed(1, "no such model", "2.0"), "", false);
  Autopsy autopsy = builder.Build("worker: nobody works");
  EXPECT_THAT(
      autopsy.causes,
      ElementsAre("failed (DeadlineExceeded): 3 of 10 done", "1 request failed",
                  "1 request expired: held by w1, and never reported",
                  "1 of them on worker version 2.0: 'no such model'", "worker: nobody works"));
}

TEST(Autopsy, WhatTheEndCancelledIsStartedAgainBecauseARetryWouldLeaveItOut) {
  Batch batch = Ended(Phase::kPartial, Reason::kForcedByOperator, OpenBecome::kCancelled);
  batch.counts.Move(RequestState::kPending, RequestState::kFailed, 3);
  batch.counts.Move(RequestState::kPending, RequestState::kCancelled, 7);
  EXPECT_EQ(AutopsyBuilder(batch).Build("").next_command,
            "tipoff batch restart batch_2025-01-15_x");
  batch.reason = Reason::kPoisonedRun;
  EXPECT_EQ(AutopsyBuilder(batch).Build("").next_command, "tipoff batch retry batch_2025-01-15_x")
      << "its retry asks for all of them";
  batch.reason = Reason::kSuperseded;
  EXPECT_EQ(AutopsyBuilder(batch).Build("").next_command, "") << "another took its place";
}

TEST(Autopsy, ALargeBatchIsBounded) {
  Batch batch = Ended(Phase::kFailed, Reason::kDeadlineExceeded);
  AutopsyBuilder builder(batch);
  for (std::uint32_t i = 0; i < 5000; ++i) {
    // Errors that normalising does not make alike.
    std::string word;
    for (std::uint32_t rest = i + 1; rest > 0; rest /= 26) {
      word += static_cast<char>('g' + rest % 20);
    }
    builder.Add(Failed(i, "error " + word, "1.0"), "", false);
  }
  Autopsy autopsy = builder.Build("");
  EXPECT_EQ(autopsy.missing_total, 5000u);
  EXPECT_EQ(autopsy.missing.size(), Autopsy::kMissingMax);
  EXPECT_EQ(autopsy.failures.size(), Autopsy::kGroupsMax);
}

TEST(Autopsy, AResultThatCameAfterTheEndIsSaid) {
  Batch batch = Ended(Phase::kFailed, Reason::kDeadlineExceeded);
  AutopsyBuilder builder(batch);
  Request late = Row(0, RequestState::kExpired, 1);
  late.late_at = kStart + minutes(130);
  builder.Add(late, "", false);
  EXPECT_THAT(builder.Build("").causes, testing::Contains(HasSubstr("reported after the end")));
}

}  // namespace
}  // namespace tipoff
