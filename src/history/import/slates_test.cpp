#include <gtest/gtest.h>

#include <filesystem>

#include "history/import/importer.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

const Day kDay = *ParseDay("2024-10-22");
const Instant kNow = Instant::FromMicros(1'700'000'000'000'000);

class SlatesTest : public testing::Test {
 protected:
  SlatesTest() {
    auto opened = HistoryDatabase::Open(folder_ / "history.db", HistoryDatabase::Mode::kReadWrite);
    EXPECT_TRUE(opened.ok());
    database_.emplace(std::move(*opened));
  }

  void Schedule(const std::string& id, Day date) {
    auto update = HistoryUpdate::Begin(*database_);
    GameFact game{.game = GameId(id),
                  .date = date,
                  .season = "2024-25",
                  .home = "BOS",
                  .away = "NYK",
                  .home_by = HomeBy::kScheduled,
                  .scheduled = true};
    ASSERT_TRUE((*update)->Put(game).ok());
    ASSERT_TRUE((*update)->Commit({.path = "s.csv", .kind = "schedule", .hash = id}).ok());
  }

  SlatesReport Rebuild(bool all = false) {
    built_.clear();
    auto report = RebuildSlates(
        *database_, kNow,
        [&](std::vector<Slate> slates) {
          for (Slate& slate : slates) built_[slate.game_date] = std::move(slate);
          return Ok();
        },
        all);
    EXPECT_TRUE(report.ok());
    return *report;
  }

  TempFolder folder_;
  std::optional<HistoryDatabase> database_;
  std::map<Day, Slate> built_;
};

TEST_F(SlatesTest, WithoutAChangeNothingIsBuiltUnlessAskedFor) {
  EXPECT_EQ(Rebuild().from, std::nullopt);
  Schedule("0022400061", kDay);
  EXPECT_EQ(Rebuild().dates, 1);
  EXPECT_EQ(built_[kDay].as_of, kNow);
  EXPECT_EQ(Rebuild().dates, 0);
  EXPECT_EQ(Rebuild(true).dates, 1);
}

TEST_F(SlatesTest, OnlyDatesFromTheChangeOnAreBuilt) {
  Schedule("0022400061", kDay);
  Schedule("0022400071", kDay + 2);
  Rebuild();
  Schedule("0022400081", kDay + 1);
  SlatesReport report = Rebuild();
  EXPECT_EQ(report.from, kDay + 1);
  EXPECT_EQ(report.dates, 2);
  EXPECT_FALSE(built_.contains(kDay));
}

TEST_F(SlatesTest, ADateThatHasLostItsGamesGetsAnEmptySlate) {
  Schedule("0022400061", kDay);
  Rebuild();
  Schedule("0022400061", kDay + 5);
  EXPECT_EQ(Rebuild().dates, 2);
  EXPECT_TRUE(built_.at(kDay).games.empty());
  EXPECT_EQ(built_.at(kDay + 5).games.size(), 1u);
}

TEST_F(SlatesTest, AnErrorLeavesThemDue) {
  Schedule("0022400061", kDay);
  auto failed = RebuildSlates(*database_, kNow, [](std::vector<Slate>) -> Status {
    return Error{Errc::kExhausted, "disk full"};
  });
  EXPECT_EQ(failed.error().code, Errc::kExhausted);
  EXPECT_EQ(Rebuild().dates, 1);
}

TEST_F(SlatesTest, AnImportThatComesInBetweenIsBuiltToo) {
  Schedule("0022400061", kDay);
  bool between = false;
  auto report = RebuildSlates(*database_, kNow, [&](std::vector<Slate> slates) {
    for (Slate& slate : slates) built_[slate.game_date] = std::move(slate);
    if (!std::exchange(between, true)) Schedule("0022400071", kDay + 2);
    return Ok();
  });
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(built_.contains(kDay + 2));
  EXPECT_EQ(Rebuild().from, std::nullopt) << "none is left due";
}

TEST(SlatesOfFourSeasons, F44_AreTheSameWithoutTheFuture) {
  const std::string nba = TIPOFF_SOURCE_DIR "/../shared/data/nba";
  if (!std::filesystem::exists(nba + "/player_games.csv.gz")) {
    GTEST_SKIP() << "no shared data beside the project";
  }
  TempFolder folder;
  std::map<Day, Slate> all;
  ImportOptions options{.data = folder.path(), .now = kNow};
  options.put_slates = [&](std::vector<Slate> slates) {
    for (Slate& slate : slates) all[slate.game_date] = std::move(slate);
    return Ok();
  };
  ImportReport report =
      ImportFiles({nba + "/player_games.csv.gz", nba + "/schedule.csv.gz"}, options);
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(all.size(), 833u);
  auto database =
      HistoryDatabase::Open(HistoryPath(folder.path()), HistoryDatabase::Mode::kReadOnly);
  ASSERT_TRUE(database.ok());
  SlateView view = database->LoadSlateView().value();
  for (const char* text : {"2024-03-15", "2023-10-26", "2022-01-05"}) {
    Day day = *ParseDay(text);
    SlateView past = view;
    std::erase_if(past.appearances, [&](const auto& row) { return row.date >= day; });
    std::erase_if(past.games, [&](const auto& game) { return game.date > day; });
    std::map<Day, Slate> built;
    ASSERT_TRUE(BuildSlates(past, day, kNow, [&](std::vector<Slate> slates) {
                  for (Slate& slate : slates) built[slate.game_date] = std::move(slate);
                  return Ok();
                }).ok());
    EXPECT_TRUE(built[day] == all[day]) << text;
    EXPECT_GT(all[day].players.size(), 50u);
    EXPECT_EQ(all[day].recent_games, all[day].recent_games_with_rows);
  }
}

}  // namespace
}  // namespace tipoff
