#include "app/engines.h"

#include <gtest/gtest.h>

#include <fstream>

#include "support/temp_folder.h"

namespace tipoff {
namespace {

constexpr Instant kImportedAt = Instant::FromMicros(1'700'000'000'000'000);
const Day kDay = *ParseDay("2025-01-15");

TEST(Engines, SlatesOfAnImportThatWasCutOffAreBuilt) {
  TempFolder folder;
  std::ofstream(folder / "schedule.csv")
      << "game_id,game_date,season,season_type,home_team,away_team,home_score,away_score,"
         "neutral_site\n0022400561,2025-01-15,2024-25,Regular Season,PHI,NYK,,,0\n";
  ImportOptions cut_off{.data = folder / "data", .now = kImportedAt};  // Nowhere to put the slates.
  ASSERT_TRUE(ImportFiles({folder / "schedule.csv"}, cut_off).ok());

  auto engines = Engines::Open({.data = folder / "data"}, Access::kReadWrite);
  ASSERT_TRUE(engines.ok()) << engines.error().message;
  auto games = [&] {
    auto slate = (*engines)->Wait<Slate>(
        [&](auto done) { (*engines)->store().GetSlate(kDay, std::move(done)); });
    return slate.ok() ? slate->games.size() : 0;
  };
  EXPECT_EQ(games(), 0u);
  ASSERT_TRUE(BuildDueSlates(folder / "data", **engines, kImportedAt).ok());
  EXPECT_EQ(games(), 1u);
}

TEST(Engines, HistoryThatCannotBeReadIsNotTakenForNone) {
  TempFolder folder;
  EXPECT_FALSE(HasHistory(folder.path()));
  std::ofstream(folder / "history.db") << std::string(8192, 'x');
  EXPECT_TRUE(HasHistory(folder.path()));
  auto table = LoadHistoryTable({.data = folder.path()});
  ASSERT_FALSE(table.ok());
  EXPECT_EQ(table.error().code, Errc::kCorrupt);
  EXPECT_NE(table.error().message.find("history.db"), std::string::npos) << table.error().message;
}

}  // namespace
}  // namespace tipoff
