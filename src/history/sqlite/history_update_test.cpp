#include "history/sqlite/history_update.h"

#include <gtest/gtest.h>

#include "sqlite/connection.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

using Outcome = HistoryUpdate::Outcome;

const Day kDay = *ParseDay("2024-10-22");

// LeBron James at home against Minnesota, of a source that numbers players and games.
PlayerGameFact Row(const std::string& player = "2544", const std::string& name = "LeBron James",
                   Day date = kDay) {
  PlayerGameFact fact;
  fact.player = PlayerId(player);
  fact.name = name;
  fact.game = {.game = GameId("0022400062"),
               .date = date,
               .home = "LAL",
               .away = "MIN",
               .home_by = HomeBy::kItself};
  fact.team = "LAL";
  fact.seconds = 35 * 60;
  fact.whole_minutes = true;
  fact.record.points = 16;
  fact.record.rebounds = 5;
  return fact;
}

// The same of a source that gives names only.
PlayerGameFact NameOnly(const std::string& name, Day date = kDay) {
  PlayerGameFact fact = Row("", name, date);
  fact.game.game = GameId();
  return fact;
}

class HistoryUpdateTest : public testing::Test {
 protected:
  HistoryUpdateTest() {
    auto opened = HistoryDatabase::Open(folder_ / "history.db", HistoryDatabase::Mode::kReadWrite);
    EXPECT_TRUE(opened.ok());
    database_.emplace(std::move(*opened));
  }

  std::unique_ptr<HistoryUpdate> Begin() { return HistoryUpdate::Begin(*database_).value(); }

  template <class Fact>
  Outcome Import(const Fact& fact) {
    return Import(std::vector<Fact>{fact}).front();
  }

  template <class Fact>
  std::vector<Outcome> Import(const std::vector<Fact>& facts) {
    auto update = Begin();
    std::vector<Outcome> outcomes;
    for (const Fact& fact : facts) {
      auto outcome = update->Put(fact);
      EXPECT_TRUE(outcome.ok()) << outcome.error().message;
      outcomes.push_back(*outcome);
    }
    Status status = update->Commit({.path = "test.csv", .kind = "x", .hash = "1"});
    EXPECT_TRUE(status.ok()) << status.error().message;
    return outcomes;
  }

