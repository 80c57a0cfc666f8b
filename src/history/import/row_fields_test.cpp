#include "history/import/row_fields.h"

#include <gtest/gtest.h>

#include <vector>

namespace tipoff {
namespace {

using Fields = std::vector<std::string_view>;

const Fields kHeader{"GAME_ID", "GAME_DATE",   "PLAYER_ID", "PLAYER_NAME", "TEAM_ABBREVIATION",
                     "MATCHUP", "SEASON_TYPE", "MIN",       "PTS"};

class RowFieldsTest : public testing::Test {
 protected:
  RowFields Read(const Fields& row) {
    row_ = row;
    row_.resize(kHeader.size());
    return RowFields(format_, row_);
  }

  Format format_ = *Recognise(kHeader);
  Fields row_;
};

TEST_F(RowFieldsTest, TheFirstProblemIsKept) {
  RowFields fields = Read({"0022400061", "yesterday", "1", "Al Horford", "BOS", "BOS - NYK"});
  GameFact game;
  std::string team;
  fields.Date();
  fields.Teams(game, team);
  EXPECT_EQ(fields.problem(), "'yesterday' is not a date");
}

TEST_F(RowFieldsTest, NothingIsWrittenInManyWays) {
  RowFields fields = Read({" nan ", "", "0", "None"});
  EXPECT_EQ(fields.Text(Field::kGameId), "");
  EXPECT_TRUE(fields.Player().empty());
  EXPECT_EQ(fields.PlayerName(), "");
  EXPECT_EQ(fields.Text(Field::kComment), "");  // There is no such column.
}

TEST_F(RowFieldsTest, TheIdSaysThatAGameDoesNotCountWhateverItIsCalled) {
  RowFields fields = Read({"0062400001", "2024-12-17", "1", "x", "", "", "NBA Cup"});
  fields.Type(fields.Game());
  EXPECT_EQ(fields.left_out(), "Cup final, which does not count");
  RowFields group_game = Read({"0022400001", "2024-11-12", "1", "x", "", "", "NBA Cup"});
  EXPECT_EQ(group_game.Type(group_game.Game()), "Regular Season");
  EXPECT_EQ(group_game.left_out(), "");
  RowFields by_name = Read({"", "2024-10-06", "1", "x", "", "", "Preseason"});
  by_name.Type(by_name.Game());
  EXPECT_EQ(by_name.left_out(), "preseason game");
}

TEST_F(RowFieldsTest, SeasonsOfOldGamesAreKnownFromTheirIds) {
  RowFields fields = Read({});
  EXPECT_EQ(fields.Season(GameId("0029600001")), "1996-97");
  EXPECT_EQ(fields.Season(GameId("0021900001")), "2019-20");
  EXPECT_EQ(fields.Season(GameId("g1")), "");
}

TEST_F(RowFieldsTest, ATeamOnEitherSideOfTheMatchupIsFound) {
  // Some logs write the same matchup for both teams.
  RowFields fields = Read({"", "2024-10-22", "1", "Al Horford", "BOS", "NYK @ BOS"});
  GameFact game;
  std::string team;
  fields.Teams(game, team);
  EXPECT_EQ(fields.problem(), "");
  EXPECT_EQ(team, "BOS");
  EXPECT_EQ(game.home, "BOS");
  EXPECT_EQ(game.home_by, HomeBy::kItself);
  RowFields stranger = Read({"", "2024-10-22", "1", "Al Horford", "LAL", "NYK @ BOS"});
  stranger.Teams(game, team);
  EXPECT_EQ(stranger.problem(), "LAL is not in 'NYK @ BOS'");
}

}  // namespace
}  // namespace tipoff
