#include "core/batch.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/limits.h"

namespace tipoff {
namespace {

using std::chrono::minutes;

constexpr Instant kStart = Instant::FromMicros(1'700'000'000'000'000);

// A sealed batch and its rows, advanced by events as the shell would.
class BatchTest : public testing::Test {
 protected:
  void Create(std::uint32_t requests, Policy policy = {}) {
    batch_.id = BatchId("batch_2025-01-15_t");
    batch_.version = 1;
    batch_.policy = policy;
    batch_.counts = Counts(requests);
    batch_.created_at = batch_.progress_at = kStart;
    batch_.terminal_by = kStart + policy.deadline;
    for (std::uint32_t i = 0; i < requests; ++i) {
      Request row;
      row.ordinal = i;
      row.player = PlayerId(fmt::format("player-{}", i));
      row.hops.recorded = kStart;
      rows_.push_back(row);
    }
    On(RowsWritten{kStart, requests});
  }

  Decision On(const Event& event) {
    Decision decision = Decide(batch_, rows_, event);
    batch_ = decision.next;
    for (const Request& row : decision.rows) rows_[row.ordinal] = row;
    return decision;
  }

  void PublishAll(Instant now = kStart) {
    Published event{now, {}};
    for (const Request& row : rows_) {
      event.items.push_back({row.ordinal, static_cast<std::uint16_t>(row.attempt + 1), ""});
    }
    On(event);
  }

  static Completion Item(std::uint32_t ordinal, RequestState status = RequestState::kSucceeded,
                         int predictions = 4) {
    Completion item;
    item.ordinal = ordinal;
    item.status = status;
    item.predictions = predictions;
    item.worker = "w";
    return item;
  }

  Decision Complete(std::uint32_t first, std::uint32_t last, Instant now = kStart,
                    RequestState status = RequestState::kSucceeded) {
    Completions event{now, {}};
    for (std::uint32_t i = first; i <= last; ++i) {
      event.items.push_back(Item(i, status, status == RequestState::kSucceeded ? 4 : 0));
    }
    return On(event);
  }

  Batch batch_;
  std::vector<Request> rows_;
};

TEST_F(BatchTest, ALongReasonIsCutBetweenCharacters) {
  Create(1);
  PublishAll();
  Completion item = Item(0, RequestState::kFailed, 0);
  item.reason = std::string(limits::kReasonBytes - 1, 'x') + "\xc3\xa9";
  On(Completions{kStart, {item}});
  EXPECT_EQ(rows_[0].reason, std::string(limits::kReasonBytes - 1, 'x'));
}

TEST_F(BatchTest, ASealedBatchAsksForItsRequestsToBePublished) {
  Create(0);
  rows_.clear();
  batch_ = Batch();
  batch_.policy = Policy();
  batch_.counts = Counts(2);
  batch_.terminal_by = kStart + minutes(120);
  EXPECT_FALSE(On(RowsWritten{kStart, 1}).effects.relay) << "one row is still missing";
  EXPECT_TRUE(On(RowsWritten{kStart, 1}).effects.relay);
  EXPECT_TRUE(batch_.sealed);
}

TEST_F(BatchTest, PhasesFollowTheRequests) {
  Create(2);
  EXPECT_EQ(batch_.phase, Phase::kAccepted);
  On(Published{kStart, {{0, 1, ""}}});
  EXPECT_EQ(batch_.phase, Phase::kDispatching);
  On(Published{kStart, {{1, 1, ""}}});
  EXPECT_EQ(batch_.phase, Phase::kRunning);
  Complete(0, 1);
  EXPECT_EQ(batch_.phase, Phase::kFinalizing);
  EXPECT_TRUE(On(Finalize{kStart}).effects.announce);
  EXPECT_EQ(batch_.phase, Phase::kSucceeded);
  EXPECT_EQ(batch_.reason, Reason::kCompleted);
  EXPECT_EQ(batch_.predictions, 8);
}

TEST_F(BatchTest, SecondCompletionOfARequestChangesNothing) {
  Create(2);
  PublishAll();
  Complete(0, 0);
  Decision second = On(Completions{kStart, {Item(0, RequestState::kFailed, 0), Item(0)}});
  EXPECT_FALSE(second.changed);
  EXPECT_EQ(batch_.predictions, 4);
}

TEST_F(BatchTest, ACompletionMayOvertakeTheConfirmationOfItsPublish) {
  Create(1);
  Complete(0, 0);
  EXPECT_EQ(batch_.phase, Phase::kFinalizing);
  EXPECT_FALSE(rows_[0].hops.published.never());
  Decision late = On(Published{kStart, {{0, 1, ""}}});
  EXPECT_FALSE(late.changed);
}

TEST_F(BatchTest, APlatformCompletionNamesThePlayerOnly) {
  Create(3);
  Completion item;
  item.player = PlayerId("player-1");
  item.predictions = 25;
  Completion stranger = item;
  stranger.player = PlayerId("somebody-else");
  Decision decision = On(Completions{kStart, {stranger, item}});
  EXPECT_EQ(rows_[1].state, RequestState::kSucceeded);
  EXPECT_EQ(decision.strays, std::vector<std::size_t>{0});
}

TEST_F(BatchTest, F09_TheEndIsJudgedAgainWhenWhatIsStillOpenIsTakenBack) {
  Create(10);
  Complete(0, 8);
  ASSERT_FALSE(IsTerminal(batch_.phase));
  On(Published{kStart, {{8, 1, "too large"}}});
  EXPECT_NE(batch_.phase, Phase::kFinalizing) << "one is open";
  On(Published{kStart, {{9, 1, "too large"}}});
  EXPECT_EQ(batch_.phase, Phase::kFinalizing) << "no completion has to come for that";
  On(Finalize{kStart});
  EXPECT_EQ(batch_.phase, Phase::kPartial);
  EXPECT_EQ(batch_.reason, Reason::kRequestsFailed);
}

TEST_F(BatchTest, F03_ARefusedRequestIsUndeliveredAndTheOthersGoOn) {
  Create(2);
  On(Published{kStart, {{0, 1, "message too large"}, {1, 1, ""}}});
  EXPECT_EQ(rows_[0].state, RequestState::kUndelivered);
  EXPECT_EQ(rows_[0].reason, "message too large");
  EXPECT_EQ(batch_.phase, Phase::kRunning);
  Complete(1, 1);
  On(Finalize{kStart});
  EXPECT_EQ(batch_.phase, Phase::kPartial);
  EXPECT_EQ(batch_.reason, Reason::kRequestsFailed);
}

TEST_F(BatchTest, F27_EndsOnAnyLastEvent) {
  for (RequestState last :
       {RequestState::kSucceeded, RequestState::kSkipped, RequestState::kFailed}) {
    batch_ = Batch();
    rows_.clear();
    Create(2);
    PublishAll();
    Complete(0, 0);
    EXPECT_TRUE(Complete(1, 1, kStart, last).effects.finalize) << ToString(last);
    EXPECT_EQ(batch_.phase, Phase::kFinalizing);
  }
  batch_ = Batch();
  rows_.clear();
  Create(2);
  On(Published{kStart, {{0, 1, ""}}});
  Complete(0, 0);
  EXPECT_TRUE(On(Published{kStart, {{1, 1, "refused"}}}).effects.finalize);
}

TEST_F(BatchTest, F15_AllSkippedMeansNoPredictions) {
  Create(2);
  PublishAll();
  Complete(0, 1, kStart, RequestState::kSkipped);
  On(Finalize{kStart});
  EXPECT_EQ(batch_.phase, Phase::kFailed);
  EXPECT_EQ(batch_.reason, Reason::kNoPredictions);
}

TEST_F(BatchTest, F15_SkippedRequestsCountAsDone) {
  Create(3);
  PublishAll();
  Complete(0, 1);
  Complete(2, 2, kStart, RequestState::kSkipped);
  On(Finalize{kStart});
  EXPECT_EQ(batch_.phase, Phase::kSucceeded);
}

TEST_F(BatchTest, F28_NinetyThreePercentWithoutFurtherEventsEndsPartial) {
  Create(14);
  PublishAll();
  Complete(0, 12, kStart + minutes(1));
  EXPECT_FALSE(On(Tick{kStart + minutes(5)}).changed) << "not stalled yet";
  EXPECT_TRUE(On(Tick{kStart + minutes(6)}).effects.redrive) << "first publish again";
  EXPECT_EQ(batch_.phase, Phase::kRunning);
  EXPECT_FALSE(IsTerminal(batch_.phase));
  On(Tick{kStart + minutes(11)});
  EXPECT_EQ(batch_.phase, Phase::kPartial);
  EXPECT_EQ(batch_.reason, Reason::kStalled);
  EXPECT_EQ(batch_.counts[RequestState::kExpired], 1u);
  EXPECT_EQ(StateUnder(batch_, rows_[13]), RequestState::kExpired);
  EXPECT_NE(batch_.message.find("13 of 14"), std::string::npos) << batch_.message;
}

TEST_F(BatchTest, F29_NothingDoneIsRepublishedAndFailsAtThePromisedTime) {
  Create(3);
  PublishAll();
  EXPECT_TRUE(On(Tick{kStart + minutes(5)}).effects.redrive);
  EXPECT_TRUE(On(Redrive{kStart + minutes(5)}).effects.relay);
  for (const Request& row : rows_) EXPECT_EQ(row.due_at, kStart + minutes(5));
  On(Tick{kStart + minutes(119)});
  EXPECT_EQ(batch_.phase, Phase::kRunning) << "0 % is not tolerated early";
  On(Tick{kStart + minutes(120)});
  EXPECT_EQ(batch_.phase, Phase::kFailed);
  EXPECT_EQ(batch_.reason, Reason::kDeadlineExceeded);
  EXPECT_EQ(batch_.terminal_at, kStart + minutes(120));
}

TEST_F(BatchTest, RepublishesStopAtTheirLimit) {
  Policy policy;
  policy.publishes_max = 2;
  Create(1, policy);
  PublishAll();
  On(Redrive{kStart + minutes(5)});
  EXPECT_FALSE(rows_[0].due_at.never());
  PublishAll(kStart + minutes(5));
  EXPECT_TRUE(rows_[0].due_at.never());
  EXPECT_EQ(rows_[0].attempt, 2);
  EXPECT_FALSE(On(Redrive{kStart + minutes(10)}).effects.relay);
  EXPECT_TRUE(rows_[0].due_at.never());
}

TEST_F(BatchTest, RepublishingIsNoProgress) {
  Create(1);
  PublishAll();
  On(Leased{kStart + minutes(1), kStart + minutes(1), "w1", "1", {0}});
  EXPECT_EQ(batch_.progress_at, kStart + minutes(1));
  On(Tick{kStart + minutes(6)});
  On(Redrive{kStart + minutes(6)});
  PublishAll(kStart + minutes(6));
  On(Leased{kStart + minutes(7), kStart + minutes(7), "w2", "1", {0}});
  EXPECT_EQ(batch_.progress_at, kStart + minutes(1)) << "lease, expire, lease is no progress";
  EXPECT_EQ(rows_[0].worker, "w2") << "but who holds it is known";
}

TEST_F(BatchTest, F17_ALeaseOfARequestThatIsNotThereIsPassedOver) {
  Create(2);
  PublishAll();
  On(Leased{kStart + minutes(1), kStart + minutes(1), "w1", "1", {999, 1}});
  EXPECT_EQ(rows_[0].state, RequestState::kPublished);
  EXPECT_EQ(rows_[1].state, RequestState::kLeased);
}

TEST_F(BatchTest, AFailureOfAnEarlierAttemptDoesNotCount) {
  Create(1);
  PublishAll();
  On(Redrive{kStart});
  PublishAll();
  Completion failed = Item(0, RequestState::kFailed, 0);
  failed.attempt = 1;
  EXPECT_FALSE(On(Completions{kStart, {failed}}).changed);
  Completion succeeded = Item(0);
  succeeded.attempt = 1;
  On(Completions{kStart, {succeeded}});
  EXPECT_EQ(rows_[0].state, RequestState::kSucceeded) << "success counts from any attempt";
}

TEST_F(BatchTest, ToleranceFallsWithTime) {
  Policy policy;
  policy.tolerance = *ParseTolerance("100% until 20m, 90% until 25m, 50% at deadline");
  Create(10, policy);
  PublishAll();
  Complete(0, 7, kStart + minutes(19));
  On(Tick{kStart + minutes(20)});
  EXPECT_FALSE(IsTerminal(batch_.phase)) << "80 % is under 90";
  On(Tick{kStart + minutes(25)});
  EXPECT_EQ(batch_.phase, Phase::kPartial);
  EXPECT_EQ(batch_.reason, Reason::kToleranceMet);
}

TEST_F(BatchTest, RequiredPlayersHoldBackAnEarlyEndButNotTheDeadline) {
  Policy policy;
  policy.required_players = {PlayerId("player-9")};
  Create(10, policy);
  PublishAll();
  Complete(0, 8, kStart + minutes(1));
  On(Tick{kStart + minutes(6)});
  On(Tick{kStart + minutes(30)});
  EXPECT_FALSE(IsTerminal(batch_.phase)) << "90 % done, but player-9 is required";
  On(Tick{kStart + minutes(120)});
  EXPECT_EQ(batch_.phase, Phase::kPartial);
  EXPECT_EQ(batch_.reason, Reason::kDeadlineExceeded);
}

TEST_F(BatchTest, AtTheDeadlineNeverPublishedIsUndeliveredAndTheRestExpired) {
  Create(3);
  On(Published{kStart, {{0, 1, ""}, {1, 1, ""}}});
  Complete(0, 0);
  On(Tick{kStart + minutes(120)});
  EXPECT_EQ(batch_.phase, Phase::kPartial);
  EXPECT_EQ(batch_.counts[RequestState::kExpired], 1u);
  EXPECT_EQ(batch_.counts[RequestState::kUndelivered], 1u);
  EXPECT_EQ(batch_.rows_open_at_end, 2u);
  On(Settle{kStart + minutes(121)});
  EXPECT_EQ(rows_[1].state, RequestState::kExpired);
  EXPECT_EQ(rows_[2].state, RequestState::kUndelivered);
  EXPECT_EQ(batch_.rows_open_at_end, 0u);
}

TEST_F(BatchTest, F32_ALateCompletionIsKeptButChangesNoCount) {
  Create(2);
  PublishAll();
  Complete(0, 0);
  On(Tick{kStart + minutes(120)});
  Batch end = batch_;
  Complete(0, 1, kStart + minutes(121));
  EXPECT_EQ(batch_.counts, end.counts);
  EXPECT_EQ(batch_.phase, end.phase);
  EXPECT_EQ(batch_.predictions, end.predictions);
  EXPECT_EQ(batch_.late, 1u) << "request 0 was counted in time";
  EXPECT_EQ(rows_[1].late_at, kStart + minutes(121));
  EXPECT_FALSE(Complete(0, 1, kStart + minutes(122)).changed) << "late once";
}

TEST_F(BatchTest, F33_CancelFinishAndClearAreDefinedAndIdempotent) {
  struct Case {
    Order order;
    Phase phase;
    Reason reason;
  };
  for (const Case& c : {Case{Order::kCancel, Phase::kCancelled, Reason::kCancelledByOperator},
                        Case{Order::kClear, Phase::kCancelled, Reason::kClearedByOperator},
                        Case{Order::kSupersede, Phase::kCancelled, Reason::kSuperseded},
                        Case{Order::kFinish, Phase::kPartial, Reason::kForcedByOperator}}) {
    batch_ = Batch();
    rows_.clear();
    Create(3);
    PublishAll();
    Complete(0, 0);
    On(Command{kStart, c.order, "enough", BatchId("next")});
    EXPECT_EQ(batch_.phase, c.phase);
    EXPECT_EQ(batch_.reason, c.reason);
    EXPECT_EQ(batch_.counts[RequestState::kCancelled], 2u);
    EXPECT_EQ(batch_.counts[RequestState::kSucceeded], 1u);
    EXPECT_FALSE(On(Command{kStart, Order::kCancel, "again", BatchId()}).changed);
  }
}

TEST_F(BatchTest, FinishWithNothingArrivedFails) {
  Create(2);
  PublishAll();
  On(Command{kStart, Order::kFinish, "", BatchId()});
  EXPECT_EQ(batch_.phase, Phase::kFailed);
  EXPECT_EQ(batch_.reason, Reason::kNoPredictions);
}

TEST_F(BatchTest, F33_AnOrderDuringFinalizingComesTooLate) {
  Create(1);
  PublishAll();
  Complete(0, 0);
  ASSERT_EQ(batch_.phase, Phase::kFinalizing);
  On(Command{kStart, Order::kCancel, "", BatchId()});
  EXPECT_EQ(batch_.phase, Phase::kSucceeded);
}

TEST_F(BatchTest, AnUnsealedBatchThatLostItsCreatorFails) {
  Create(0);
  batch_ = Batch();
  batch_.counts = Counts(2000);
  batch_.created_at = batch_.progress_at = kStart;
  batch_.terminal_by = kStart + minutes(120);
  On(RowsWritten{kStart, 1000});
  EXPECT_FALSE(On(Tick{kStart + std::chrono::seconds(59)}).changed);
  On(Tick{kStart + std::chrono::seconds(60)});
  EXPECT_EQ(batch_.phase, Phase::kFailed);
  EXPECT_EQ(batch_.reason, Reason::kPreconditionFailed);
  EXPECT_EQ(batch_.counts[RequestState::kUndelivered], 2000u);
  EXPECT_EQ(batch_.rows_open_at_end, 1000u) << "only written rows have to be rewritten";
}

TEST_F(BatchTest, CheckStalledJudgesByTheCallersThresholds) {
  Create(10);
  PublishAll();
  Complete(0, 7, kStart + minutes(1));
  EXPECT_FALSE(On(CheckStalled{kStart + minutes(4), minutes(5), 70}).changed);
  EXPECT_FALSE(On(CheckStalled{kStart + minutes(7), minutes(5), 90}).changed) << "80 % < 90 %";
  On(CheckStalled{kStart + minutes(7), minutes(5), 70});
  EXPECT_EQ(batch_.phase, Phase::kPartial);
  EXPECT_EQ(batch_.reason, Reason::kStalled);
}

TEST_F(BatchTest, APatchBringsThePromiseForwardNeverBack) {
  Create(3);
  PublishAll();
  PolicyPatch later{.terminal_by = kStart + minutes(180), .stall_percent = 50};
  On(Patch{kStart, later});
  EXPECT_EQ(batch_.terminal_by, kStart + minutes(120));
  EXPECT_EQ(batch_.policy.stall_percent, 50);
  On(Patch{kStart, {.terminal_by = kStart + minutes(10)}});
  EXPECT_EQ(batch_.terminal_by, kStart + minutes(10));
  EXPECT_EQ(batch_.policy.stall_percent, 50) << "what is absent stays";
  On(Tick{kStart + minutes(10)});
  EXPECT_EQ(batch_.reason, Reason::kDeadlineExceeded);
  EXPECT_FALSE(On(Patch{kStart, later}).changed);
}

TEST_F(BatchTest, F16_ARunWhoseFirstResultsAllFailAlikeEndsAtOnce) {
  Policy policy;
  policy.poison_after = 3;
  Create(10, policy);
  PublishAll();
  auto fail = [&](std::uint32_t ordinal, const std::string& reason) {
    Completion item = Item(ordinal, RequestState::kFailed, 0);
    item.reason = reason;
    return item;
  };
  On(Completions{kStart,
                 {fail(0, "no model 'a' for player-0"), fail(1, "no model 'b' for player-1")}});
  EXPECT_FALSE(IsTerminal(batch_.phase));
  On(Completions{kStart, {fail(2, "no model 'c' for player-2"), Item(3)}});
  EXPECT_EQ(batch_.phase, Phase::kFailed);
  EXPECT_EQ(batch_.reason, Reason::kPoisonedRun);
  EXPECT_NE(batch_.message.find("no model 'c' for player-2"), std::string::npos) << batch_.message;
  EXPECT_EQ(batch_.counts[RequestState::kFailed], 3u);
  EXPECT_EQ(batch_.counts[RequestState::kCancelled], 7u);
  EXPECT_EQ(batch_.late, 1u) << "what came behind it in the same group is late";
  EXPECT_EQ(rows_[3].state, RequestState::kCancelled);
}

TEST_F(BatchTest, F06_WhatTheBusGaveUpIsNoResultAndPoisonsNothing) {
  Policy policy;
  policy.poison_after = 3;
  Create(10, policy);
  PublishAll();
  Completions given_up{kStart, {}, Completions::Origin::kGivenUp};
  for (std::uint32_t i = 0; i < 6; ++i) {
    given_up.items.push_back(Item(i, RequestState::kFailed, 0));
    given_up.items.back().reason = "DeadLetter";
  }
  On(given_up);
  EXPECT_EQ(batch_.counts[RequestState::kFailed], 6u);
  EXPECT_FALSE(IsTerminal(batch_.phase)) << "the others may still be worked when it is over";
  EXPECT_EQ(batch_.suspicion.failures, 0u);
}

TEST_F(BatchTest, ASuccessOrASkipOrAnotherErrorEndsTheSuspicionForGood) {
  for (int other = 0; other < 3; ++other) {
    batch_ = Batch();
    rows_.clear();
    Policy policy;
    policy.poison_after = 2;
    Create(8, policy);
    PublishAll();
    Completion first = Item(0, RequestState::kFailed, 0);
    first.reason = "no model";
    Completion second = Item(1,
                             other == 0   ? RequestState::kSucceeded
                             : other == 1 ? RequestState::kSkipped
                                          : RequestState::kFailed,
                             other == 0 ? 4 : 0);
    second.reason = "out of memory";
    On(Completions{kStart, {first, second}});
    for (std::uint32_t i = 2; i < 7; ++i) {
      Completion more = Item(i, RequestState::kFailed, 0);
      more.reason = "no model";
      On(Completions{kStart, {more}});
    }
    EXPECT_EQ(batch_.phase, Phase::kRunning) << other;
    EXPECT_TRUE(batch_.suspicion.over) << other;
    EXPECT_EQ(batch_.suspicion.error, "") << "nothing is kept";
  }
}

TEST_F(BatchTest, APoisonedRunOfZeroNeverEndsAndAPatchMayLowerTheNumber) {
  Policy policy;
  policy.poison_after = 0;
  Create(6, policy);
  PublishAll();
  for (std::uint32_t i = 0; i < 4; ++i) {
    On(Completions{kStart, {Item(i, RequestState::kFailed, 0)}});
  }
  EXPECT_EQ(batch_.phase, Phase::kRunning);
  On(Patch{kStart, {.poison_after = 4}});
  On(Tick{kStart + minutes(1)});
  EXPECT_EQ(batch_.reason, Reason::kPoisonedRun);
}

TEST_F(BatchTest, ABatchThatIsCountedOutEndsByItsCountsNotAsAPoisonedRun) {
  Policy policy;
  policy.poison_after = 2;
  Create(2, policy);
  PublishAll();
  On(Completions{kStart, {Item(0, RequestState::kFailed, 0), Item(1, RequestState::kFailed, 0)}});
  EXPECT_EQ(batch_.phase, Phase::kFinalizing);
  EXPECT_EQ(batch_.decided.reason, Reason::kNoPredictions);
}

TEST_F(BatchTest, WhatTheClockDidUnaskedIsNamed) {
  Create(10);
  PublishAll();
  Complete(0, 8);
  EXPECT_EQ(On(Tick{kStart + minutes(1)}).intervention, Intervention::kNone);
  EXPECT_EQ(On(Tick{kStart + minutes(5)}).intervention, Intervention::kRedrive);
  EXPECT_EQ(On(Tick{kStart + minutes(10)}).intervention, Intervention::kStallEnd);
  EXPECT_EQ(On(Tick{kStart + minutes(130)}).intervention, Intervention::kNone) << "it is over";
  batch_ = Batch();
  rows_.clear();
  Create(1);
  EXPECT_EQ(On(Tick{kStart + minutes(120)}).intervention, Intervention::kDeadlineEnd);
  EXPECT_EQ(On(Command{kStart, Order::kFinish, "", BatchId()}).intervention, Intervention::kNone);
}

TEST_F(BatchTest, NamesReadBack) {
  for (int i = 0; i < kPhases; ++i) {
    auto phase = static_cast<Phase>(i);
    EXPECT_EQ(*ParsePhase(ToString(phase)), phase);
  }
  for (int i = 0; i < kReasons; ++i) {
    auto reason = static_cast<Reason>(i);
    EXPECT_EQ(*ParseReason(ToString(reason)), reason);
  }
  EXPECT_FALSE(ParsePhase("done").ok());
}

}  // namespace
}  // namespace tipoff
