#include "core/prediction.h"

#include <gtest/gtest.h>

#include <set>

namespace tipoff {
namespace {

RequestSpec Spec() {
  RequestSpec spec;
  spec.player = PlayerId("1630595");
  spec.game = GameId("0022400001");
  spec.game_date = *ParseDay("2025-01-15");
  return spec;
}

TEST(PredictionId, F39_IsTheSameEveryTime) {
  auto line = *Line::Parse("24.5");
  std::string id = MakePredictionId(BatchId("b"), Spec(), "points", "ensemble", line);
  EXPECT_EQ(id, MakePredictionId(BatchId("b"), Spec(), "points", "ensemble", line));
  EXPECT_EQ(id.size(), 32u);
}

TEST(PredictionId, F42_DiffersInEveryPartOfItsIdentity) {
  auto line = *Line::Parse("24.5");
  RequestSpec other_day = Spec();
  other_day.game_date = other_day.game_date + 1;
  RequestSpec other_player = Spec();
  other_player.player = PlayerId("1");
  std::set<std::string> ids{
      MakePredictionId(BatchId("b"), Spec(), "points", "ensemble", line),
      MakePredictionId(BatchId("c"), Spec(), "points", "ensemble", line),
      MakePredictionId(BatchId("b"), other_day, "points", "ensemble", line),
      MakePredictionId(BatchId("b"), other_player, "points", "ensemble", line),
      MakePredictionId(BatchId("b"), Spec(), "rebounds", "ensemble", line),
      MakePredictionId(BatchId("b"), Spec(), "points", "similarity", line),
      MakePredictionId(BatchId("b"), Spec(), "points", "ensemble", *Line::Parse("25.0")),
      MakePredictionId(BatchId("b"), Spec(), "points", "ensemble", std::nullopt)};
  EXPECT_EQ(ids.size(), 8u);
}

TEST(Recommendation, NamesReadBack) {
  for (Recommendation r : {Recommendation::kOver, Recommendation::kUnder, Recommendation::kPass,
                           Recommendation::kNoLine}) {
    EXPECT_EQ(*ParseRecommendation(ToString(r)), r);
  }
  EXPECT_FALSE(ParseRecommendation("BET").ok());
}

}  // namespace
}  // namespace tipoff
