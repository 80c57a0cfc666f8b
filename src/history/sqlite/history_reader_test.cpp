#include "history/sqlite/history_reader.h"

#include <gtest/gtest.h>

#include "history/sqlite/history_update.h"
#include "history/sqlite/sqlite_history.h"
#include "support/manual_loop.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

const Day kDay = Day::FromDays(20'000);

// One game of one player, who scored so much.
void Import(const std::string& path, int points, const std::string& file) {
  auto database = HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadWrite);
  ASSERT_TRUE(database.ok());
  auto update = HistoryUpdate::Begin(*database);
  PlayerGameFact fact;
  fact.player = PlayerId("201939");
  fact.name = "Stephen Curry";
  fact.game = {.game = GameId("0022400061"),
               .date = kDay,
               .home = "GSW",
               .away = "LAL",
               .home_by = HomeBy::kItself};
  fact.team = "GSW";
  fact.record.points = static_cast<std::int16_t>(points);
  ASSERT_TRUE((*update)->Put(fact).ok());
  ASSERT_TRUE((*update)->Commit({.path = file, .kind = "player_games", .hash = file}).ok());
}

class HistoryReaderTest : public testing::Test {
 protected:
  Result<HistoryBatch> Load(History& history) {
    return Await<HistoryBatch>(loop_, [&](auto done) {
      history.Load({.players = {PlayerId("201939"), PlayerId("nobody")}, .before = kDay + 1}, done);
    });
  }
  // Asks until the answers come out of memory.
  void TakeIntoMemory(History& history) {
    int asked = 0;
    while (!reader_->in_memory()) {
      ASSERT_TRUE(Load(history).ok());
      ASSERT_LT(++asked, 100'000);
    }
  }

  TempFolder folder_;
  std::string path_ = folder_ / "history.db";
  ManualLoop loop_;
  std::shared_ptr<HistoryReader> reader_ =
      std::make_shared<HistoryReader>(path_, HistoryReader::Options{.idle = Duration(0)});
};

TEST_F(HistoryReaderTest, OutOfMemoryTheAnswerIsTheSame) {
  Import(path_, 36, "a.csv");
  SqliteHistory history(loop_, reader_);
  HistoryBatch from_file = Load(history).value();
  TakeIntoMemory(history);
  HistoryBatch from_memory = Load(history).value();
  EXPECT_EQ(from_memory.players, from_file.players);
  EXPECT_EQ(from_memory.teams, from_file.teams);
  EXPECT_EQ(from_memory.data_version, from_file.data_version);
  EXPECT_EQ(from_memory.players[0].games[0].points, 36);
  EXPECT_TRUE(reader_->in_memory());
}

TEST_F(HistoryReaderTest, F45_AnImportIsInTheNextAnswerAlsoWhereItCameOutOfMemory) {
  Import(path_, 36, "a.csv");
  SqliteHistory history(loop_, reader_);
  TakeIntoMemory(history);
  std::string version = Load(history)->data_version;
  Import(path_, 41, "b.csv");
  HistoryBatch batch = Load(history).value();
  EXPECT_EQ(batch.players[0].games[0].points, 41);
  EXPECT_NE(batch.data_version, version);
  TakeIntoMemory(history);
  EXPECT_EQ(Load(history)->players[0].games[0].points, 41);
}

TEST_F(HistoryReaderTest, AClientThatEndsHearsNothingMoreAndHoldsUpNoOther) {
  Import(path_, 36, "a.csv");
  SqliteHistory stays(loop_, reader_);
  for (int i = 0; i < 50; ++i) {
    ManualLoop other;
    SqliteHistory ends(other, reader_);
    for (int k = 0; k < 20; ++k) {
      ends.Load({.players = {PlayerId("201939")}, .before = kDay + 1},
                [](const Result<HistoryBatch>&) {});
    }
    ASSERT_TRUE(Load(stays).ok());
  }
}

}  // namespace
}  // namespace tipoff
