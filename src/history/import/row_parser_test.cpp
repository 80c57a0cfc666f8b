#include "history/import/row_parser.h"

#include <gtest/gtest.h>

#include <vector>

namespace tipoff {
namespace {

using Fields = std::vector<std::string_view>;

const Fields kOwn{"game_id",     "game_date", "season",   "season_type", "player_id",
                  "player_name", "team",      "opponent", "is_home",     "minutes",
                  "points",      "fgm",       "fga"};

ParsedRow Parse(const Fields& header, const Fields& row) {
  auto format = Recognise(header);
  EXPECT_TRUE(format.ok()) << format.error().message;
  return RowParser(*format).Parse(row);
}

template <class Fact>
Fact Expect(const ParsedRow& row) {
  if (const auto* rejected = std::get_if<RejectedRow>(&row)) ADD_FAILURE() << rejected->reason;
  const auto* fact = std::get_if<Fact>(&row);
  EXPECT_NE(fact, nullptr);
  return fact == nullptr ? Fact() : *fact;
}

std::string Reason(const ParsedRow& row) {
  const auto* rejected = std::get_if<RejectedRow>(&row);
  return rejected == nullptr ? "not rejected" : rejected->reason;
}

Fields Own(std::size_t field, std::string_view value) {
  Fields row{"0022400061", "2024-10-22", "2024-25", "Regular Season",
             "201143",     "Al Horford", "BOS",     "NYK",
             "1",          "26",         "11",      "4",
             "7"};
  row[field] = value;
  return row;
}

TEST(RowParser, OwnColumnsAreReadAsTheyAre) {
  auto fact = Expect<PlayerGameFact>(Parse(kOwn, Own(0, "0022400061")));
  EXPECT_EQ(fact.player, PlayerId("201143"));
  EXPECT_EQ(fact.name, "Al Horford");
  EXPECT_EQ(fact.game.game, GameId("0022400061"));
  EXPECT_EQ(FormatDay(fact.game.date), "2024-10-22");
  EXPECT_EQ(fact.game.season, "2024-25");
  EXPECT_EQ(fact.game.type, "Regular Season");
  EXPECT_EQ(fact.game.home, "BOS");
  EXPECT_EQ(fact.game.home_by, HomeBy::kItself);
  EXPECT_EQ(fact.seconds, 26 * 60);
  EXPECT_EQ(fact.record.points, 11);
  EXPECT_EQ(fact.record.fga, 7);
  EXPECT_EQ(fact.record.plus_minus, kAbsent);
}

TEST(RowParser, OwnColumnsTakeTeamsOfAnyLeague) {
  Fields row = Own(6, "QXZ");
  row[0] = "30250101";  // Not the NBA's shortened id: its teams are others.
  auto fact = Expect<PlayerGameFact>(Parse(kOwn, row));
  EXPECT_EQ(fact.team, "QXZ");
  EXPECT_EQ(fact.game.game, GameId("30250101"));
}

TEST(RowParser, LeadingZerosThatASpreadsheetTookComeBack) {
  EXPECT_EQ(Expect<PlayerGameFact>(Parse(kOwn, Own(0, "22400061"))).game.game,
            GameId("0022400061"));
  EXPECT_EQ(Expect<PlayerGameFact>(Parse(kOwn, Own(0, "22400061.0"))).game.game,
            GameId("0022400061"));
  EXPECT_EQ(Expect<PlayerGameFact>(Parse(kOwn, Own(4, "201143.0"))).player, PlayerId("201143"));
}

TEST(RowParser, F07_OneAbsurdValueRejectsTheRowAndNamesIt) {
  EXPECT_EQ(Reason(Parse(kOwn, Own(9, "400"))), "minutes '400' are out of range: 0 to 80");
  EXPECT_EQ(Reason(Parse(kOwn, Own(9, ""))), "minutes are missing");
  EXPECT_EQ(Reason(Parse(kOwn, Own(10, "-3"))), "points: '-3' is out of range: 0 to 150");
  EXPECT_EQ(Reason(Parse(kOwn, Own(10, "nan"))), "points are missing");
  EXPECT_EQ(Reason(Parse(kOwn, Own(1, "2924-10-22"))), "the date '2924-10-22' is absurd");
  EXPECT_EQ(Reason(Parse(kOwn, Own(5, std::string_view("A\0B", 3)))),
            "field 6 is not UTF-8 text: 'A?B'");
  EXPECT_EQ(Reason(Parse(kOwn, Own(5, "Don\xff"))), "field 6 is not UTF-8 text: 'Don?'");
  EXPECT_EQ(Reason(Parse(kOwn, Own(5, "Al\nHorford"))), "field 6 holds line breaks");
  EXPECT_EQ(Reason(Parse(kOwn, Own(11, "9"))), "more shots made than attempted");
  EXPECT_EQ(Reason(Parse(kOwn, Own(7, "BOS"))), "BOS can't play against itself");
  EXPECT_EQ(Reason(Parse(kOwn, Own(8, "perhaps"))), "'perhaps' is neither home nor away");
  EXPECT_EQ(Reason(Parse(kOwn, {"1", "2"})), "2 fields instead of 13");
  std::string huge(4u << 20, 'x');
  EXPECT_EQ(Reason(Parse(kOwn, Own(5, huge))), "field 6 is 4194304 bytes long");
  Fields nobody = Own(4, "");
  nobody[5] = "";
  EXPECT_EQ(Reason(Parse(kOwn, nobody)), "the player is missing");
}

TEST(RowParser, F07_NamesWithMarksAreNames) {
  for (const char* name : {"Karl-Anthony Towns", "De'Aaron Fox", "P.J. Tucker", "Luka Dončić"}) {
    EXPECT_EQ(Expect<PlayerGameFact>(Parse(kOwn, Own(5, name))).name, name);
  }
}

const Fields kLog{"SEASON_ID", "Player_ID", "Game_ID", "GAME_DATE",
                  "MATCHUP",   "MIN",       "PTS",     "PLAYER_NAME"};

TEST(RowParser, TheMatchupTellsTeamOpponentAndHome) {
  auto home = Expect<PlayerGameFact>(Parse(
      kLog, {"22024", "1", "0022400061", "Oct 22, 2024", "BOS vs. NYK", "26", "11", "Al Horford"}));
  EXPECT_EQ(home.team, "BOS");
  EXPECT_EQ(home.game.away, "NYK");
  EXPECT_EQ(home.game.home_by, HomeBy::kItself);
  EXPECT_EQ(home.game.season, "2024-25");
  EXPECT_EQ(home.game.type, "Regular Season");
  auto away = Expect<PlayerGameFact>(Parse(
      kLog, {"42024", "1", "0042400161", "Apr 19, 2025", "BOS @ NYK", "26", "11", "Al Horford"}));
  EXPECT_EQ(away.team, "BOS");
  EXPECT_EQ(away.game.home, "NYK");
  EXPECT_EQ(away.game.home_by, HomeBy::kOtherTeam);
  EXPECT_EQ(away.game.type, "Playoffs");
}

TEST(RowParser, GamesThatDoNotCountAreLeftOutAndNotRejected) {
  for (const char* id : {"0012400001", "0032400001", "0062400001"}) {
    ParsedRow row =
        Parse(kLog, {"22024", "1", id, "Oct 12, 2024", "BOS vs. NYK", "26", "11", "Al Horford"});
    EXPECT_TRUE(std::holds_alternative<IgnoredRow>(row)) << id << Reason(row);
  }
}

TEST(RowParser, TheIdsOfAnotherLeagueAreRefused) {
  EXPECT_NE(Reason(Parse(kLog, {"22024", "1", "1022400001", "Oct 12, 2024", "MIN vs. NYK", "26",
                                "11", "Someone"}))
                .find("another league"),
            std::string::npos);
}

const Fields kKaggle{"firstName",        "lastName",       "personId",       "gameId",
                     "gameDateTimeEst",  "playerteamCity", "playerteamName", "opponentteamCity",
                     "opponentteamName", "gameType",       "home",           "numMinutes",
                     "points",           "reboundsTotal",  "comment"};

TEST(RowParser, KagglesRowsHaveCitiesAndMinutesWithSeconds) {
  auto fact = Expect<PlayerGameFact>(Parse(
      kKaggle, {"Al", "Horford", "201143", "22400061", "2024-10-22 19:30:00", "Boston", "Celtics",
                "New York", "Knicks", "Regular Season", "1", "26.05", "11", "3", ""}));
  EXPECT_EQ(fact.name, "Al Horford");
  EXPECT_EQ(fact.team, "BOS");
  EXPECT_EQ(fact.game.away, "NYK");
  EXPECT_EQ(fact.seconds, 26 * 60 + 5);
  EXPECT_EQ(fact.game.season, "2024-25");
}

TEST(RowParser, WhoDidNotPlayHasNoGameOfZeroPoints) {
  auto row = [&](std::string_view minutes, std::string_view points, std::string_view rebounds,
                 std::string_view comment) {
    return Parse(kKaggle,
                 {"Al", "Horford", "201143", "22400061", "2024-10-22", "Boston", "Celtics",
                  "New York", "Knicks", "Regular Season", "1", minutes, points, rebounds, comment});
  };
  EXPECT_TRUE(std::holds_alternative<IgnoredRow>(row("", "", "", "")));
  EXPECT_TRUE(std::holds_alternative<IgnoredRow>(row("0.0", "0", "0", "")));
  EXPECT_TRUE(std::holds_alternative<IgnoredRow>(row("", "0", "0", "DNP - Coach's Decision")));
  EXPECT_EQ(Reason(row("", "4", "0", "")), "minutes are missing");
  // The league's own log rounds half a minute to 0: there the player has played.
  EXPECT_EQ(Expect<PlayerGameFact>(Parse(kOwn, Own(9, "0"))).seconds, 0);
}

const Fields kEspn{"game_id",
                   "season",
                   "season_type",
                   "game_date",
                   "game_date_time",
                   "athlete_id",
                   "athlete_display_name",
                   "team_name",
                   "team_location",
                   "minutes",
                   "points",
                   "did_not_play",
                   "reason",
                   "team_display_name",
                   "team_abbreviation",
                   "home_away",
                   "opponent_team_display_name",
                   "opponent_team_abbreviation"};

TEST(RowParser, EspnsNumbersAreNotTheLeagues) {
  auto fact = Expect<PlayerGameFact>(
      Parse(kEspn, {"401704627", "2025", "2", "2024-10-23", "2024-10-23T02:00:00Z", "3975",
                    "Stephen Curry", "Warriors", "Golden State", "36", "27", "FALSE", "",
                    "Golden State Warriors", "GS", "away", "Portland Trail Blazers", "POR"}));
  EXPECT_TRUE(fact.player.empty());
  EXPECT_TRUE(fact.game.game.empty());
  EXPECT_EQ(fact.team, "GSW");
  EXPECT_EQ(fact.game.home, "POR");
  EXPECT_EQ(FormatDay(fact.game.date), "2024-10-22");
  EXPECT_EQ(fact.game.season, "2024-25");
}

TEST(RowParser, TheWnbasTeamsShareCodesButNotNames) {
  ParsedRow row =
      Parse(kEspn, {"401726992", "2024", "2", "2024-10-20", "2024-10-21T00:00:00Z", "3917450",
                    "Napheesa Collier", "Lynx", "Minnesota", "44", "22", "FALSE", "",
                    "Minnesota Lynx", "MIN", "away", "New York Liberty", "NY"});
  ASSERT_TRUE(std::holds_alternative<RejectedRow>(row));
  EXPECT_EQ(std::get<RejectedRow>(row).foreign_team, "Minnesota Lynx");
}

TEST(RowParser, ATeamsRowIsAResultWithBothScores) {
  const Fields header{"TEAM_ABBREVIATION", "TEAM_NAME", "GAME_ID", "GAME_DATE",
                      "MATCHUP",           "MIN",       "PTS",     "PLUS_MINUS"};
  auto game = Expect<GameFact>(Parse(header, {"CHI", "Chicago Bulls", "0022401191", "2025-04-13",
                                              "CHI @ PHI", "240", "122", "20.0"}));
  EXPECT_EQ(game.home, "PHI");
  EXPECT_EQ(game.away_score, 122);
  EXPECT_EQ(game.home_score, 102);
  EXPECT_TRUE(game.scheduled);
}

TEST(RowParser, ALineKeepsItsStatAndItsExactValue) {
  const Fields header{"player", "game", "game_time", "market", "line", "bookmaker", "over_odds"};
  auto row = [&](std::string_view line) {
    return Parse(header, {"Al Horford", "New York Knicks @ Boston Celtics", "2024-10-23T00:10:00Z",
                          "player_points", line, "draftkings", "-160"});
  };
  auto fact = Expect<LineFact>(row("24.5"));
  EXPECT_EQ(fact.stat, "points");
  EXPECT_EQ(fact.line.milli(), 24500);
  EXPECT_EQ(fact.over_odds, -160);
  EXPECT_EQ(fact.game.home, "BOS");
  EXPECT_EQ(FormatDay(fact.game.date), "2024-10-22");
  EXPECT_EQ(Expect<LineFact>(row("20.0")).line.milli(), 20000);  // A real one, as it is given.
  EXPECT_EQ(Reason(row("")), "the line is missing");
  EXPECT_EQ(Reason(row("-1")), "'-1' is not a line such as 24.5");
}

TEST(RowParser, InjuryListsNamePlayersSurnameFirst) {
  const Fields header{"date", "game_time", "matchup", "team", "player", "status", "reason"};
  auto fact = Expect<InjuryFact>(Parse(header, {"01/04/2024", "10:00 (ET)", "DEN@GSW", "GSW",
                                                "Payton II, Gary", "Out", "Left Hamstring"}));
  EXPECT_EQ(fact.name, "Gary Payton II");
  EXPECT_EQ(fact.status, "OUT");
  EXPECT_EQ(FormatDay(fact.date), "2024-01-04");
  EXPECT_EQ(Reason(Parse(header, {"01/04/2024", "", "DEN@GSW", "GSW", "Payton II, Gary", "", ""})),
            "the status is missing");
}

TEST(RowParser, PositionsAreKeptByPlayerAndSeason) {
  const Fields header{"season", "player_id", "player_name", "position"};
  auto fact = Expect<PositionFact>(Parse(header, {"2024-25", "201959", "Taj Gibson", "F-C"}));
  EXPECT_EQ(fact.position, "F-C");
  EXPECT_EQ(fact.position_group, "F");
  fact = Expect<PositionFact>(Parse(header, {"2024-25", "201959", "Taj Gibson", "\xc3\xa9-C"}));
  EXPECT_EQ(fact.position_group, "\xc3\xa9");
}

}  // namespace
}  // namespace tipoff
