#include "history/game_book.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

const Day kDay = *ParseDay("2025-01-23");

// A player's row of `team`, which says whether it is at home.
GameFact Row(const std::string& id, const std::string& team, const std::string& opponent,
             bool at_home) {
  return {.game = GameId(id),
          .date = kDay,
          .home = at_home ? team : opponent,
          .away = at_home ? opponent : team,
          .home_by = at_home ? HomeBy::kItself : HomeBy::kOtherTeam};
}

GameFact Scheduled(const std::string& id, const std::string& home, const std::string& away) {
  return {.game = GameId(id),
          .date = kDay,
          .season = "2024-25",
          .type = "Regular Season",
          .home = home,
          .away = away,
          .home_by = HomeBy::kScheduled,
          .home_score = 110,
          .away_score = 140,
          .scheduled = true};
}

class GameBookTest : public testing::Test {
 protected:
  const KnownGame& Resolve(const GameFact& fact) {
    const KnownGame* game = book_.Resolve(fact, &problem_);
    EXPECT_NE(game, nullptr) << problem_;
    return *game;
  }

  GameBook book_;
  std::string problem_;
};

TEST_F(GameBookTest, AGameWithoutAnIdIsNamedByItsDateAndTeams) {
  EXPECT_EQ(Resolve(Row("", "BOS", "NYK", true)).fact.game, GameId("20250123_NYK_BOS"));
  EXPECT_EQ(Resolve(Row("", "NYK", "BOS", false)).fact.game, GameId("20250123_NYK_BOS"));
  EXPECT_EQ(book_.games().size(), 1u);
}

TEST_F(GameBookTest, AGameWithoutAnIdIsTheKnownOneOfThatDateAndThoseTeams) {
  Resolve(Scheduled("0022400621", "IND", "SAS"));
  EXPECT_EQ(Resolve(Row("", "SAS", "IND", false)).fact.game, GameId("0022400621"));
  EXPECT_TRUE(book_.TakeMoves().empty());
}

TEST_F(GameBookTest, TheLeaguesIdReplacesAMadeOne) {
  Resolve(Row("", "BOS", "NYK", true));
  EXPECT_EQ(Resolve(Row("0022400061", "NYK", "BOS", false)).fact.game, GameId("0022400061"));
  auto moves = book_.TakeMoves();
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].from, GameId("20250123_NYK_BOS"));
  EXPECT_EQ(moves[0].to, GameId("0022400061"));
  // And the other way round nothing is lost.
  EXPECT_EQ(Resolve(Row("20250123_NYK_BOS", "NYK", "BOS", false)).fact.game, GameId("0022400061"));
}

TEST_F(GameBookTest, TwoTeamsThatAreBothAwayMeetOnNeutralGround) {
  Resolve(Row("0022400621", "IND", "SAS", false));
  const KnownGame& game = Resolve(Row("0022400621", "SAS", "IND", false));
  EXPECT_FALSE(game.IsHome("SAS"));
  EXPECT_FALSE(game.IsHome("IND"));
  EXPECT_EQ(game.fact.neutral_site, true);
  // It stays so, however often it is said.
  EXPECT_FALSE(Resolve(Row("0022400621", "IND", "SAS", false)).IsHome("SAS"));
}

TEST_F(GameBookTest, TheScheduleSaysWhoIsAtHomeOnNeutralGround) {
  Resolve(Row("0022400621", "IND", "SAS", false));
  Resolve(Row("0022400621", "SAS", "IND", false));
  const KnownGame& game = Resolve(Scheduled("0022400621", "IND", "SAS"));
  EXPECT_TRUE(game.IsHome("IND"));
  EXPECT_TRUE(game.realign);
  // Rows that come later do not overturn it.
  EXPECT_TRUE(Resolve(Row("0022400621", "SAS", "IND", false)).IsHome("IND"));
  EXPECT_TRUE(Resolve(Row("0022400621", "IND", "SAS", false)).IsHome("IND"));
}

TEST_F(GameBookTest, BothTeamsCannotBeAtHome) {
  Resolve(Row("g1", "BOS", "NYK", true));
  EXPECT_EQ(book_.Resolve(Row("g1", "NYK", "BOS", true), &problem_), nullptr);
  EXPECT_NE(problem_.find("at home"), std::string::npos);
}

TEST_F(GameBookTest, ARowOfOtherTeamsIsRefused) {
  Resolve(Scheduled("0022400061", "BOS", "NYK"));
  EXPECT_EQ(book_.Resolve(Row("0022400061", "LAL", "NYK", true), &problem_), nullptr);
  EXPECT_EQ(problem_, "game 0022400061 is NYK at BOS, not NYK and LAL");
}

TEST_F(GameBookTest, APostponedGameMovesButAPlayedOneDoesNot) {
  GameFact planned = Scheduled("0022400061", "BOS", "NYK");
  planned.home_score = planned.away_score = std::nullopt;
  GameBook book;
  planned.season = "2024-25";
  book.Load(planned);
  GameFact row = Row("0022400061", "BOS", "NYK", true);
  row.date = kDay + 30;
  ASSERT_NE(book.Resolve(row, &problem_), nullptr) << problem_;
  auto moves = book.TakeMoves();
  ASSERT_EQ(moves.size(), 1u);
  EXPECT_EQ(moves[0].to_date, kDay + 30);
  // Within one file a game has one date.
  row.date = kDay + 31;
  EXPECT_EQ(book.Resolve(row, &problem_), nullptr);

  GameBook finished;
  finished.Load(Scheduled("0022400061", "BOS", "NYK"));
  EXPECT_EQ(finished.Resolve(row, &problem_), nullptr);
  EXPECT_NE(problem_.find("2025-01-23"), std::string::npos);
}

TEST_F(GameBookTest, ThePlayoffsAreKnownFromTheFileThatTellsThem) {
  EXPECT_FALSE(Resolve(Row("", "BOS", "NYK", true)).playoffs());
  GameFact told = Row("0042400201", "BOS", "NYK", true);
  told.type = "Playoffs";
  const KnownGame& game = Resolve(told);
  EXPECT_TRUE(game.playoffs());
  EXPECT_TRUE(game.realign);
}

TEST_F(GameBookTest, NewsOfTheScheduleAreNewThenSameThenChanged) {
  Resolve(Row("0022400621", "IND", "SAS", true));  // Known from rows only.
  Resolve(Scheduled("0022400621", "IND", "SAS"));
  EXPECT_EQ(book_.last_news(), GameNews::kNew);
  Resolve(Scheduled("0022400621", "IND", "SAS"));
  EXPECT_EQ(book_.last_news(), GameNews::kSame);
  GameFact corrected = Scheduled("0022400621", "IND", "SAS");
  corrected.home_score = 111;
  Resolve(corrected);
  EXPECT_EQ(book_.last_news(), GameNews::kChanged);
}

TEST(Seasons, BeginInAutumnButForTheOneThatEndedInOctober) {
  EXPECT_EQ(SeasonOf(*ParseDay("2024-10-22")), "2024-25");
  EXPECT_EQ(SeasonOf(*ParseDay("2025-06-22")), "2024-25");
  EXPECT_EQ(SeasonOf(*ParseDay("2020-10-11")), "2019-20");
  EXPECT_EQ(SeasonOf(*ParseDay("2020-12-22")), "2020-21");
  EXPECT_EQ(SeasonOf(*ParseDay("1999-11-02")), "1999-00");
}

}  // namespace
}  // namespace tipoff
