#include "app/scheduled_starts.h"

#include <gtest/gtest.h>

#include "support/world.h"

namespace tipoff {
namespace {

class ScheduledStartsTest : public testing::Test {
 protected:
  ScheduledStartsTest() : process_(world_.NewCoordinator()) {}
  ScheduledStart Due() {
    ScheduledStart due;
    due.due = world_.loop.Now();
    due.game_date = *ParseDay("2025-01-15");
    due.run_mode = "OVERNIGHT";
    due.line = "0 10 * * * TODAY";
    due.idempotency_key = "schedule x";
    return due;
  }
  World world_;
  std::unique_ptr<TestCoordinator> process_;
  ScheduledStarts starts_{process_->loop, process_->coordinator.starter(),
                          [] { return StartRequest(); }};
};

TEST_F(ScheduledStartsTest, ADayWhoseGamesAreImportedLateIsStartedAllTheSame) {
  starts_.Start(Due());
  world_.loop.Advance(std::chrono::minutes(30));
  EXPECT_TRUE(world_.database.batches().empty());
  world_.AddSlate(3);
  world_.loop.Advance(std::chrono::minutes(30));
  ASSERT_EQ(world_.database.batches().size(), 1u);
  world_.loop.Advance(std::chrono::hours(4));
  EXPECT_EQ(world_.database.batches().size(), 1u) << "started once";
}

TEST_F(ScheduledStartsTest, AStoreThatIsAwayIsWaitedFor) {
  world_.AddSlate(3);
  process_->store.fault = [](const std::string&) { return Fault::kRefused; };
  starts_.Start(Due());
  world_.loop.Advance(std::chrono::minutes(10));
  process_->store.fault = [](const std::string&) { return Fault::kNone; };
  world_.loop.Advance(std::chrono::minutes(20));
  EXPECT_EQ(world_.database.batches().size(), 1u);
}

TEST_F(ScheduledStartsTest, ADayWithoutGamesIsGivenUpInTheEnd) {
  starts_.Start(Due());
  world_.loop.Advance(std::chrono::hours(4));
  world_.AddSlate(3);
  world_.loop.Advance(std::chrono::hours(4));
  EXPECT_TRUE(world_.database.batches().empty());
}

}  // namespace
}  // namespace tipoff
