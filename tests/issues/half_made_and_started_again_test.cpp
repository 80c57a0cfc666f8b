// The creator of a large batch died between two of its commits. The same start again, with the same
// Idempotency-Key, named the half-made batch and left it so: nothing of it was ever sent.
#include <gtest/gtest.h>

#include <optional>

#include "support/world.h"

namespace tipoff {
namespace {

constexpr int kPlayers = 1500;  // More than one commit creates.

// Runs `order` on a coordinator that dies before its second commit; false if it lived on.
template <class Order>
bool DiesHalfWay(World& world, Order order) {
  auto creator = world.NewCoordinator("creator");
  bool died = false;
  creator->store.fault = [&](const std::string& call) {
    if (call != "Commit") return Fault::kNone;
    died = true;
    creator->loop.Kill();
    return Fault::kHang;
  };
  order(creator->coordinator.starter());
  world.loop.RunUntil([&] { return died; });
  return died;
}

TEST(HalfMadeAndStartedAgain, IsFinishedByTheSameStart) {
  World world;
  world.AddSlate(kPlayers);
  StartRequest request = World::For("2025-01-15");
  request.idempotency_key = "once";
  ASSERT_TRUE(DiesHalfWay(
      world, [&](Starter& starter) { starter.Start(request, [](Result<StartOutcome>) {}); }));
  ASSERT_EQ(world.database.batches().size(), 1u);

  auto other = world.NewCoordinator("other");
  other->coordinator.Start();
  Batch batch = world.Start(*other, request).batch;
  EXPECT_EQ(world.database.batches().size(), 1u);
  EXPECT_TRUE(batch.sealed);
  EXPECT_EQ(world.WorkAll(), kPlayers);
  EXPECT_EQ(world.Stored(batch.id).phase, Phase::kSucceeded);
}

TEST(HalfMadeAndStartedAgain, IsFinishedByTheSameRetry) {
  World world;
  world.AddSlate(kPlayers);
  BatchId parent;
  {
    auto first = world.NewCoordinator("first");
    first->coordinator.Start();
    parent = world.Start(*first, World::For("2025-01-15")).batch.id;
    world.loop.Advance(std::chrono::hours(3));
    ASSERT_EQ(world.Stored(parent).phase, Phase::kFailed);
    world.LeaseRequests();
    world.LeaseRequests();
  }
  ASSERT_TRUE(DiesHalfWay(world, [&](Starter& starter) {
    starter.Retry(parent, "test", [](Result<StartOutcome>) {});
  }));

  auto other = world.NewCoordinator("other");
  std::optional<StartOutcome> outcome;
  other->coordinator.starter().Retry(parent, "test", [&](Result<StartOutcome> retried) {
    ASSERT_TRUE(retried.ok()) << retried.error().message;
    outcome = std::move(*retried);
  });
  world.loop.RunUntil([&] { return outcome.has_value(); });
  EXPECT_EQ(world.database.batches().size(), 2u);
  EXPECT_TRUE(outcome->batch.sealed);
  EXPECT_EQ(outcome->batch.expected(), static_cast<std::uint32_t>(kPlayers));
}

}  // namespace
}  // namespace tipoff
