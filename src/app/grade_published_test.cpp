#include "app/grade_published.h"

#include <gtest/gtest.h>

#include "support/demo_table.h"

namespace tipoff {
namespace {

Prediction Of(const char* system, const char* stat, std::optional<Line> line, double points) {
  Prediction prediction;
  prediction.stat = stat;
  prediction.system = system;
  prediction.line = line;
  prediction.predicted_points = points;
  return prediction;
}

std::vector<PublishedPlayer> Published(Day day) {
  const PlayerGame& row = DemoTable().PlayedOn(day).front();
  PublishedPlayer player;
  player.spec = {.player = row.player, .game = row.game.game, .game_date = day};
  player.predictions = {Of("a", "points", Line::FromMilli(9500), 10),
                        Of("a", "points", Line::FromMilli(10500), 10),
                        Of("b", "points", std::nullopt, 12), Of("c", "rebounds", std::nullopt, 5)};
  return {player};
}

const Day kDay = ParseDay("2026-01-05").value();

TEST(GradePublished, EachSystemHasOneRowAgainstItsLowestLine) {
  std::vector<PublishedPlayer> players = Published(kDay);
  GradeCases cases = PublishedCases(DemoTable(), players, {});
  std::vector<GradeRow> rows = RowsOfPublished(cases, players);
  ASSERT_EQ(rows.size(), 2u) << "of two systems; rebounds are no points";
  EXPECT_EQ(rows[0].line, Line::FromMilli(9500));
  EXPECT_EQ(rows[1].system, "b");
  EXPECT_TRUE(rows[0].actual_points.has_value());
}

TEST(GradePublished, WhoDidNotPlayHasNoActualAndWhoWasSkippedNoRow) {
  std::vector<PublishedPlayer> players = Published(kDay);
  players.push_back(players[0]);
  players[0].spec.player = PlayerId("away");
  players[1].skipped = true;
  GradeCases cases = PublishedCases(DemoTable(), players, {});
  ASSERT_EQ(cases.requests.size(), 1u);
  EXPECT_FALSE(RowsOfPublished(cases, players)[0].actual_points.has_value());
}

TEST(GradePublished, MinutesAreAsked) {
  std::vector<PublishedPlayer> players = Published(kDay);
  EXPECT_TRUE(PublishedCases(DemoTable(), players, {.min_minutes = 49}).requests.empty());
}

}  // namespace
}  // namespace tipoff
