#include "core/request.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

TEST(Counts, ANewBatchIsAllPending) {
  Counts counts(117);
  EXPECT_EQ(counts.expected(), 117u);
  EXPECT_EQ(counts.open(), 117u);
  EXPECT_EQ(counts.done(), 0u);
}

TEST(Counts, MovingKeepsTheSum) {
  Counts counts(10);
  counts.Move(RequestState::kPending, RequestState::kPublished, 7);
  counts.Move(RequestState::kPublished, RequestState::kSucceeded, 3);
  counts.Move(RequestState::kPublished, RequestState::kSkipped, 1);
  EXPECT_EQ(counts.expected(), 10u);
  EXPECT_EQ(counts.done(), 4u);
  EXPECT_EQ(counts.open(), 6u);
  EXPECT_DOUBLE_EQ(counts.done_percent(), 40);
}

TEST(CountsDeathTest, MoreThanThereAreIsABrokenInvariant) {
  Counts counts(1);
  EXPECT_DEATH(counts.Move(RequestState::kLeased, RequestState::kFailed), "broken invariant");
}

TEST(Counts, AnEmptyBatchIsDone) { EXPECT_DOUBLE_EQ(Counts(0).done_percent(), 100); }

TEST(RequestState, NamesReadBack) {
  for (int i = 0; i < kRequestStates; ++i) {
    auto state = static_cast<RequestState>(i);
    EXPECT_EQ(*ParseRequestState(ToString(state)), state);
  }
  EXPECT_FALSE(ParseRequestState("done").ok());
}

}  // namespace
}  // namespace tipoff
