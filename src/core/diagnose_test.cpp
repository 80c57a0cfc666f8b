#include "core/diagnose.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const Instant kStart = *ParseInstant("2026-01-27T23:00:00Z");

// A batch of 105, begun at kStart, with a coordinator and two workers that do their work.
class DiagnoseTest : public testing::Test {
 protected:
  DiagnoseTest() {
    Batch& batch = facts.batch;
    batch.id = BatchId("batch_2026-01-27_1");
    batch.phase = Phase::kRunning;
    batch.sealed = true;
    batch.created_at = batch.progress_at = kStart;
    batch.terminal_by = kStart + minutes(120);
    batch.counts = Counts(105);
    At(minutes(6));
    facts.coordinators = {{{"c1", kStart - minutes(60), facts.at, {}}, facts.at}};
    for (const char* name : {"w1", "w2"}) {
      WorkerSighting worker;
      worker.name = name;
      worker.started_at = kStart - minutes(60);
      worker.seen_at = worker.asked_at = facts.at;
      facts.workers.push_back(worker);
    }
    facts.requests = {BacklogFact::State::kKnown, 0, 0, {}, ""};
    facts.completions = facts.requests;
  }

  void At(Duration age) { facts.at = kStart + age; }

  // So many got past each hop; the rest waits since the start.
  void Hops(std::uint32_t published, std::uint32_t leased, std::uint32_t reported,
            std::uint32_t counted) {
    facts.recorded = {105, 105 - published, kStart};
    facts.published = {published, published - leased, kStart};
    facts.leased = {leased, leased - reported, kStart};
    facts.reported = {reported, reported - counted, kStart};
    facts.counted = {counted, 0, {}};
    Counts counts(105);
    counts.Move(RequestState::kPending, RequestState::kPublished, published);
    counts.Move(RequestState::kPublished, RequestState::kSucceeded, counted);
    facts.batch.counts = counts;
  }

  void End(Phase phase, Reason reason) {
    facts.batch.phase = phase;
    facts.batch.reason = reason;
    facts.batch.terminal_at = facts.at;
  }

  void Trouble(Layer layer, std::uint64_t count, const std::string& message) {
    facts.troubles.push_back({layer, "unavailable", "c1", kStart, facts.at, count, message, {}});
  }

  Layer Answer() {
    Diagnosis diagnosis = Diagnose(facts);
    sentence = diagnosis.sentence;
    command = diagnosis.next_command;
    EXPECT_FALSE(sentence.empty());
    EXPECT_TRUE(command.starts_with("tipoff ")) << command;
    EXPECT_GT(diagnosis.confidence, 0);
    EXPECT_LE(diagnosis.confidence, 1);
    EXPECT_FALSE(diagnosis.evidence.empty());
    return diagnosis.layer;
  }

  Facts facts;
  std::string sentence, command;
};

TEST(Layer, NamesAreReadAsTheyAreWritten) {
  for (int i = 0; i < kLayers; ++i) {
    EXPECT_EQ(*ParseLayer(ToString(static_cast<Layer>(i))), static_cast<Layer>(i));
  }
  EXPECT_FALSE(ParseLayer("weather").ok());
}

// --- the incident, phase by phase ---------------------------------------------------------------

TEST_F(DiagnoseTest, Incident1_NeverPublishedIsTheCoordinator) {
  Hops(0, 0, 0, 0);
  EXPECT_EQ(Answer(), Layer::kCoordinator) << sentence;
  EXPECT_NE(sentence.find("105 requests were recorded and never published"), std::string::npos);
}

TEST_F(DiagnoseTest, Incident2_PublishedButNobodyWorksIsTheWorker) {
  Hops(105, 0, 0, 0);
  facts.requests.waiting = 105;
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
  facts.workers.clear();
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
  EXPECT_EQ(command, "tipoff worker");
}

TEST_F(DiagnoseTest, Incident3_WorkedButNotCountedIsTheCompletionPath) {
  Hops(105, 105, 105, 0);
  EXPECT_EQ(Answer(), Layer::kCompletionPath) << sentence;
  EXPECT_NE(sentence.find("105 requests were predicted but not counted"), std::string::npos);
}

// --- the prefetch of history
// ----------------------------------------------------------------------

TEST_F(DiagnoseTest, F06_RequestsThatWaitForTheirHistoryAreHeldUpByIt) {
  At(seconds(45));
  facts.coordinators[0].seen_at = facts.coordinators[0].swept_at = facts.at;
  Hops(0, 0, 0, 0);
  facts.troubles.push_back({Layer::kHistory,
                            kPrefetchTrouble,
                            "c1",
                            kStart + seconds(5),
                            kStart + seconds(40),
                            8,
                            "nothing has come of it for 40s",
                            {}});
  EXPECT_EQ(Answer(), Layer::kHistory) << sentence;
  facts.troubles[0].last_at = kStart + seconds(10);
  EXPECT_EQ(Answer(), Layer::kCoordinator) << "they do not wait for it any more: " << sentence;
}

