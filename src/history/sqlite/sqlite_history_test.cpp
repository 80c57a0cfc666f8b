#include "history/sqlite/sqlite_history.h"

#include <gtest/gtest.h>

#include "history/sqlite/history_update.h"
#include "support/manual_loop.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

void ImportOneGame(const std::string& path) {
  auto database = HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadWrite);
  ASSERT_TRUE(database.ok());
  auto update = HistoryUpdate::Begin(*database);
  PlayerGameFact fact;
  fact.player = PlayerId("201939");
  fact.name = "Stephen Curry";
  fact.game = {.game = GameId("0022400061"),
               .date = Day::FromDays(20'000),
               .home = "GSW",
               .away = "LAL",
               .home_by = HomeBy::kItself};
  fact.team = "GSW";
  fact.record.points = 36;
  ASSERT_TRUE((*update)->Put(fact).ok());
  ASSERT_TRUE((*update)->Commit({.path = "a.csv", .kind = "player_games", .hash = "1"}).ok());
}

HistoryQuery Ask(const std::string& player) {
  return {.players = {PlayerId(player)}, .before = Day::FromDays(20'001)};
}

TEST(SqliteHistory, AnswersOnTheLoopAndNeverInsideTheCall) {
  TempFolder folder;
  ImportOneGame(folder / "history.db");
  ManualLoop loop;
  SqliteHistory history(loop, folder / "history.db");
  int answers = 0;
  history.Load(Ask("201939"), [&](Result<HistoryBatch> batch) {
    ++answers;
    ASSERT_TRUE(batch.ok()) << batch.error().message;
    EXPECT_EQ(batch->players[0].games[0].points, 36);
  });
  history.Load(Ask("nobody"), [&](Result<HistoryBatch> batch) {
    ++answers;
    ASSERT_TRUE(batch.ok());
    EXPECT_TRUE(batch->players[0].games.empty());
  });
  EXPECT_EQ(answers, 0);
  loop.RunUntil([&] { return answers == 2; });
}

TEST(SqliteHistory, F06_F45_AMissingFileIsNotLoadedAndIsFoundOnceItIsThere) {
  TempFolder folder;
  ManualLoop loop;
  SqliteHistory history(loop, folder / "history.db");
  auto load = [&] {
    return Await<HistoryBatch>(loop, [&](auto done) { history.Load(Ask("201939"), done); });
  };
  EXPECT_EQ(load().error().code, Errc::kUnavailable);
  {
    auto empty = HistoryDatabase::Open(folder / "history.db", HistoryDatabase::Mode::kReadWrite);
    ASSERT_TRUE(empty.ok());
    EXPECT_EQ(load().error().code, Errc::kUnavailable);
  }
  ImportOneGame(folder / "history.db");
  auto batch = load();
  ASSERT_TRUE(batch.ok()) << batch.error().message;
  EXPECT_EQ(batch->players[0].games.size(), 1u);
}

TEST(SqliteHistory, F45_AnImportIsSeenByTheNextQueryAndTellsAnotherVersion) {
  TempFolder folder;
  ImportOneGame(folder / "history.db");
  ManualLoop loop;
  SqliteHistory history(loop, folder / "history.db");
  auto load = [&] {
    return Await<HistoryBatch>(loop, [&](auto done) { history.Load(Ask("201939"), done); });
  };
  std::string version = load()->data_version;
  {
    auto database = HistoryDatabase::Open(folder / "history.db", HistoryDatabase::Mode::kReadWrite);
    auto update = HistoryUpdate::Begin(*database);
    InjuryFact injury{PlayerId("201939"), "Stephen Curry", Day::FromDays(20'000), "GSW", "OUT", ""};
    ASSERT_TRUE((*update)->Put(injury).ok());
    ASSERT_TRUE((*update)->Commit({.path = "b.csv", .kind = "injuries", .hash = "2"}).ok());
  }
  EXPECT_NE(load()->data_version, version);
}

TEST(SqliteHistory, StopsWithQueriesStillWaiting) {
  TempFolder folder;
  ImportOneGame(folder / "history.db");
  ManualLoop loop;
  auto history = std::make_unique<SqliteHistory>(loop, folder / "history.db");
  for (int i = 0; i < 100; ++i) history->Load(Ask("201939"), [](const Result<HistoryBatch>&) {});
  history.reset();
  loop.RunIdle();
}

}  // namespace
}  // namespace tipoff
