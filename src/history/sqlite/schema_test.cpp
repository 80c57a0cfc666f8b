#include "history/sqlite/schema.h"

#include <gtest/gtest.h>

#include "sqlite/connection.h"
#include "sqlite/migrate.h"

namespace tipoff {
namespace {

// How SQLite would run a query.
std::string PlanOf(sqlite::Connection& connection, const std::string& sql) {
  sqlite::Statement plan(connection.handle(), "EXPLAIN QUERY PLAN " + sql);
  std::string text;
  while (plan.Step()) text += plan.Text(3) + "\n";
  return text;
}

class HistorySchemaTest : public testing::Test {
 protected:
  HistorySchemaTest() {
    EXPECT_TRUE(sqlite::Migrate(connection_, HistorySchema(), "history.db").ok());
  }
  sqlite::Connection connection_{":memory:", sqlite::Connection::Mode::kReadWrite};
};

TEST_F(HistorySchemaTest, APlayersLastGamesAreReadInOrderFromTheClusteredTable) {
  std::string plan = PlanOf(connection_,
                            "SELECT points FROM player_games WHERE player = 'x' AND date < 9 AND "
                            "date >= 1 ORDER BY date DESC, game DESC LIMIT 82");
  EXPECT_NE(plan.find("USING PRIMARY KEY (player=? AND date>? AND date<?)"), std::string::npos)
      << plan;
  EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
}

TEST_F(HistorySchemaTest, TeamsAreReadFromTheIndexAloneWithoutSorting) {
  std::string plan =
      PlanOf(connection_,
             "SELECT date, game, team, sum(points) FROM player_games WHERE date >= 1 "
             "AND date < 9 GROUP BY date, game, team "
             "ORDER BY date DESC, game DESC, team DESC");
  EXPECT_NE(plan.find("COVERING INDEX player_games_by_date"), std::string::npos) << plan;
  EXPECT_EQ(plan.find("TEMP B-TREE"), std::string::npos) << plan;
}

TEST_F(HistorySchemaTest, RowsOfAGameAreFoundByItsDate) {
  std::string plan =
      PlanOf(connection_, "UPDATE player_games SET home = 1 WHERE date = 1 AND game = 'x'");
  EXPECT_NE(plan.find("player_games_by_date (date=? AND game=?)"), std::string::npos) << plan;
}

}  // namespace
}  // namespace tipoff
