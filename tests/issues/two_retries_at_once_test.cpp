// Two coordinators retry one batch at once: the second found the child made, and told its caller a
// promised end of its own reckoning instead of the child's.
#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "support/world.h"

namespace tipoff {
namespace {

TEST(TwoRetriesAtOnce, AreToldTheSameChildAndTheSamePromise) {
  World world;
  world.AddSlate(3);
  auto one = world.NewCoordinator("c1");
  auto other = world.NewCoordinator("c2");
  one->coordinator.Start();
  BatchId parent = world.Start(*one).batch.id;
  world.loop.RunIdle();
  for (auto& [token, request] : world.LeaseRequests()) {
    bool failed = request.ordinal == 1;
    world.Report(request, failed ? RequestState::kFailed : RequestState::kSucceeded);
    world.broker.Ack({token});
  }
  world.loop.RunIdle();
  ASSERT_EQ(world.Stored(parent).phase, Phase::kPartial);

  std::vector<StartOutcome> outcomes;
  auto take = [&](Result<StartOutcome> outcome) {
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    outcomes.push_back(std::move(*outcome));
  };
  // Between the claim of the child's name and its creation by the one, the other does it all.
  bool overtaken = false;
  one->store.fault = [&](const std::string& call) {
    if (call != "Create" || std::exchange(overtaken, true)) return Fault::kNone;
    world.loop.Advance(std::chrono::milliseconds(5));
    other->coordinator.starter().Retry(parent, "test", take);
    world.loop.RunUntil([&] { return outcomes.size() == 1; });
    return Fault::kNone;
  };
  one->coordinator.starter().Retry(parent, "test", take);
  world.loop.RunUntil([&] { return outcomes.size() == 2; });
  EXPECT_EQ(outcomes[0].batch.id, outcomes[1].batch.id);
  EXPECT_EQ(outcomes[0].batch.terminal_by, outcomes[1].batch.terminal_by);
}

}  // namespace
}  // namespace tipoff
