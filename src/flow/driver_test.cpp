#include "flow/driver.h"

#include <gtest/gtest.h>

#include "core/limits.h"
#include "support/world.h"

namespace tipoff {
namespace {

// A batch of three commits' worth of requests, of which nothing runs by itself.
class DriverTest : public testing::Test {
 protected:
  void SetUp() override {
    world_.AddSlate(3 * kGroup);
    coordinator_ = world_.NewCoordinator();
    batch_ = world_.Start(*coordinator_).batch.id;
    world_.loop.RunIdle();
  }

  void Report(int group) {
    Completions event;
    RowKeys keys;
    for (int i = group * kGroup; i < (group + 1) * kGroup; ++i) {
      Completion& completion = event.items.emplace_back();
      completion.ordinal = i;
      completion.status = RequestState::kSucceeded;
      completion.predictions = 1;
      keys.ordinals.push_back(static_cast<std::uint32_t>(i));
    }
    Submit(std::move(keys), std::move(event));
  }
  void Submit(RowKeys keys, Event event) {
    coordinator_->coordinator.driver().Submit(
        batch_, std::move(keys), std::move(event),
        [this](const Result<Applied>& applied) { applied_ += applied.ok() ? 1 : 0; });
  }

  static constexpr int kGroup = static_cast<int>(limits::kTransitionsPerCommit);
  World world_;
  std::unique_ptr<TestCoordinator> coordinator_;
  BatchId batch_;
  int applied_ = 0;
};

TEST_F(DriverTest, ATickGoesWithTheNextGroupHoweverLongTheLine) {
  world_.loop.Advance(world_.Stored(batch_).terminal_by - world_.loop.Now());
  for (int group = 0; group < 3; ++group) Report(group);
  Submit({}, Tick{});
  world_.loop.RunIdle();
  EXPECT_EQ(applied_, 4);
  Batch ended = world_.Stored(batch_);
  EXPECT_EQ(ended.reason, Reason::kDeadlineExceeded);
  EXPECT_EQ(ended.counts[RequestState::kSucceeded], 2u * kGroup) << "what its group had room for";
  EXPECT_EQ(ended.late, static_cast<std::uint32_t>(kGroup));
}

TEST_F(DriverTest, AnOrderOfAnOperatorComesAfterWhatHasArrived) {
  for (int group = 0; group < 2; ++group) Report(group);
  Submit({}, Command{Instant(), Order::kFinish, "enough", {}});
  world_.loop.RunIdle();
  EXPECT_EQ(applied_, 3);
  EXPECT_EQ(world_.Stored(batch_).counts[RequestState::kSucceeded], 2u * kGroup);
}

}  // namespace
}  // namespace tipoff
