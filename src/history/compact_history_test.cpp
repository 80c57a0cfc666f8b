#include "history/compact_history.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "history/table.h"
#include "support/demo_table.h"

namespace tipoff {
namespace {

class CompactHistoryTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    compact_ = new CompactHistory;
    for (const PlayerGame& row : DemoRows()) compact_->Add(row.player, row.game);
    compact_->Seal("demo");
  }
  static void TearDownTestSuite() { delete compact_; }

  static CompactHistory* compact_;
};
CompactHistory* CompactHistoryTest::compact_ = nullptr;

TEST_F(CompactHistoryTest, AnswersExactlyWhatTheTableDoes) {
  std::set<PlayerId> everybody;
  for (const PlayerGame& row : DemoRows()) everybody.insert(row.player);
  HistoryQuery query;
  query.players.assign(everybody.begin(), everybody.end());
  query.players.emplace_back("nobody");
  const std::vector<Day>& days = DemoTable().days();
  EXPECT_EQ(compact_->size(), DemoTable().size());
  for (Day before : {days.front(), days[1], days[days.size() / 2], days.back(), days.back() + 1,
                     days.back() + 500}) {
    for (auto [games, lookback] : {std::pair(82, 400), std::pair(5, 400), std::pair(82, 20)}) {
      query.before = before;
      query.max_games = games;
      query.lookback_days = lookback;
      HistoryBatch expected = DemoTable().Query(query), answered = compact_->Query(query);
      EXPECT_EQ(answered.players, expected.players) << before << " " << games << " " << lookback;
      EXPECT_EQ(answered.teams, expected.teams) << before;
      EXPECT_EQ(answered.data_version, "demo");
    }
  }
}

TEST_F(CompactHistoryTest, TwoGamesOfOneDayComeInTheOrderOfTheirIds) {
  GameRecord game;
  game.date = Day::FromDays(20'000);
  CompactHistory history;
  for (const char* id : {"g2", "g3", "g1"}) {
    game.game = GameId(id);
    history.Add(PlayerId("a"), game);
  }
  history.Seal("v");
  HistoryBatch batch =
      history.Query({.players = {PlayerId("a")}, .before = Day::FromDays(20'001), .max_games = 2});
  ASSERT_EQ(batch.players[0].games.size(), 2u);
  EXPECT_EQ(batch.players[0].games[0].game, GameId("g3"));
  EXPECT_EQ(batch.players[0].games[1].game, GameId("g2"));
}

TEST_F(CompactHistoryTest, F44_TheDayItselfIsNotHistory) {
  GameRecord game;
  game.date = Day::FromDays(20'000);
  game.game = GameId("g");
  CompactHistory history;
  history.Add(PlayerId("a"), game);
  history.Seal("v");
  auto games = [&](Day before) {
    return history.Query({.players = {PlayerId("a")}, .before = before}).players[0].games.size();
  };
  EXPECT_EQ(games(game.date), 0u);
  EXPECT_EQ(games(game.date + 1), 1u);
}

}  // namespace
}  // namespace tipoff