TEST_F(DiagnoseTest, F06_APrefetchThatWasMissedIsNotWhatHoldsUpTheWorkers) {
  Hops(105, 105, 40, 40);
  facts.leased.oldest_waiting = kStart;
  facts.troubles.push_back({Layer::kHistory,
                            kPrefetchTrouble,
                            "c1",
                            kStart,
                            facts.at,
                            50,
                            "history did not answer within 30s",
                            {}});
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
  facts.troubles[0].kind = "unavailable";
  EXPECT_EQ(Answer(), Layer::kHistory) << "the workers' own loads fail: " << sentence;
}

// --- nothing is wrong ---------------------------------------------------------------------------

TEST_F(DiagnoseTest, ABatchThatRunsIsFineAndSaysWhenItEnds) {
  Hops(105, 105, 60, 50);
  facts.batch.progress_at = facts.at - seconds(1);
  facts.reported.oldest_waiting = facts.leased.oldest_waiting = facts.at - seconds(2);
  EXPECT_EQ(Answer(), Layer::kNone) << sentence;
  EXPECT_NE(sentence.find("50 of 105 requests done, expected end"), std::string::npos) << sentence;
}

TEST_F(DiagnoseTest, ABatchThatHasJustBegunIsFine) {
  Hops(0, 0, 0, 0);
  At(seconds(1));
  EXPECT_EQ(Answer(), Layer::kNone) << sentence;
}

TEST_F(DiagnoseTest, F15_WhatWasRightlySkippedIsNobodysFault) {
  Hops(105, 105, 105, 105);
  facts.skips = {{"NoHistory", 12}, {"PlayerOut", 3}};
  End(Phase::kSucceeded, Reason::kCompleted);
  EXPECT_EQ(Answer(), Layer::kNone) << sentence;
}

TEST_F(DiagnoseTest, ACancelledBatchIsNobodysFault) {
  Hops(0, 0, 0, 0);
  End(Phase::kCancelled, Reason::kClearedByOperator);
  EXPECT_EQ(Answer(), Layer::kNone) << sentence;
}

TEST_F(DiagnoseTest, ASingleErrorOnTheWayOfASuccessIsNotTheStory) {
  Hops(105, 105, 105, 105);
  Trouble(Layer::kStore, 1, "busy");
  Trouble(Layer::kBus, 1, "busy");
  End(Phase::kSucceeded, Reason::kCompleted);
  EXPECT_EQ(Answer(), Layer::kNone) << sentence;
}

// --- each layer ---------------------------------------------------------------------------------

TEST_F(DiagnoseTest, AStoreThatCanNotBeReadIsTheAnswer) {
  facts.store_problem = "disk I/O error";
  EXPECT_EQ(Answer(), Layer::kStore);
  EXPECT_NE(sentence.find("disk I/O error"), std::string::npos);
}

TEST_F(DiagnoseTest, F34_AStoreThatCanNotBeWrittenIsTheAnswer) {
  Hops(105, 105, 105, 30);
  facts.write_problem = "attempt to write a readonly database";
  EXPECT_EQ(Answer(), Layer::kStore) << sentence;
}

TEST_F(DiagnoseTest, F25_AStoreThatFailedWhileResultsCameIsKnownAfterTheEnd) {
  Hops(105, 105, 105, 60);
  Trouble(Layer::kStore, 40, "database is locked");
  End(Phase::kPartial, Reason::kDeadlineExceeded);
  EXPECT_EQ(Answer(), Layer::kStore) << sentence;
  EXPECT_EQ(command, "tipoff batch retry batch_2026-01-27_1");
}

TEST_F(DiagnoseTest, F01_NoCoordinatorIsTheCoordinator) {
  Hops(0, 0, 0, 0);
  facts.coordinators[0].seen_at = kStart + seconds(1);
  EXPECT_EQ(Answer(), Layer::kCoordinator) << sentence;
  EXPECT_EQ(command, "tipoff serve");
}

TEST_F(DiagnoseTest, F02_APartThatWasNeverPublishedIsTheCoordinatorEvenAfterTheEnd) {
  Hops(40, 40, 40, 40);
  End(Phase::kPartial, Reason::kDeadlineExceeded);
  EXPECT_EQ(Answer(), Layer::kCoordinator) << sentence;
}

