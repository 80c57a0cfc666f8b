#include "flow/facts.h"

#include <gtest/gtest.h>

#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class FactsTest : public testing::Test {
 protected:
  FactsTest() : process_(world_.NewCoordinator()) {
    world_.AddSlate(10);
    process_->coordinator.Start();
    world_.loop.Advance(seconds(1));
    batch_ = world_.Start(*process_).batch;
    world_.loop.RunIdle();
  }

  Result<Facts> Gather(std::optional<Instant> at = std::nullopt, bool probe = false) {
    std::optional<Result<Facts>> facts;
    GatherFacts(world_.loop, process_->store, process_->bus, &process_->coordinator.troubles(),
                {batch_.id, at, probe}, [&](Result<Facts> found) { facts = std::move(found); });
    for (int i = 0; i < 600 && !facts; ++i) world_.loop.Advance(std::chrono::milliseconds(100));
    return std::move(*facts);
  }

  World world_;
  std::unique_ptr<TestCoordinator> process_;
  Batch batch_;
};

TEST_F(FactsTest, TheHopsOfABatchAreThoseOfItsRequests) {
  auto requests = world_.LeaseRequests(6);
  for (int i = 0; i < 4; ++i) world_.Stage(requests[static_cast<std::size_t>(i)].second);
  for (int i = 0; i < 3; ++i) world_.Report(requests[static_cast<std::size_t>(i)].second);
  world_.loop.Advance(seconds(1));
  Facts facts = Gather().value();
  EXPECT_EQ(facts.recorded.count, 10u);
  EXPECT_EQ(facts.published.count, 10u);
  EXPECT_EQ(facts.leased.count, 4u) << "a result tells that it was leased";
  EXPECT_EQ(facts.published.waiting, 6u);
  EXPECT_EQ(facts.reported.count, 4u);
  EXPECT_EQ(facts.reported.waiting, 1u);
  EXPECT_FALSE(facts.reported.oldest_waiting.never());
  EXPECT_EQ(facts.counted.count, 3u);
  EXPECT_EQ(facts.requests.state, BacklogFact::State::kKnown);
  EXPECT_EQ(facts.requests.waiting, 4u);
  EXPECT_EQ(facts.requests.leased, 6u);
  ASSERT_EQ(facts.coordinators.size(), 1u);
}

TEST_F(FactsTest, ThePastIsToldFromTheJournal) {
  world_.loop.Advance(seconds(20));
  Instant before = world_.loop.Now();
  world_.loop.Advance(seconds(20));
  world_.WorkAll();
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(Gather()->batch.phase, Phase::kSucceeded);
  EXPECT_EQ(Gather()->counted.count, 10u);
  Facts then = Gather(before).value();
  EXPECT_TRUE(then.past);
  EXPECT_EQ(then.batch.phase, Phase::kRunning);
  EXPECT_EQ(then.batch.counts.open(), 10u);
  EXPECT_TRUE(then.batch.terminal_at.never());
  EXPECT_EQ(then.published.count, 10u);
  EXPECT_EQ(then.published.waiting, 10u);
  EXPECT_EQ(then.counted.count, 0u);
  EXPECT_EQ(then.requests.state, BacklogFact::State::kUnknown) << "unknown is not 0";
  EXPECT_EQ(Diagnose(then).layer, Layer::kWorker);
}

TEST_F(FactsTest, BeforeItsBeginningThereIsNothingToAskAbout) {
  auto facts = Gather(batch_.created_at - seconds(1));
  ASSERT_FALSE(facts.ok());
  EXPECT_EQ(facts.error().code, Errc::kInvalid);
}

TEST_F(FactsTest, ABatchThatIsNotThereIsNotFound) {
  batch_.id = BatchId("nobody");
  EXPECT_EQ(Gather().error().code, Errc::kNotFound);
}

TEST_F(FactsTest, F34_AStoreThatHangsIsAFactAndNotAWait) {
  process_->store.fault = [](const std::string& call) {
    return call == "ListRequests" ? Fault::kHang : Fault::kNone;
  };
  Facts facts = Gather().value();
  EXPECT_NE(facts.store_problem.find("no answer within"), std::string::npos);
  EXPECT_EQ(Diagnose(facts).layer, Layer::kStore);
}

TEST_F(FactsTest, F34_AStoreThatCanOnlyBeReadIsNoticed) {
  process_->store.fault = [](const std::string& call) {
    return call == "PutRecord" ? Fault::kRefused : Fault::kNone;
  };
  EXPECT_EQ(Gather()->write_problem, "") << "not asked for";
  EXPECT_NE(Gather(std::nullopt, true)->write_problem, "");
}

TEST_F(FactsTest, F25_ErrorsThatTheStoreHasNotBeenToldAreKnownToTheirProcess) {
  process_->coordinator.troubles().NoteStore({Errc::kUnavailable, "disk full"}, batch_.id);
  Facts facts = Gather().value();
  ASSERT_EQ(facts.troubles.size(), 1u);
  EXPECT_EQ(facts.troubles[0].message, "disk full");
  world_.loop.Advance(seconds(10));
  EXPECT_EQ(Gather()->troubles.size(), 1u) << "once";
}

}  // namespace
}  // namespace tipoff
