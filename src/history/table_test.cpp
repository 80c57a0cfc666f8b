#include "history/table.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

Day At(int day) { return Day::FromDays(20'000 + day); }

PlayerGame Row(const std::string& player, int day, const std::string& game, const std::string& team,
               const std::string& opponent, std::int16_t points) {
  PlayerGame row{PlayerId(player), player, {}};
  row.game.date = At(day);
  row.game.game = GameId(game);
  row.game.team = team;
  row.game.opponent = opponent;
  row.game.points = points;
  return row;
}

HistoryQuery Ask(const std::string& player, int day) {
  return {.players = {PlayerId(player)}, .before = At(day)};
}

std::vector<int> Points(const PlayerHistory& history) {
  std::vector<int> points;
  for (const GameRecord& game : history.games) points.push_back(game.points);
  return points;
}

TEST(HistoryTable, AnswersNewestFirstAndOneDateByGameDescending) {
  HistoryTable table({Row("a", 1, "g1", "X", "Y", 10), Row("a", 3, "g3", "X", "Y", 30),
                      Row("a", 3, "g4", "X", "Z", 40), Row("a", 2, "g2", "X", "Y", 20)},
                     "v1");
  HistoryBatch batch = table.Query(Ask("a", 4));
  ASSERT_EQ(batch.players.size(), 1u);
  EXPECT_EQ(Points(batch.players[0]), (std::vector<int>{40, 30, 20, 10}));
  EXPECT_EQ(batch.data_version, "v1");
}

TEST(HistoryTable, F44_TheDayItselfIsNotKnownYet) {
  HistoryTable table({Row("a", 1, "g1", "X", "Y", 10), Row("a", 2, "g2", "X", "Y", 20)}, "");
  EXPECT_EQ(Points(table.Query(Ask("a", 2)).players[0]), std::vector<int>{10});
}

TEST(HistoryTable, StopsAtTheLookbackAndAtTheLargestNumber) {
  HistoryTable table({Row("a", 1, "g1", "X", "Y", 10), Row("a", 2, "g2", "X", "Y", 20),
                      Row("a", 9, "g3", "X", "Y", 30)},
                     "");
  HistoryQuery query = Ask("a", 10);
  query.lookback_days = 8;
  EXPECT_EQ(Points(table.Query(query).players[0]), (std::vector<int>{30, 20}));
  query.max_games = 1;
  EXPECT_EQ(Points(table.Query(query).players[0]), std::vector<int>{30});
}

TEST(HistoryTable, AnUnknownPlayerHasAnEmptyListInHisPlace) {
  HistoryTable table({Row("a", 1, "g1", "X", "Y", 10)}, "");
  HistoryQuery query{.players = {PlayerId("b"), PlayerId("a")}, .before = At(2)};
  HistoryBatch batch = table.Query(query);
  ASSERT_EQ(batch.players.size(), 2u);
  EXPECT_TRUE(batch.players[0].games.empty());
  EXPECT_EQ(batch.players[1].games.size(), 1u);
}

TEST(HistoryTable, TeamFormIsTheMeanOfTheLastThirtyGamesWithBothSides) {
  std::vector<PlayerGame> rows;
  for (int day = 0; day < 35; ++day) {
    std::string game = "g" + std::to_string(100 + day);
    auto points = static_cast<std::int16_t>(day < 5 ? 1000 : 100);
    rows.push_back(Row("x", day, game, "X", "Y", points));
    rows.push_back(Row("y", day, game, "Y", "X", 90));
  }
  rows.push_back(Row("x", 35, "alone", "X", "Y", 500));  // The other side's rows are missing.
  std::vector<TeamForm> teams = HistoryTable(rows, "").Query(Ask("x", 36)).teams;
  EXPECT_EQ(teams, (std::vector<TeamForm>{{"X", 30, 100, 90}, {"Y", 30, 90, 100}}));
}

TEST(HistoryTable, FindsWhoPlayedOnADayAndEarlierGamesWhateverTheLookback) {
  HistoryTable table({Row("b", 900, "g2", "X", "Y", 1), Row("a", 900, "g2", "X", "Y", 2),
                      Row("a", 1, "g1", "X", "Y", 3)},
                     "");
  auto played = table.PlayedOn(At(900));
  ASSERT_EQ(played.size(), 2u);
  EXPECT_EQ(played[0].player, PlayerId("a"));
  EXPECT_TRUE(table.PlayedOn(At(2)).empty());
  ASSERT_EQ(table.Before(PlayerId("a"), At(900)).size(), 1u);
  EXPECT_EQ(table.Before(PlayerId("a"), At(900))[0]->game.points, 3);
  EXPECT_EQ(table.days(), (std::vector<Day>{At(1), At(900)}));
}

}  // namespace
}  // namespace tipoff