TEST_F(DiagnoseTest, F31_ASweepThatDoesNotGoThroughIsTheCoordinator) {
  Hops(105, 105, 104, 104);
  facts.coordinators[0].swept_at = kStart;
  EXPECT_EQ(Answer(), Layer::kCoordinator) << sentence;
  EXPECT_NE(sentence.find("no sweep has gone through"), std::string::npos);
}

TEST_F(DiagnoseTest, F31_AnEndThatCameTooLateIsTheCoordinator) {
  Hops(105, 0, 0, 0);
  At(minutes(150));
  End(Phase::kFailed, Reason::kDeadlineExceeded);
  EXPECT_EQ(Answer(), Layer::kCoordinator) << sentence;
}

TEST_F(DiagnoseTest, F25_WhetherALateEndIsTheStoresFaultIsNotKnownWhereTheCoordinatorWasThere) {
  Hops(105, 105, 105, 105);
  At(minutes(125));
  End(Phase::kPartial, Reason::kDeadlineExceeded);
  facts.coordinators[0].seen_at = facts.at;
  EXPECT_EQ(Answer(), Layer::kCoordinator) << sentence;
  EXPECT_NE(sentence.find("stood still, or the store took nothing"), std::string::npos) << sentence;
  facts.coordinators[0].started_at = facts.at;
  Answer();
  EXPECT_NE(sentence.find("no coordinator swept"), std::string::npos) << sentence;
}

TEST_F(DiagnoseTest, F03_ARefusedRequestIsTheBus) {
  Hops(104, 104, 104, 104);
  facts.recorded.waiting = 0;
  facts.refused = 1;
  Trouble(Layer::kBus, 1, "too large");
  End(Phase::kPartial, Reason::kRequestsFailed);
  EXPECT_EQ(Answer(), Layer::kBus) << sentence;
}

TEST_F(DiagnoseTest, F03_ABusThatTakesNothingIsTheBus) {
  Hops(0, 0, 0, 0);
  Trouble(Layer::kBus, 8, "503 from the bus");
  EXPECT_EQ(Answer(), Layer::kBus) << sentence;
  EXPECT_NE(sentence.find("503 from the bus"), std::string::npos);
}

TEST_F(DiagnoseTest, F06_LoadsThatFailAreTheHistory) {
  Hops(105, 105, 0, 0);
  Trouble(Layer::kHistory, 5, "history did not answer within 30s");
  EXPECT_EQ(Answer(), Layer::kHistory) << sentence;
}

TEST_F(DiagnoseTest, F07_InputThatCanNotBeRightIsTheData) {
  Hops(105, 105, 105, 105);
  facts.skips = {{"InvalidInput: line 0", 2}, {"NoHistory", 4}};
  End(Phase::kSucceeded, Reason::kCompleted);
  EXPECT_EQ(Answer(), Layer::kData) << sentence;
}

TEST_F(DiagnoseTest, F46_ABatchStartedOnIncompleteDataIsTheData) {
  Hops(105, 105, 105, 105);
  facts.data_percent = 40;
  End(Phase::kSucceeded, Reason::kCompleted);
  EXPECT_EQ(Answer(), Layer::kData) << sentence;
  EXPECT_NE(sentence.find("40 %"), std::string::npos);
}

TEST_F(DiagnoseTest, F12_WorkersThatNeverAskAreTheWorkerAlsoAfterTheEnd) {
  Hops(105, 0, 0, 0);
  facts.requests = {};
  for (WorkerSighting& worker : facts.workers) worker.asked_at = Instant();
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
  End(Phase::kFailed, Reason::kDeadlineExceeded);
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
}

TEST_F(DiagnoseTest, F13_AWorkerThatDiedHoldingRequestsIsTheWorker) {
  Hops(105, 105, 40, 40);
  facts.workers[0].seen_at = kStart + seconds(20);
  facts.holders = {{"w1", 65}};
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
  EXPECT_NE(sentence.find("died"), std::string::npos);
}

TEST_F(DiagnoseTest, F43_WorkersThatRefuseToWorkSayWhy) {
  Hops(105, 0, 0, 0);
  for (WorkerSighting& worker : facts.workers) worker.refusal = "model.onnx: no such file";
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
  EXPECT_NE(sentence.find("model.onnx"), std::string::npos);
}

TEST_F(DiagnoseTest, F20_NothingOnTheBusAndNothingTakenIsTheSubscription) {
  Hops(105, 0, 0, 0);
  EXPECT_EQ(Answer(), Layer::kSubscription) << sentence;
  facts.requests = {BacklogFact::State::kMissing, 0, 0, {}, "no such subscription"};
  EXPECT_EQ(Answer(), Layer::kSubscription) << sentence;
}

