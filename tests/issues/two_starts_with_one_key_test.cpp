// Two starts with one Idempotency-Key, so far apart that the first one's batch has ended before the
// second one creates its own: both looked for the key before it was recorded, and made two batches.
#include <gtest/gtest.h>

#include <optional>
#include <vector>

#include "support/world.h"

namespace tipoff {
namespace {

TEST(TwoStartsWithOneKey, NameOneBatchEvenIfItEndsBetweenThem) {
  World world;
  world.AddSlate(2);
  auto slow = world.NewCoordinator("c1");
  auto quick = world.NewCoordinator("c2");
  quick->coordinator.Start();
  StartRequest request = World::For("2025-01-15");
  request.idempotency_key = "once";

  // The slow one has looked for the key in vain; before it goes on, all of this happens.
  std::optional<Batch> first;
  slow->store.fault = [&](const std::string& call) {
    if (call != "GetSlate" || first) return Fault::kNone;
    first = world.Start(*quick, request).batch;
    world.WorkAll();
    EXPECT_TRUE(IsTerminal(world.Stored(first->id).phase));
    return Fault::kNone;
  };
  StartOutcome second = world.Start(*slow, request);
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(second.batch.id, first->id);
  EXPECT_EQ(second.batch.phase, Phase::kSucceeded);
  EXPECT_EQ(world.database.batches().size(), 1u);
}

TEST(TwoStartsWithOneKey, AtOnceOnTwoCoordinatorsAreToldTheSame) {
  World world;
  world.AddSlate(2);
  auto one = world.NewCoordinator("c1");
  auto other = world.NewCoordinator("c2");
  StartRequest request = World::For("2025-01-15");
  request.idempotency_key = "once";
  std::vector<StartOutcome> outcomes;
  auto take = [&](Result<StartOutcome> outcome) {
    ASSERT_TRUE(outcome.ok());
    outcomes.push_back(std::move(*outcome));
  };
  one->coordinator.starter().Start(request, take);
  world.loop.Advance(std::chrono::milliseconds(1));
  other->coordinator.starter().Start(request, take);
  world.loop.RunUntil([&] { return outcomes.size() == 2; });
  EXPECT_EQ(outcomes[0].batch.id, outcomes[1].batch.id);
  EXPECT_EQ(outcomes[0].batch.terminal_by, outcomes[1].batch.terminal_by);
  EXPECT_EQ(world.database.batches().size(), 1u);
}

}  // namespace
}  // namespace tipoff
