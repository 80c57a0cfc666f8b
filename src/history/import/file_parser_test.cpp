#include "history/import/file_parser.h"

#include <gtest/gtest.h>

#include "base/random.h"
#include "history/names.h"

namespace tipoff {
namespace {

constexpr std::string_view kGames =
    "game_id,game_date,season,season_type,player_id,player_name,team,opponent,is_home,minutes,"
    "points\n"
    "0022400061,2024-10-22,2024-25,Regular Season,201143,Al Horford,BOS,NYK,1,26,11\n"
    "0022400061,2024-10-22,2024-25,Regular Season,1628973,Jalen Brunson,NYK,BOS,0,24,22\n";

constexpr std::string_view kWnba =
    "game_id,game_date,athlete_id,athlete_display_name,team_display_name,minutes,points,"
    "did_not_play,home_away,opponent_team_display_name\n"
    "401726992,2024-10-20,3917450,Napheesa Collier,Minnesota Lynx,44,22,FALSE,away,"
    "New York Liberty\n"
    "401726992,2024-10-20,1,Somebody Else,New York Liberty,,,TRUE,home,Minnesota Lynx\n";

TEST(FileParser, AWholeFileIsReadIntoFacts) {
  auto file = ParseFile(kGames);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->kind, ImportKind::kPlayerGames);
  ASSERT_EQ(file->rows.size(), 2u);
  EXPECT_EQ(file->rows[1].line, 3);
  EXPECT_EQ(std::get<PlayerGameFact>(file->rows[1].row).name, "Jalen Brunson");
}

TEST(FileParser, AHeaderWithoutRowsIsAFileWithoutRows) {
  auto file = ParseFile(kGames.substr(0, kGames.find('\n')));
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(file->rows.empty());
}

TEST(FileParser, AnotherLeaguesFileIsRefusedAsAWhole) {
  auto file = ParseFile(kWnba);
  ASSERT_FALSE(file.ok());
  EXPECT_EQ(file.error().code, Errc::kInvalid);
  EXPECT_NE(file.error().message.find("'Minnesota Lynx', 'New York Liberty'"), std::string::npos);
  EXPECT_NE(file.error().message.find("WNBA"), std::string::npos);
}

TEST(FileParser, OneForeignTeamAmongOthersIsARejectedRow) {
  std::string text(kWnba);
  text +=
      "401704627,2024-10-22,3975,Stephen Curry,Golden State Warriors,36,27,FALSE,away,"
      "Portland Trail Blazers\n";
  auto file = ParseFile(text);
  ASSERT_TRUE(file.ok());
  EXPECT_TRUE(std::holds_alternative<RejectedRow>(file->rows[0].row));
  EXPECT_TRUE(std::holds_alternative<PlayerGameFact>(file->rows[2].row));
}

// A few thousand damaged files: every one ends in facts or in an error, and no reason that is
// given holds what can't be printed.
TEST(FileParser, F07_DamagedBytesNeverDoMoreThanRejectRows) {
  SeededRandom random(3);
  std::size_t facts = 0, rejects = 0, errors = 0;
  for (int round = 0; round < 3000; ++round) {
    std::string text(round % 2 == 0 ? kGames : kWnba);
    for (std::uint64_t damage = random.Next() % 4 + 1; damage > 0; --damage) {
      std::size_t at = random.Next() % text.size();
      switch (random.Next() % 4) {
        case 0: text[at] = static_cast<char>(random.Next()); break;
        case 1: text.erase(at, random.Next() % 9); break;
        case 2:
          text.insert(at, text.substr(random.Next() % text.size(), random.Next() % 99));
          break;
        default: text.insert(at, 1, "\0\",\n\r\xff-9"[random.Next() % 8]); break;
      }
    }
    auto file = ParseFile(text);
    if (!file.ok()) {
      ++errors;
      continue;
    }
    for (const ParsedFile::Row& row : file->rows) {
      const auto* rejected = std::get_if<RejectedRow>(&row.row);
      facts += rejected == nullptr ? 1 : 0;
      rejects += rejected == nullptr ? 0 : 1;
      if (rejected != nullptr) {
        EXPECT_TRUE(IsCleanText(rejected->reason)) << round;
        EXPECT_LT(rejected->reason.size(), 400u);
      }
    }
  }
  EXPECT_GT(facts, 100u);
  EXPECT_GT(rejects, 100u);
  EXPECT_GT(errors, 100u);
}

}  // namespace
}  // namespace tipoff