TEST_F(DiagnoseTest, F20_InThePastWorkersThatAskedInVainTellIt) {
  Hops(105, 0, 0, 0);
  facts.requests = {};
  facts.past = true;
  EXPECT_EQ(Answer(), Layer::kSubscription) << sentence;
  End(Phase::kFailed, Reason::kDeadlineExceeded);
  EXPECT_EQ(Answer(), Layer::kSubscription) << sentence;
}

TEST_F(DiagnoseTest, F14_WhatTheSweepFoundStagedIsTheCompletionPath) {
  Hops(105, 105, 105, 105);
  facts.reconciled = 12;
  End(Phase::kSucceeded, Reason::kCompleted);
  EXPECT_EQ(Answer(), Layer::kCompletionPath) << sentence;
}

TEST_F(DiagnoseTest, F16_APoisonedRunIsTheWorkersWithTheErrorAndNotWhatNobodyTook) {
  Hops(105, 25, 25, 25);
  facts.batch.message = "the first 25 results all failed alike, with 'no such model'";
  End(Phase::kFailed, Reason::kPoisonedRun);
  EXPECT_EQ(Answer(), Layer::kWorker) << sentence;
  EXPECT_NE(sentence.find("no such model"), std::string::npos) << sentence;
}

TEST_F(DiagnoseTest, F33_WhatWasEndedWhileItWentOnIsNobodysFault) {
  for (Reason reason : {Reason::kForcedByOperator, Reason::kToleranceMet}) {
    Hops(105, 80, 60, 50);
    facts.batch.progress_at = facts.at - seconds(5);
    End(Phase::kPartial, reason);
    EXPECT_EQ(Answer(), Layer::kNone) << sentence;
    facts.batch.progress_at = kStart;  // But an operator ends what is stuck, too.
    EXPECT_NE(Answer(), Layer::kNone) << sentence;
  }
}

TEST_F(DiagnoseTest, ErrorsThatAreOverAreNotTheFaultOfABatchThatGoesOn) {
  for (Layer layer : {Layer::kStore, Layer::kCompletionPath}) {
    Hops(105, 105, 60, 60);
    facts.batch.progress_at = facts.at;
    facts.leased.oldest_waiting = facts.at - seconds(5);
    facts.troubles = {{layer, "unavailable", "c1", kStart, kStart + seconds(2), 4, "a hiccup", {}}};
    EXPECT_EQ(Answer(), Layer::kNone) << sentence;
    facts.troubles[0].last_at = facts.at;
    EXPECT_EQ(Answer(), layer) << sentence;
  }
}

TEST_F(DiagnoseTest, ASubscriptionThatIsThereAgainIsNotMissing) {
  Hops(105, 60, 60, 60);
  facts.published.oldest_waiting = facts.at - seconds(5);
  facts.batch.progress_at = facts.at;
  facts.requests.waiting = 45;
  facts.troubles = {{Layer::kSubscription, "not_found", "w1", kStart, kStart, 1, "no such", {}}};
  EXPECT_EQ(Answer(), Layer::kNone) << sentence;
}

TEST_F(DiagnoseTest, F14_AWorkerThatDiedBeforeTheBatchExplainsNothingInIt) {
  Hops(105, 105, 105, 105);
  facts.reconciled = 12;
  WorkerSighting dead = facts.workers[0];
  dead.name = "long-gone";
  dead.is_ours = true;
  dead.started_at = kStart - minutes(600);
  dead.seen_at = kStart - minutes(300);
  facts.workers.push_back(dead);
  End(Phase::kSucceeded, Reason::kCompleted);
  EXPECT_EQ(Answer(), Layer::kCompletionPath) << sentence;
}

TEST_F(DiagnoseTest, UnknownBacklogIsToldAsUnknown) {
  Hops(105, 105, 60, 50);
  facts.requests = {};
  for (const Evidence& evidence : Diagnose(facts).evidence) {
    if (evidence.name != "bus requests") continue;
    EXPECT_EQ(evidence.detail, "unknown");
  }
}

TEST_F(DiagnoseTest, EachHopIsToldWithItsCountAndTheOldest) {
  Hops(105, 80, 60, 50);
  std::string hops;
  for (const Evidence& evidence : Diagnose(facts).evidence) {
    hops += evidence.name + ": " + evidence.detail + "\n";
  }
  EXPECT_NE(hops.find("published: 105, 25 of them not taken by a worker, the oldest since "
                      "2026-01-27T23:00:00"),
            std::string::npos)
      << hops;
  EXPECT_NE(hops.find("counted: 50"), std::string::npos) << hops;
}

}  // namespace
}  // namespace tipoff
