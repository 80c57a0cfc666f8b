#include "history/sqlite/history_database.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "base/random.h"
#include "history/sqlite/history_update.h"
#include "sqlite/connection.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

using Mode = HistoryDatabase::Mode;

Day At(int day) { return Day::FromDays(20'000 + day); }

PlayerGameFact Fact(const std::string& player, int day, const std::string& game,
                    const std::string& away, const std::string& home, const std::string& team) {
  PlayerGameFact fact;
  fact.player = PlayerId(player);
  fact.name = "Player " + player;
  fact.game = {.game = GameId(game),
               .date = At(day),
               .season = "2024-25",
               .home = home,
               .away = away,
               .home_by = HomeBy::kScheduled};
  fact.team = team;
  fact.seconds = 1800;
  fact.record.points = 10;
  return fact;
}

HistoryDatabase Open(const std::string& path, Mode mode = Mode::kReadWrite) {
  auto database = HistoryDatabase::Open(path, mode);
  EXPECT_TRUE(database.ok()) << database.error().message;
  return std::move(*database);
}

void Store(HistoryDatabase& database, const std::vector<PlayerGameFact>& facts) {
  auto update = HistoryUpdate::Begin(database);
  ASSERT_TRUE(update.ok()) << update.error().message;
  for (const PlayerGameFact& fact : facts) {
    auto outcome = (*update)->Put(fact);
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
  }
  Status status = (*update)->Commit({.path = "test.csv", .kind = "player_games", .hash = "00"});
  ASSERT_TRUE(status.ok()) << status.error().message;
}

// Two seasons of a league with missing counts and games of which only one side is known.
std::vector<PlayerGameFact> League() {
  SeededRandom random(11);
  auto draw = [&](int below) {
    return static_cast<int>(random.Next() % static_cast<unsigned>(below));
  };
  const std::vector<std::string> teams{"AAA", "BBB", "CCC", "DDD", "EEE"};
  std::vector<PlayerGameFact> facts;
  for (int day = 0; day < 600; day += 1 + draw(3)) {
    auto away = static_cast<std::size_t>(draw(5));
    std::size_t home = (away + 1 + static_cast<std::size_t>(draw(4))) % 5;
    bool one_side = draw(10) == 0;
    for (int p = 0; p < 25; ++p) {
      auto team = static_cast<std::size_t>(p % 5);
      if ((team != away && team != home) || (one_side && team == home) || draw(5) == 0) continue;
      auto fact = Fact(std::to_string(100 + p), day, "00" + std::to_string(22400000 + day),
                       teams[away], teams[home], teams[team]);
      fact.record.points = static_cast<std::int16_t>(draw(40));
      fact.seconds = draw(2880);
      for (auto count : kCounts) {
        if (draw(4) > 0) fact.record.*count = static_cast<std::int16_t>(draw(20) - 5);
      }
      facts.push_back(std::move(fact));
    }
  }
  return facts;
}

TEST(HistoryDatabase, AnswersExactlyWhatTheTableInMemoryAnswers) {
  TempFolder folder;
  HistoryDatabase database = Open(folder / "history.db");
  Store(database, League());
  auto table = database.LoadTable();
  ASSERT_TRUE(table.ok()) << table.error().message;
  ASSERT_GT(table->size(), 1000u);
  HistoryQuery query;
  for (int p = 99; p < 126; ++p) query.players.emplace_back(std::to_string(p));
  query.players.emplace_back("100");  // Asked for twice, answered twice.
  std::size_t games = 0;
  for (int day : {-1, 0, 1, 5, 200, 399, 400, 401, 599, 600, 1000, 2000}) {
    for (auto [max_games, lookback] : {std::pair{82, 400}, {3, 400}, {82, 10}, {0, 400}}) {
      query.before = At(day);
      query.max_games = max_games;
      query.lookback_days = lookback;
      auto batch = database.Query(query);
      ASSERT_TRUE(batch.ok());
      HistoryBatch expected = table->Query(query);
      EXPECT_TRUE(batch->players == expected.players) << day;
      EXPECT_TRUE(batch->teams == expected.teams) << day;
      EXPECT_EQ(batch->data_version, expected.data_version);
      for (const PlayerHistory& player : batch->players) games += player.games.size();
    }
  }
  EXPECT_GT(games, 5000u);
}

TEST(HistoryDatabase, TeamsAreReadAgainAfterAChange) {
  TempFolder folder;
  HistoryDatabase database = Open(folder / "history.db");
  Store(database,
        {Fact("1", 0, "g1", "AAA", "BBB", "AAA"), Fact("2", 0, "g1", "AAA", "BBB", "BBB")});
  HistoryQuery query{.players = {PlayerId("1")}, .before = At(9)};
  EXPECT_EQ(database.Query(query)->teams[0].points_for, 10);
  PlayerGameFact corrected = Fact("1", 0, "g1", "AAA", "BBB", "AAA");
  corrected.record.points = 12;
  Store(database, {corrected});
  EXPECT_EQ(database.Query(query)->teams[0].points_for, 12);
}

TEST(HistoryDatabase, F06_NotLoadedIsAnErrorAndNotAnEmptyList) {
  TempFolder folder;
  auto missing = HistoryDatabase::Open(folder / "history.db", Mode::kReadOnly);
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().code, Errc::kUnavailable);
  EXPECT_NE(missing.error().message.find("tipoff import"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(folder / "history.db"));

  HistoryDatabase empty = Open(folder / "history.db");
  auto batch = empty.Query({.players = {PlayerId("1")}, .before = At(0)});
  ASSERT_FALSE(batch.ok());
  EXPECT_EQ(batch.error().code, Errc::kUnavailable);
  EXPECT_EQ(empty.LoadTable().error().code, Errc::kUnavailable);
  EXPECT_EQ(*empty.DataVersion(), "");
}

TEST(HistoryDatabase, AFileOfANewerTipoffIsRefusedBothWays) {
  TempFolder folder;
  Open(folder / "history.db").connection().Execute("PRAGMA user_version=99");
  for (Mode mode : {Mode::kReadOnly, Mode::kReadWrite}) {
    auto database = HistoryDatabase::Open(folder / "history.db", mode);
    ASSERT_FALSE(database.ok());
    EXPECT_EQ(database.error().code, Errc::kUnsupported);
  }
  EXPECT_EQ(HistoryDatabase::CopyInMemory(folder / "history.db").error().code, Errc::kUnsupported);
}

TEST(HistoryDatabase, AFolderThatIsNoneIsNamed) {
  auto database = HistoryDatabase::Open("/dev/null/history.db", Mode::kReadWrite);
  ASSERT_FALSE(database.ok());
  EXPECT_EQ(database.error().code, Errc::kDenied);
  EXPECT_NE(database.error().message.find("/dev/null/history.db"), std::string::npos);
}

TEST(HistoryDatabase, ADamagedFileIsSaidToBeDamaged) {
  TempFolder folder;
  {
    std::FILE* file = std::fopen((folder / "history.db").c_str(), "wb");
    for (int i = 0; i < 1000; ++i) std::fputs("no database at all ", file);
    std::fclose(file);
  }
  EXPECT_EQ(HistoryDatabase::Open(folder / "history.db", Mode::kReadWrite).error().code,
            Errc::kCorrupt);
}

TEST(HistoryDatabase, ACopyInMemoryLeavesTheFileAndItsFolderAlone) {
  TempFolder folder;
  std::string path = folder / "a #1%? name.db";
  {
    HistoryDatabase database = Open(path);
    Store(database, {Fact("1", 0, "g1", "AAA", "BBB", "AAA")});
  }
  auto written = std::filesystem::last_write_time(path);
  {
    auto copy = HistoryDatabase::CopyInMemory(path);
    ASSERT_TRUE(copy.ok()) << copy.error().message;
    EXPECT_EQ(copy->LoadTable()->size(), 1u);
    Store(*copy, {Fact("2", 0, "g1", "AAA", "BBB", "AAA")});
    EXPECT_EQ(copy->LoadTable()->size(), 2u);
  }
  EXPECT_EQ(std::filesystem::last_write_time(path), written);
  int files = 0;
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(folder.path())) {
    ++files;
  }
  EXPECT_EQ(files, 1);
  EXPECT_EQ(Open(path).LoadTable()->size(), 1u);

  auto fresh = HistoryDatabase::CopyInMemory(folder / "none.db");
  EXPECT_TRUE(fresh.ok());
  EXPECT_FALSE(std::filesystem::exists(folder / "none.db"));
}

TEST(HistoryDatabase, ReadersSeeTheStateBeforeAnImportUntilItIsCommitted) {
  TempFolder folder;
  HistoryDatabase writer = Open(folder / "history.db");
  Store(writer, {Fact("1", 0, "g1", "AAA", "BBB", "AAA")});
  HistoryDatabase reader = Open(folder / "history.db", Mode::kReadOnly);
  HistoryQuery query{.players = {PlayerId("1")}, .before = At(9)};
  auto update = HistoryUpdate::Begin(writer);
  ASSERT_TRUE((*update)->Put(Fact("1", 1, "g2", "AAA", "BBB", "AAA")).ok());
  EXPECT_EQ(reader.Query(query)->players[0].games.size(), 1u);
  ASSERT_TRUE((*update)->Commit({.path = "x", .kind = "player_games", .hash = "1"}).ok());
  EXPECT_EQ(reader.Query(query)->players[0].games.size(), 2u);
}

}  // namespace
}  // namespace tipoff
