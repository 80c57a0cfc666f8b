#include "history/import/format.h"

#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

namespace tipoff {
namespace {

Result<Format> RecogniseText(const std::string& header) {
  std::vector<std::string> names;
  std::istringstream stream(header);
  for (std::string name; std::getline(stream, name, ',');) names.push_back(name);
  std::vector<std::string_view> views(names.begin(), names.end());
  return Recognise(views);
}

ImportKind KindOf(const std::string& header) {
  auto format = RecogniseText(header);
  EXPECT_TRUE(format.ok()) << format.error().message;
  return format.ok() ? format->kind : ImportKind::kPositions;
}

TEST(Format, KindsAreKnownByTheirColumns) {
  EXPECT_EQ(KindOf("game_id,game_date,season,season_type,player_id,player_name,team,opponent,"
                   "is_home,minutes,points"),
            ImportKind::kPlayerGames);
  EXPECT_EQ(KindOf("firstName,gameDate,playerteamName,opponentteamName,win,home,MP,PTS"),
            ImportKind::kPlayerGames);
  EXPECT_EQ(KindOf("SEASON_ID,TEAM_ABBREVIATION,GAME_ID,GAME_DATE,MATCHUP,WL,MIN,PTS"),
            ImportKind::kTeamGames);
  EXPECT_EQ(KindOf("game_id,game_date,season,season_type,home_team,away_team,home_score,"
                   "away_score,neutral_site"),
            ImportKind::kSchedule);
  EXPECT_EQ(KindOf("player,game,game_time,market,line,bookmaker,over_odds,under_odds"),
            ImportKind::kLines);
  EXPECT_EQ(KindOf("date,game_time,matchup,team,player,status,reason"), ImportKind::kInjuries);
  EXPECT_EQ(KindOf("season,player_id,player_name,position,position_group"), ImportKind::kPositions);
}

TEST(Format, DialectsAreKnownByTheirColumns) {
  auto kaggle = RecogniseText(
      "firstName,lastName,personId,gameDateTimeEst,playerteamName,"
      "opponentteamName,home,numMinutes,points");
  ASSERT_TRUE(kaggle.ok());
  EXPECT_TRUE(kaggle->dot_is_colon);
  EXPECT_FALSE(kaggle->own);
  auto own = RecogniseText("game_id,game_date,player_id,team,opponent,is_home,minutes,points");
  ASSERT_TRUE(own.ok());
  EXPECT_TRUE(own->own);
  EXPECT_FALSE(own->dot_is_colon);
  auto espn = RecogniseText(
      "game_id,game_date,athlete_id,athlete_display_name,team_name,"
      "opponent_team_name,minutes,points");
  ASSERT_TRUE(espn.ok());
  EXPECT_TRUE(espn->espn);
}

TEST(Format, OfTwoColumnsForOneFieldTheUsualOneIsTaken) {
  auto format = RecogniseText("player,date,matchup,minutes,pts,player_id,game_date");
  ASSERT_TRUE(format.ok());
  EXPECT_EQ(format->column[static_cast<std::size_t>(Field::kDate)], 6);
}

TEST(Format, WhatIsMissingIsNamed) {
  auto message = [](const std::string& header) { return RecogniseText(header).error().message; };
  EXPECT_NE(message("player_id,game_date,matchup,min,reb").find("points"), std::string::npos);
  EXPECT_NE(message("player_id,matchup,min,pts").find("date"), std::string::npos);
  EXPECT_NE(message("player_id,game_date,min,pts,team").find("teams"), std::string::npos);
  EXPECT_NE(message("player_id,game_date,matchup,pts").find("minutes"), std::string::npos);
  EXPECT_NE(message("player,date,market,line,game").find("bookmaker"), std::string::npos);
}

TEST(Format, AFileOfAnotherWorldIsToldWhatTipoffReads) {
  auto format = RecogniseText("id,price,quantity");
  ASSERT_FALSE(format.ok());
  EXPECT_NE(format.error().message.find("'price'"), std::string::npos);
  EXPECT_NE(format.error().message.find("nba_api"), std::string::npos);
  EXPECT_NE(RecogniseText("a;b;c").error().message.find("semicolons"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
