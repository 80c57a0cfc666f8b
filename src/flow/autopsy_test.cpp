#include "flow/autopsy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using testing::Contains;
using testing::HasSubstr;

TEST(Autopsy, F28_LooksIntoEveryRequestOfABatchThatEndedPartial) {
  World world;
  world.AddSlate(1200);
  auto c = world.NewCoordinator();
  c->coordinator.Start();
  BatchId id = world.Start(*c).batch.id;
  world.loop.RunIdle();
  std::vector<std::pair<LeaseToken, RequestMessage>> held;
  for (auto more = world.LeaseRequests(); !more.empty(); more = world.LeaseRequests()) {
    held.insert(held.end(), more.begin(), more.end());
  }
  ASSERT_EQ(held.size(), 1200u);
  for (std::size_t i = 0; i < 500; ++i) {
    world.Stage(held[i].second);
    world.Report(held[i].second);
  }
  for (std::size_t i = 500; i < 520; ++i) world.Report(held[i].second, RequestState::kFailed);
  world.loop.Advance(minutes(121));
  Batch batch = world.Stored(id);
  ASSERT_EQ(batch.phase, Phase::kPartial);
  // A result that came into the store after the last reconciliation, and no report of it.
  world.Stage(held[600].second);
  auto autopsy = Await<Autopsy>(world.loop, [&](DoneWith<Autopsy> done) {
    ExamineBatch(c->store, batch, "worker: nobody works", std::move(done));
  });
  ASSERT_TRUE(autopsy.ok()) << autopsy.error().message;
  EXPECT_EQ(autopsy->missing_total, 700u);
  EXPECT_EQ(autopsy->missing.size(), Autopsy::kMissingMax);
  EXPECT_EQ(autopsy->missing[0].player_name, "Player 500");
  EXPECT_EQ(autopsy->missing[0].state, RequestState::kFailed);
  EXPECT_EQ(autopsy->missing[20].last_hop, Hop::kPublished);
  EXPECT_EQ(autopsy->missing[100].last_hop, Hop::kStaged);
  ASSERT_EQ(autopsy->failures.size(), 1u);
  EXPECT_EQ(autopsy->failures[0].count, 20u);
  EXPECT_THAT(autopsy->causes, Contains("worker: nobody works"));
  EXPECT_THAT(autopsy->causes, Contains(HasSubstr("1 request expired: predicted, but")));
  EXPECT_EQ(autopsy->next_command, "tipoff batch retry " + id.str());
}

}  // namespace
}  // namespace tipoff
