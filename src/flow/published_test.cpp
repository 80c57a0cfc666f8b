// What readers of a slot see while batches of it come, go and end badly.
#include "flow/published.h"

#include <gtest/gtest.h>

#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;

class PublishedTest : public testing::Test {
 protected:
  PublishedTest() : process_(world_.NewCoordinator()) {
    world_.AddSlate(4);
    process_->coordinator.Start();
  }

  // A batch of the slot whose first requests get these results; the others nobody answers.
  BatchId Run(const std::vector<RequestState>& results) {
    BatchId batch = world_.Start(*process_).batch.id;
    world_.loop.RunIdle();
    auto held = world_.LeaseRequests();
    EXPECT_EQ(held.size(), 4u);
    std::vector<LeaseToken> tokens;
    for (std::size_t i = 0; i < held.size(); ++i) {
      if (i < results.size()) {
        if (results[i] != RequestState::kFailed) world_.Stage(held[i].second, results[i]);
        world_.Report(held[i].second, results[i]);
      }
      tokens.push_back(held[i].first);
    }
    world_.broker.Ack(tokens);
    world_.loop.RunIdle();
    return batch;
  }

  // Each player's batch, "-" for a skip, "" for nothing, by player.
  std::vector<std::string> Seen() {
    auto published = Await<std::vector<PublishedPlayer>>(world_.loop, [&](auto done) {
      ListPublished(process_->store, {*ParseDay("2025-01-15"), ""}, std::move(done));
    });
    EXPECT_TRUE(published.ok());
    std::vector<std::string> seen(4);
    for (const PublishedPlayer& player : *published) {
      seen[static_cast<std::size_t>(player.spec.player.str().back() - '0')] =
          player.skipped ? "-" : player.batch.str();
    }
    return seen;
  }

  World world_;
  std::unique_ptr<TestCoordinator> process_;
};

constexpr auto kYes = RequestState::kSucceeded;
constexpr auto kSkip = RequestState::kSkipped;
constexpr auto kNo = RequestState::kFailed;

TEST_F(PublishedTest, F41_NothingOfABatchIsSeenBeforeItsEnd) {
  BatchId first = Run({kYes, kYes, kYes, kYes});
  std::vector<std::string> before(4, first.str());
  EXPECT_EQ(Seen(), before);
  Run({kYes, kYes});
  EXPECT_EQ(Seen(), before) << "the second one is running";
}

TEST_F(PublishedTest, F41_ABatchThatEndsPartialLeavesTheOlderRowsOfWhoIsMissing) {
  BatchId first = Run({kYes, kYes, kYes, kYes});
  BatchId second = Run({kYes, kSkip, kNo});
  world_.loop.Advance(minutes(121));
  ASSERT_EQ(world_.Stored(second).phase, Phase::kPartial);
  EXPECT_EQ(Seen(), (std::vector<std::string>{second.str(), "-", first.str(), first.str()}));
}

TEST_F(PublishedTest, F41_ABatchThatFailsOrIsCancelledChangesNothing) {
  BatchId first = Run({kYes, kYes, kYes, kYes});
  BatchId failed = Run({kNo, kNo, kNo, kNo});
  ASSERT_EQ(world_.Stored(failed).phase, Phase::kFailed);
  BatchId cancelled = Run({kYes, kYes});
  process_->coordinator.driver().Submit(cancelled, {}, Command{{}, Order::kCancel, "", BatchId()},
                                        nullptr);
  world_.loop.RunIdle();
  ASSERT_EQ(world_.Stored(cancelled).phase, Phase::kCancelled);
  EXPECT_EQ(Seen(), std::vector<std::string>(4, first.str()));
}

}  // namespace
}  // namespace tipoff
