#include "predict/recommendation.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

Line At(const char* text) { return Line::Parse(text).value(); }

TEST(Recommendation, WithoutALineThereIsNone) {
  EXPECT_EQ(Recommend(25, 0.9, std::nullopt), Recommendation::kNoLine);
}

TEST(Recommendation, OverAndUnderFromTheEdgeOn) {
  EXPECT_EQ(Recommend(26.0, 0.5, At("24.5")), Recommendation::kOver);
  EXPECT_EQ(Recommend(25.9, 0.5, At("24.5")), Recommendation::kPass);
  EXPECT_EQ(Recommend(23.0, 0.5, At("24.5")), Recommendation::kUnder);
  EXPECT_EQ(Recommend(23.1, 0.5, At("24.5")), Recommendation::kPass);
}

TEST(Recommendation, EdgeIsExactWhereDoublesAreNot) {
  // 17.8 - 16.3 is 1.4999999999999982 in doubles.
  EXPECT_EQ(Recommend(17.8, 0.5, At("16.3")), Recommendation::kOver);
}

TEST(Recommendation, UnsureIsPass) {
  EXPECT_EQ(Recommend(30, 0.49, At("24.5")), Recommendation::kPass);
  EXPECT_EQ(Recommend(30, 0.49, At("24.5"), {.edge_min = 1.5, .confidence_min = 0.4}),
            Recommendation::kOver);
}

}  // namespace
}  // namespace tipoff
