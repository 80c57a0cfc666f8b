#include "history/sqlite/box_score_scan.h"

#include <gtest/gtest.h>

#include <fmt/format.h>

#include "history/sqlite/history_update.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

void Import(HistoryDatabase& database, int players, const std::string& file) {
  auto update = HistoryUpdate::Begin(database);
  for (int i = 0; i < players; ++i) {
    PlayerGameFact fact;
    fact.player = PlayerId(fmt::format("{}", 1000 + i));
    fact.name = fmt::format("Player {}", i);
    fact.game = {.game = GameId("0022400061"),
                 .date = Day::FromDays(20'000),
                 .home = "GSW",
                 .away = "LAL",
                 .home_by = HomeBy::kItself};
    fact.team = "GSW";
    fact.record.points = 7;
    ASSERT_TRUE((*update)->Put(fact).ok());
  }
  ASSERT_TRUE((*update)->Commit({.path = file, .kind = "player_games", .hash = file}).ok());
}

TEST(BoxScoreScan, GoesThroughOneStateOfTheFileInSteps) {
  TempFolder folder;
  std::string path = folder / "history.db";
  auto database = HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadWrite);
  ASSERT_TRUE(database.ok());
  Import(*database, 10, "a.csv");
  std::string version = database->DataVersion().value();
  auto scan = BoxScoreScan::Begin(path);
  ASSERT_TRUE(scan.ok());
  int rows = 0;
  auto count = [&](const PlayerId&, const GameRecord& game) { rows += game.points == 7 ? 1 : 0; };
  EXPECT_TRUE(scan->Next(4, count).value());
  EXPECT_EQ(rows, 4);
  Import(*database, 30, "b.csv");
  EXPECT_TRUE(scan->Next(4, count).value());
  EXPECT_FALSE(scan->Next(4, count).value());
  EXPECT_EQ(rows, 10) << "what was imported meanwhile is another state";
  EXPECT_EQ(scan->data_version(), version);
}

TEST(BoxScoreScan, AMissingFileIsUnavailable) {
  TempFolder folder;
  EXPECT_EQ(BoxScoreScan::Begin(folder / "history.db").error().code, Errc::kUnavailable);
}

}  // namespace
}  // namespace tipoff
