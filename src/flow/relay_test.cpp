#include "flow/relay.h"

#include <gtest/gtest.h>

#include "support/counting_history.h"
#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// A coordinator that prefetches, its workers being the test.
class RelayTest : public testing::Test {
 protected:
  explicit RelayTest(int players = 10) { world_.AddSlate(players); }

  void StartBatch() {
    coordinator_ = std::make_unique<TestCoordinator>(world_.loop, world_.database, world_.broker,
                                                     "c1", Sweep::Options(), prefetch_);
    coordinator_->coordinator.Start();
    batch_ = world_.Start(*coordinator_).batch.id;
    world_.loop.RunIdle();
  }
  std::vector<RequestMessage> Taken() {
    std::vector<RequestMessage> taken;
    for (auto& [token, message] : world_.LeaseRequests()) taken.push_back(std::move(message));
    return taken;
  }
  static std::size_t WithHistory(const std::vector<RequestMessage>& messages) {
    return static_cast<std::size_t>(
        std::count_if(messages.begin(), messages.end(),
                      [](const RequestMessage& message) { return message.history.has_value(); }));
  }
  std::vector<Trouble> Troubles() {
    auto listed = Await<std::vector<Trouble>>(world_.loop, [&](auto done) {
      ListTroubles(coordinator_->memory, Instant(), world_.loop.Now() + minutes(1), done);
    });
    return listed.value();
  }

  World world_;
  CountingHistory history_{world_.loop};
  Relay::Prefetch prefetch_{.source = &history_};
  std::unique_ptr<TestCoordinator> coordinator_;
  BatchId batch_;
};

class BigRelayTest : public RelayTest {
 protected:
  BigRelayTest() : RelayTest(1000) {}
};

TEST_F(RelayTest, RequestsLeaveWithTheirHistoryInOneQuery) {
  history_.unplayed.insert(PlayerId("player-0003"));
  StartBatch();
  world_.loop.Advance(milliseconds(1));
  auto taken = Taken();
  ASSERT_EQ(taken.size(), 10u);
  EXPECT_EQ(history_.queries, 1);
  for (const RequestMessage& message : taken) {
    ASSERT_TRUE(message.history) << message.spec.player.str();
    bool unplayed = message.spec.player == PlayerId("player-0003");
    EXPECT_EQ(message.history->games.size(), unplayed ? 0u : 2u);
    EXPECT_EQ(message.data_version, "v1");
    ASSERT_TRUE(message.teams);
    EXPECT_EQ(message.teams->size(), 1u);
  }
}

TEST_F(RelayTest, F06_ASourceThatHangsCostsWaitMaxAndNothingElse) {
  history_.hangs = true;
  StartBatch();
  world_.loop.Advance(milliseconds(1999));
  EXPECT_TRUE(Taken().empty());
  world_.loop.Advance(milliseconds(1));
  auto taken = Taken();
  EXPECT_EQ(taken.size(), 10u);
  EXPECT_EQ(WithHistory(taken), 0u) << "unknown is absent, never empty";
  EXPECT_EQ(coordinator_->coordinator.idle(), true);
}

TEST_F(RelayTest, F06_ASourceThatFailsIsNotWaitedFor) {
  history_.down = true;
  StartBatch();
  world_.loop.Advance(milliseconds(1));
  auto taken = Taken();
  EXPECT_EQ(taken.size(), 10u);
  EXPECT_EQ(WithHistory(taken), 0u);
  world_.loop.Advance(minutes(1));
  auto troubles = Troubles();
  ASSERT_EQ(troubles.size(), 1u);
  EXPECT_EQ(troubles[0].layer, Layer::kHistory);
  EXPECT_EQ(troubles[0].kind, kPrefetchTrouble);
}

TEST_F(RelayTest, F06_TheSweepGoesOnWhileRequestsWaitForHistory) {
  history_.hangs = true;
  prefetch_.wait_max = minutes(1);
  StartBatch();
  auto rounds = coordinator_->coordinator.sweep().standing().rounds;
  world_.loop.Advance(seconds(20));
  EXPECT_GE(coordinator_->coordinator.sweep().standing().rounds, rounds + 3);
  EXPECT_TRUE(Taken().empty());
  StartRequest other = World::For("2025-01-16");
  world_.AddSlate(3, "2025-01-16");
  EXPECT_EQ(world_.Start(*coordinator_, other).kind, StartOutcome::Kind::kStarted);
}

TEST_F(BigRelayTest, AThousandRequestsLeaveAsTheirChunksCome) {
  history_.round_trip = milliseconds(1500);
  StartBatch();
  world_.loop.Advance(milliseconds(1600));
  EXPECT_EQ(WithHistory(Taken()), 400u) << "four queries at once";
  world_.loop.Advance(milliseconds(6000));
  EXPECT_EQ(WithHistory(Taken()), 600u);
  EXPECT_EQ(history_.queries, 10);
}

TEST_F(BigRelayTest, F06_ASourceThatHangsDelaysAThousandRequestsNoMoreThanTen) {
  history_.hangs = true;
  StartBatch();
  world_.loop.Advance(milliseconds(2100));
  EXPECT_EQ(Taken().size(), 1000u);
  EXPECT_EQ(history_.queries, 4) << "nobody waits for the others";
}

TEST_F(BigRelayTest, F02_DyingWhileSomeHaveLeftTheOthersAreSentByTheNextLife) {
  history_.round_trip = milliseconds(1500);
  StartBatch();
  world_.loop.Advance(milliseconds(1600));
  EXPECT_EQ(Taken().size(), 400u);
  coordinator_->loop.Kill();
  auto next = world_.NewCoordinator("c2");
  next->coordinator.Start();
  world_.loop.Advance(seconds(30));
  EXPECT_EQ(Taken().size(), 600u);
}

TEST_F(RelayTest, ABusThatIsDownIsTriedAgainWithHistory) {
  history_.round_trip = milliseconds(10);
  coordinator_ = std::make_unique<TestCoordinator>(world_.loop, world_.database, world_.broker,
                                                   "c1", Sweep::Options(), prefetch_);
  coordinator_->coordinator.Start();
  coordinator_->bus.down = true;
  batch_ = world_.Start(*coordinator_).batch.id;
  world_.loop.Advance(seconds(20));
  coordinator_->bus.down = false;
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(WithHistory(Taken()), 10u);
}

}  // namespace
}  // namespace tipoff
