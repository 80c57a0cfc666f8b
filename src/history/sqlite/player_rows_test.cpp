#include "history/sqlite/player_rows.h"

#include <gtest/gtest.h>

#include "history/sqlite/schema.h"
#include "sqlite/migrate.h"

namespace tipoff {
namespace {

const Day kDay = *ParseDay("2024-10-22");

GameRecord Record(Day date, const std::string& game = "g1") {
  GameRecord record;
  record.date = date;
  record.game = GameId(game);
  record.season = "2024-25";
  record.team = "LAL";
  record.opponent = "MIN";
  record.points = 16;
  return record;
}

class PlayerRowsTest : public testing::Test {
 protected:
  PlayerRowsTest() {
    EXPECT_TRUE(sqlite::Migrate(connection_, HistorySchema(), "history.db").ok());
  }

  std::int64_t Ask(const std::string& sql) { return connection_.QueryInt(sql); }

  sqlite::Connection connection_{":memory:", sqlite::Connection::Mode::kReadWrite};
  PlayerRows rows_{connection_};
  const PlayerId james_{"2544"};
};

TEST_F(PlayerRowsTest, AbsentCountsAreNullAndAreFilledLater) {
  GameRecord record = Record(kDay);
  record.rebounds = 5;
  EXPECT_EQ(rows_.Store(james_, record, 2100, true), RowNews::kNew);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games WHERE assists IS NULL AND rebounds = 5"), 1);
  GameRecord more = Record(kDay);
  more.assists = 4;
  EXPECT_EQ(rows_.Store(james_, more, 2100, true), RowNews::kChanged);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games WHERE assists = 4 AND rebounds = 5"), 1);
}

TEST_F(PlayerRowsTest, WholeMinutesAreARoundingOfFinerOnesUpOrDown) {
  rows_.Store(james_, Record(kDay), 34 * 60 + 39, false);
  EXPECT_EQ(rows_.Store(james_, Record(kDay), 35 * 60, true), RowNews::kSame);
  EXPECT_EQ(rows_.Store(james_, Record(kDay), 34 * 60, true), RowNews::kSame);
  EXPECT_EQ(rows_.Store(james_, Record(kDay), 36 * 60, true), RowNews::kChanged);
  EXPECT_EQ(rows_.Store(james_, Record(kDay), 35 * 60, true), RowNews::kChanged);
}

TEST_F(PlayerRowsTest, CareersFarApartAreTwoMen) {
  rows_.Store(PlayerId("son"), Record(kDay), 600, true);
  rows_.Store(PlayerId("father"), Record(kDay - 9000), 600, true);
  rows_.Store(PlayerId("near"), Record(kDay + 400), 600, true);
  EXPECT_FALSE(rows_.MayBeOneMan(PlayerId("son"), PlayerId("father")));
  EXPECT_FALSE(rows_.MayBeOneMan(PlayerId("father"), PlayerId("son")));
  EXPECT_TRUE(rows_.MayBeOneMan(PlayerId("son"), PlayerId("near")));
  EXPECT_TRUE(rows_.MayBeOneMan(PlayerId("son"), PlayerId("nobody")));
}

TEST_F(PlayerRowsTest, JoinedRowsKeepWhatEitherKnewAndTheRealOneDecides) {
  GameRecord made = Record(kDay);
  made.points = 15;
  made.blocks = 3;
  rows_.Store(PlayerId("made"), made, 34 * 60 + 39, false);
  rows_.Store(PlayerId("made"), Record(kDay + 2, "g2"), 600, false);
  rows_.Store(james_, Record(kDay), 35 * 60, true);
  EXPECT_EQ(rows_.Join(PlayerId("made"), james_), kDay);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games"), 2);
  EXPECT_EQ(Ask("SELECT points FROM player_games WHERE game = 'g1'"), 16);
  EXPECT_EQ(Ask("SELECT blocks FROM player_games WHERE game = 'g1'"), 3);
  EXPECT_EQ(Ask("SELECT seconds FROM player_games WHERE game = 'g1'"), 34 * 60 + 39);
  EXPECT_EQ(rows_.Join(PlayerId("made"), james_), std::nullopt);
}

TEST_F(PlayerRowsTest, RealigningTurnsBothTeamsRows) {
  rows_.Store(james_, Record(kDay), 600, true);
  GameRecord other = Record(kDay);
  std::swap(other.team, other.opponent);
  rows_.Store(PlayerId("other"), other, 600, true);
  KnownGame game;
  game.fact = {.game = GameId("g1"),
               .date = kDay,
               .season = "2024-25",
               .type = "Playoffs",
               .home = "MIN",
               .away = "LAL",
               .home_by = HomeBy::kScheduled};
  rows_.Realign(game);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games WHERE playoffs = 1"), 2);
  EXPECT_EQ(Ask("SELECT home FROM player_games WHERE team = 'MIN'"), 1);
  EXPECT_EQ(Ask("SELECT home FROM player_games WHERE team = 'LAL'"), 0);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games WHERE team = 'LAL' AND opponent = 'MIN'"), 1);
}

}  // namespace
}  // namespace tipoff