  std::vector<GameRecord> GamesOf(const std::string& player) {
    HistoryQuery query{.players = {PlayerId(player)}, .before = Day::FromDays(40'000)};
    query.lookback_days = 100'000;
    auto batch = database_->Query(query);
    EXPECT_TRUE(batch.ok());
    return batch->players.front().games;
  }

  std::int64_t Ask(const std::string& sql) { return database_->connection().QueryInt(sql); }

  TempFolder folder_;
  std::optional<HistoryDatabase> database_;
};

TEST_F(HistoryUpdateTest, ARowIsNewThenSameThenChanged) {
  EXPECT_EQ(Import(Row()), Outcome::kNew);
  std::string version = *database_->DataVersion();
  EXPECT_EQ(Import(Row()), Outcome::kSame);
  EXPECT_EQ(*database_->DataVersion(), version);
  PlayerGameFact corrected = Row();
  corrected.record.points = 18;
  EXPECT_EQ(Import(corrected), Outcome::kChanged);
  EXPECT_NE(*database_->DataVersion(), version);
  EXPECT_EQ(GamesOf("2544").front().points, 18);
  EXPECT_EQ(Ask("SELECT count(*) FROM imports"), 3);
}

TEST_F(HistoryUpdateTest, WithoutCommitNothingIsStored) {
  {
    auto update = Begin();
    ASSERT_TRUE(update->Put(Row()).ok());
  }
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games"), 0);
  EXPECT_EQ(Ask("SELECT count(*) FROM games"), 0);
  EXPECT_EQ(Ask("SELECT count(*) FROM players"), 0);
}

TEST_F(HistoryUpdateTest, WhatASourceLeavesOutDoesNotEraseWhatIsKnown) {
  PlayerGameFact full = Row();
  full.record.fga = 16;
  Import(full);
  PlayerGameFact poor = Row();
  poor.record.rebounds = kAbsent;
  EXPECT_EQ(Import(poor), Outcome::kSame);
  poor.record.steals = 2;
  EXPECT_EQ(Import(poor), Outcome::kChanged);
  GameRecord game = GamesOf("2544").front();
  EXPECT_EQ(game.fga, 16);
  EXPECT_EQ(game.rebounds, 5);
  EXPECT_EQ(game.steals, 2);
  EXPECT_EQ(game.fgm, kAbsent);
}

TEST_F(HistoryUpdateTest, RoundedMinutesDoNotReplaceFinerOnes) {
  PlayerGameFact fine = Row();
  fine.seconds = 34 * 60 + 39;
  fine.whole_minutes = false;
  Import(Row());
  EXPECT_EQ(Import(fine), Outcome::kChanged);
  EXPECT_EQ(Import(Row()), Outcome::kSame);
  EXPECT_FLOAT_EQ(GamesOf("2544").front().minutes, 34.65F);
  PlayerGameFact other = Row();
  other.seconds = 20 * 60;
  EXPECT_EQ(Import(other), Outcome::kChanged);
  EXPECT_FLOAT_EQ(GamesOf("2544").front().minutes, 20);
}

TEST_F(HistoryUpdateTest, RowsTakeSeasonKindAndSidesFromTheirGame) {
  GameFact game = Row().game;
  game.season = "2024-25";
  game.type = "Playoffs";
  game.home_by = HomeBy::kScheduled;
  game.scheduled = true;
  Import(Row());
  EXPECT_FALSE(GamesOf("2544").front().playoffs);
  EXPECT_EQ(Import(game), Outcome::kNew);
  GameRecord record = GamesOf("2544").front();
  EXPECT_TRUE(record.playoffs);
  EXPECT_TRUE(record.is_home);
  EXPECT_EQ(record.opponent, "MIN");
  EXPECT_EQ(Import(Row()), Outcome::kSame);
}

TEST_F(HistoryUpdateTest, TheScheduleMendsTheHomeTeamOfNeutralGamesInStoredRows) {
  PlayerGameFact home = Row(), away = Row("1630162", "Anthony Edwards");
  away.team = "MIN";
  home.game.home_by = away.game.home_by = HomeBy::kOtherTeam;
  home.game.home = away.team;  // "LAL @ MIN" and "MIN @ LAL".
  home.game.away = home.team;
  Import(std::vector<PlayerGameFact>{home, away});
  EXPECT_FALSE(GamesOf("2544").front().is_home);
  EXPECT_FALSE(GamesOf("1630162").front().is_home);
  EXPECT_EQ(Ask("SELECT neutral FROM games"), 1);
  GameFact scheduled = Row().game;
  scheduled.home_by = HomeBy::kScheduled;
  scheduled.scheduled = true;
  Import(scheduled);
  EXPECT_TRUE(GamesOf("2544").front().is_home);
  EXPECT_FALSE(GamesOf("1630162").front().is_home);
  EXPECT_EQ(GamesOf("1630162").front().opponent, "LAL");
  EXPECT_EQ(Import(std::vector<PlayerGameFact>{home, away}),
            (std::vector<Outcome>{Outcome::kSame, Outcome::kSame}));
}

TEST_F(HistoryUpdateTest, ARealIdTakesOverTheRowsThatWereStoredByName) {
  PlayerGameFact named = NameOnly("Alex Sarr");
  named.record.rebounds = 9;
  Import(std::vector<PlayerGameFact>{named, NameOnly("Alex Sarr", kDay + 2)});
  ASSERT_EQ(GamesOf("alex-sarr").size(), 2u);
  InjuryFact injury{PlayerId(), "Sarr, Alex", kDay + 5, "WAS", "OUT", "Ankle"};
  Import(injury);

  PlayerGameFact real = Row("1642259", "Alex Sarr");
  real.record.rebounds = kAbsent;
  real.seconds = 15 * 60;
  EXPECT_EQ(Import(real), Outcome::kNew);

  EXPECT_TRUE(GamesOf("alex-sarr").empty());
  std::vector<GameRecord> games = GamesOf("1642259");
  ASSERT_EQ(games.size(), 2u);
  EXPECT_EQ(games[1].game, GameId("0022400062"));  // The game has its real id as well.
  EXPECT_EQ(games[1].rebounds, 9);                 // What only the first file knew.
  EXPECT_EQ(games[1].minutes, 15);                 // What the later one says.
  EXPECT_EQ(Ask("SELECT count(*) FROM players"), 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM injuries WHERE player = '1642259'"), 1);
  // The first file again: found by name, nothing new.
  EXPECT_EQ(Import(NameOnly("Alex Sarr", kDay + 2)), Outcome::kSame);
}

TEST_F(HistoryUpdateTest, AFatherDoesNotTakeOverHisSonsGames) {
  PlayerGameFact son = NameOnly("Tim Hardaway");  // The source drops suffixes.
  Import(son);
  PlayerGameFact father = Row("896", "Tim Hardaway", kDay - 9000);
  father.game.game = GameId("0029900001");
  Import(father);
  EXPECT_EQ(GamesOf("tim-hardaway").size(), 1u);
  EXPECT_EQ(GamesOf("896").size(), 1u);
  PlayerGameFact real_son = Row("203501", "Tim Hardaway Jr.", kDay + 1);
  real_son.game.game = GameId("0022400099");
  Import(real_son);
  EXPECT_TRUE(GamesOf("tim-hardaway").empty());
  EXPECT_EQ(GamesOf("203501").size(), 2u);
}

TEST_F(HistoryUpdateTest, AGameThatIsMovedTakesItsRowsAlong) {
  Import(Row());
  PlayerGameFact moved = Row("1630559", "Austin Reaves", kDay + 40);
  EXPECT_EQ(Import(moved), Outcome::kNew);
  EXPECT_EQ(GamesOf("2544").front().date, kDay + 40);
  EXPECT_EQ(Ask("SELECT count(*) FROM games"), 1);
  EXPECT_EQ(database_->DueSlates()->from, kDay);
}

TEST_F(HistoryUpdateTest, ARejectedRowLeavesNoTrace) {
  Import(Row());
  auto update = Begin();
  PlayerGameFact wrong = Row("1", "Wrong Game");
  wrong.game.away = wrong.team = "BOS";
  auto outcome = update->Put(wrong);
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, Errc::kInvalid);
  ASSERT_TRUE(update->Commit({.path = "x", .kind = "x", .hash = "2"}).ok());
  EXPECT_EQ(Ask("SELECT count(*) FROM players"), 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games"), 1);
}

LineFact MakeLine(const std::string& line, const std::string& book = "betmgm") {
  LineFact fact;
  fact.player = PlayerId("2544");
  fact.game = Row().game;
  fact.stat = "points";
  fact.book = book;
  fact.line = *Line::Parse(line);
  fact.over_odds = -110;
  return fact;
}

TEST_F(HistoryUpdateTest, F42_LinesAreExactAndThoseOfALaterFileReplaceABooksOlderOnes) {
  Import(Row());
  EXPECT_EQ(
      Import(std::vector<LineFact>{MakeLine("24.5"), MakeLine("25.0"), MakeLine("20.0", "b")}),
      (std::vector<Outcome>{Outcome::kNew, Outcome::kNew, Outcome::kNew}));
  EXPECT_EQ(Ask("SELECT count(*) FROM lines"), 3);
  EXPECT_EQ(Import(std::vector<LineFact>{MakeLine("24.5"), MakeLine("25.0")}),
            (std::vector<Outcome>{Outcome::kSame, Outcome::kSame}));
  EXPECT_EQ(Import(MakeLine("26.5")), Outcome::kChanged);
  EXPECT_EQ(Ask("SELECT count(*) FROM lines WHERE book = 'betmgm'"), 1);
  EXPECT_EQ(Ask("SELECT line FROM lines WHERE book = 'betmgm'"), 26500);
  EXPECT_EQ(Ask("SELECT line FROM lines WHERE book = 'b'"), 20000);
  LineFact odds = MakeLine("26.5");
  odds.over_odds = -120;
  EXPECT_EQ(Import(odds), Outcome::kChanged);
}

TEST_F(HistoryUpdateTest, LinesAloneMakeTheGameOfTheDate) {
  LineFact line = MakeLine("24.5");
  line.game.game = GameId();
  Import(line);
  EXPECT_EQ(Ask("SELECT count(*) FROM games WHERE id = '20241022_MIN_LAL'"), 1);
  Import(Row());
  EXPECT_EQ(Ask("SELECT count(*) FROM games"), 1);
  EXPECT_EQ(Ask("SELECT count(*) FROM lines WHERE game = '0022400062'"), 1);
}

TEST_F(HistoryUpdateTest, AnInjuryListOfTheSameDateIsReplacedPlayerByPlayer) {
  InjuryFact injury{PlayerId("2544"), "LeBron James", kDay, "LAL", "QUESTIONABLE", "Foot"};
  EXPECT_EQ(Import(injury), Outcome::kNew);
  EXPECT_EQ(Import(injury), Outcome::kSame);
  injury.status = "OUT";
  EXPECT_EQ(Import(injury), Outcome::kChanged);
  EXPECT_EQ(Ask("SELECT count(*) FROM injuries WHERE status = 'OUT'"), 1);
}

TEST_F(HistoryUpdateTest, SlatesAreDueFromTheEarliestDateThatChanged) {
  Import(std::vector<PlayerGameFact>{Row()});
  SlatesDue due = *database_->DueSlates();
  EXPECT_EQ(due.from, kDay);
  ASSERT_TRUE(database_->SlatesDone(due, {kDay, kDay + 3}).ok());
  EXPECT_EQ(database_->DueSlates()->from, std::nullopt);

  PlayerGameFact later = Row("2544", "LeBron James", kDay + 3);
  later.game.game = GameId("0022400080");
  Import(later);
  due = *database_->DueSlates();
  EXPECT_EQ(due.from, kDay + 3);
  EXPECT_EQ(due.slated, std::vector<Day>{kDay + 3});
  // An import in between: what was built before it does not count.
  PlayerGameFact between = Row("2544", "LeBron James", kDay + 1);
  between.game.game = GameId("0022400070");
  Import(between);
  ASSERT_TRUE(database_->SlatesDone(due, {kDay + 3}).ok());
  EXPECT_EQ(database_->DueSlates()->from, kDay + 1);
}

TEST_F(HistoryUpdateTest, AFullDiskStoresNothingAndSaysSo) {
  Import(Row());
  database_->connection().Execute("PRAGMA max_page_count=30");
  auto update = Begin();
  Result<Outcome> outcome = Outcome::kNew;
  for (int i = 0; i < 10'000 && outcome.ok(); ++i) {
    outcome = update->Put(Row(std::to_string(100'000 + i), "Player", kDay));
  }
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().code, Errc::kExhausted);
  update.reset();
  EXPECT_EQ(Ask("SELECT count(*) FROM player_games"), 1);
  EXPECT_EQ(Import(Row()), Outcome::kSame);
}

TEST_F(HistoryUpdateTest, ASecondWriterIsToldToComeBack) {
  auto update = Begin();
  auto other = HistoryDatabase::Open(folder_ / "history.db", HistoryDatabase::Mode::kReadWrite);
  ASSERT_TRUE(other.ok());
  sqlite3_busy_timeout(other->connection().handle(), 0);
  auto second = HistoryUpdate::Begin(*other);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Errc::kUnavailable);
}

}  // namespace
}  // namespace tipoff
