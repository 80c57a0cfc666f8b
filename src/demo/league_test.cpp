#include "demo/league.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "base/hash.h"
#include "core/line.h"
#include "support/box_scores.h"

namespace tipoff {
namespace {

const DemoLeague& League() {
  static const DemoLeague league = MakeDemoLeague({.seed = 1});
  return league;
}

const std::vector<PlayerGame>& Rows() {
  static const std::vector<PlayerGame> rows = ParseBoxScores(League().player_games).value();
  return rows;
}

std::vector<std::vector<std::string>> Cells(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  for (std::size_t begin = csv.find('\n') + 1; begin < csv.size();) {
    std::size_t end = csv.find('\n', begin);
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (char c : csv.substr(begin, end - begin)) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        cells.emplace_back();
      } else {
        cells.back() += c;
      }
    }
    rows.push_back(std::move(cells));
    begin = end + 1;
  }
  return rows;
}

template <class Values>
double Mean(const Values& values) {
  double sum = 0;
  for (double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double Deviation(const std::vector<double>& values) {
  double mean = Mean(values), squares = 0;
  for (double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / static_cast<double>(values.size()));
}

// Of one game's team: points, minutes.
struct TeamGame {
  int points = 0;
  double minutes = 0;
};
std::map<std::pair<std::string, std::string>, TeamGame> TeamGames() {
  std::map<std::pair<std::string, std::string>, TeamGame> games;
  for (const PlayerGame& row : Rows()) {
    TeamGame& game = games[{row.game.game.str(), row.game.team}];
    game.points += row.game.points;
    game.minutes += row.game.minutes;
  }
  return games;
}

TEST(DemoLeague, TheSameSeedGivesTheSameBytes) {
  DemoLeague again = MakeDemoLeague({.seed = 1});
  EXPECT_EQ(again.player_games, League().player_games);
  EXPECT_EQ(again.schedule, League().schedule);
  EXPECT_EQ(again.lines, League().lines);
  EXPECT_EQ(again.injuries, League().injuries);
  EXPECT_NE(MakeDemoLeague({.seed = 2}).player_games, League().player_games);
}

TEST(DemoLeague, TheBytesAreThoseOfEveryCompiler) {
  // Changes with the generator only: g++ and clang, debug and release agree on it.
  EXPECT_EQ(
      Sha256Hex(League().player_games + League().schedule + League().lines + League().injuries)
          .substr(0, 16),
      "d1504464da007d9a");
}

TEST(DemoLeague, BoxScoresAddUp) {
  std::map<std::string, std::vector<std::string>> schedule;
  for (const auto& cells : Cells(League().schedule)) schedule[cells[0]] = cells;
  for (const PlayerGame& row : Rows()) {
    const GameRecord& game = row.game;
    ASSERT_EQ(game.points, 2 * game.fgm + game.fg3m + game.ftm);
    ASSERT_LE(game.fg3m, game.fgm);
    ASSERT_LE(game.fg3a - game.fg3m, game.fga - game.fgm);
    ASSERT_LE(game.fgm, game.fga);
    ASSERT_LE(game.ftm, game.fta);
    ASSERT_GE(game.minutes, 1);
    ASSERT_LE(game.minutes, 48);
    ASSERT_TRUE(schedule.contains(game.game.str()));
  }
  for (const auto& [key, game] : TeamGames()) {
    const std::vector<std::string>& cells = schedule[key.first];
    EXPECT_EQ(std::to_string(game.points), cells[key.second == cells[4] ? 6 : 7]);
    EXPECT_TRUE(game.minutes == 240 || game.minutes == 265) << game.minutes;
  }
}

TEST(DemoLeague, EveryTeamPlaysEightyTwoGames) {
  std::map<std::string, int> home, away;
  std::map<std::string, std::set<std::string>> days;
  for (const auto& cells : Cells(League().schedule)) {
    ++home[cells[4]];
    ++away[cells[5]];
    EXPECT_TRUE(days[cells[4]].insert(cells[1]).second);
    EXPECT_TRUE(days[cells[5]].insert(cells[1]).second);
  }
  ASSERT_EQ(home.size(), 30u);
  for (const auto& [team, games] : home) {
    EXPECT_EQ(games, 41) << team;
    EXPECT_EQ(away[team], 41) << team;
  }
}

TEST(DemoLeague, CalendarIsLikeARealOne) {
  std::map<Day, int> by_day;
  std::map<std::string, std::set<Day>> by_team;
  for (const auto& cells : Cells(League().schedule)) {
    Day day = ParseDay(cells[1]).value();
    ++by_day[day];
    by_team[cells[4]].insert(day);
    by_team[cells[5]].insert(day);
  }
  EXPECT_EQ(ToCivil(by_day.begin()->first).month, 10u);
  EXPECT_EQ(ToCivil(by_day.rbegin()->first).month, 4u);
  EXPECT_GT(by_day.size(), 140u);
  for (const auto& [day, games] : by_day) EXPECT_LE(games, 15);
  int longest = 0;
  for (auto day = by_day.begin(); std::next(day) != by_day.end(); ++day) {
    longest = std::max(longest, std::next(day)->first - day->first);
  }
  EXPECT_EQ(longest, 7);  // Six days without games in mid-February.
  for (const auto& [team, days] : by_team) {
    int back_to_back = 0;
    for (Day day : days) {
      back_to_back += days.contains(day + 1) ? 1 : 0;
      EXPECT_FALSE(days.contains(day + 1) && days.contains(day + 2)) << team;
    }
    EXPECT_GT(back_to_back, 4) << team;
    EXPECT_LT(back_to_back, 24) << team;
  }
}

TEST(DemoLeague, TheLastDaysAreNotPlayed) {
  std::set<std::string> unplayed_days;
  int next_games = 0;
  for (const auto& cells : Cells(League().schedule)) {
    bool played = !cells[6].empty();
    EXPECT_EQ(played, ParseDay(cells[1]).value() < League().next_game_day);
    if (!played) unplayed_days.insert(cells[1]);
    if (cells[1] == FormatDay(League().next_game_day)) ++next_games;
  }
  EXPECT_EQ(unplayed_days.size(), 4u);
  EXPECT_GE(next_games, 4);
  for (const PlayerGame& row : Rows()) ASSERT_LT(row.game.date, League().next_game_day);
}

// Bounds around the real league of 2023-24, whose figures stand behind.
TEST(DemoLeague, PlayersAreLikeRealOnes) {
  std::vector<double> points, minutes;
  double zero = 0, many = 0;
  std::map<PlayerId, std::vector<double>> by_player;
  for (const PlayerGame& row : Rows()) {
    points.push_back(row.game.points);
    minutes.push_back(row.game.minutes);
    zero += row.game.points == 0 ? 1 : 0;
    many += row.game.points >= 30 ? 1 : 0;
    by_player[row.player].push_back(row.game.minutes);
  }
  double n = static_cast<double>(points.size());
  EXPECT_NEAR(n, 26000, 2000);                 // 26,401 in all of its games.
  EXPECT_NEAR(Mean(points), 10.6, 0.6);        // 10.64
  EXPECT_NEAR(Deviation(points), 9.0, 0.6);    // 8.98
  EXPECT_NEAR(Mean(minutes), 22.5, 1.0);       // 22.49
  EXPECT_NEAR(Deviation(minutes), 11.1, 0.7);  // 11.11
  EXPECT_NEAR(zero / n, 0.12, 0.04);           // 0.124
  EXPECT_NEAR(many / n, 0.042, 0.015);         // 0.042

  std::vector<double> today, yesterday;
  for (const auto& [player, games] : by_player) {
    for (std::size_t i = 1; i < games.size(); ++i) {
      today.push_back(games[i]);
      yesterday.push_back(games[i - 1]);
    }
  }
  double product = 0, mean_today = Mean(today), mean_yesterday = Mean(yesterday);
  for (std::size_t i = 0; i < today.size(); ++i) {
    product += (today[i] - mean_today) * (yesterday[i] - mean_yesterday);
  }
  double correlation =
      product / static_cast<double>(today.size()) / (Deviation(today) * Deviation(yesterday));
  EXPECT_NEAR(correlation, 0.76, 0.06);  // 0.759
}

TEST(DemoLeague, TeamsAreLikeRealOnes) {
  std::vector<double> scores, margins;
  double home_wins = 0, lopsided = 0;
  for (const auto& cells : Cells(League().schedule)) {
    if (cells[6].empty()) continue;
    double home = std::stod(cells[6]), away = std::stod(cells[7]);
    ASSERT_NE(home, away);
    scores.push_back(home);
    scores.push_back(away);
    margins.push_back(home - away);
    home_wins += home > away ? 1 : 0;
    lopsided += std::abs(home - away) >= 20 ? 1 : 0;
  }
  double n = static_cast<double>(margins.size());
  EXPECT_NEAR(Mean(scores), 114, 3);           // 114.2
  EXPECT_NEAR(Deviation(scores), 12.8, 2);     // 12.8
  EXPECT_NEAR(Mean(margins), 2.15, 1.5);       // 2.15
  EXPECT_NEAR(Deviation(margins), 15.7, 2.5);  // 15.7
  EXPECT_NEAR(home_wins / n, 0.543, 0.05);     // 0.543
  EXPECT_NEAR(lopsided / n, 0.19, 0.06);       // 0.191
}

TEST(DemoLeague, SomeChangeTeamsAndSomeMissMonths) {
  std::map<PlayerId, std::set<std::string>> teams;
  std::map<PlayerId, Day> last;
  int long_absences = 0;
  for (const PlayerGame& row : Rows()) {
    teams[row.player].insert(row.game.team);
    auto before = last.find(row.player);
    if (before != last.end() && row.game.date - before->second > 30) ++long_absences;
    last[row.player] = row.game.date;
  }
  auto traded = std::count_if(teams.begin(), teams.end(),
                              [](const auto& player) { return player.second.size() > 1; });
  EXPECT_GT(traded, 20);
  EXPECT_GT(long_absences, 20);
}

TEST(DemoLeague, NamesAreOfAllKinds) {
  std::map<std::string, PlayerId> ids;
  std::string all;
  for (const PlayerGame& row : Rows()) {
    auto [name, added] = ids.emplace(row.player_name, row.player);
    ASSERT_EQ(name->second, row.player) << row.player_name;
    if (added) all += row.player_name + "\n";
  }
  for (const char* part : {"'", "-", "Jr.", "III", "ć", "é", "."}) {
    EXPECT_NE(all.find(part), std::string::npos) << part;
  }
}

TEST(DemoLeague, LinesAreOfTheNextDaysPlayers) {
  std::set<std::string> names, books, matchups;
  for (const PlayerGame& row : Rows()) names.insert(row.player_name);
  for (const auto& cells : Cells(League().schedule)) {
    if (cells[1] == FormatDay(League().next_game_day)) matchups.insert(cells[5] + " @ " + cells[4]);
  }
  std::vector<std::vector<std::string>> lines = Cells(League().lines);
  EXPECT_GT(lines.size(), 100u);
  int whole = 0;
  for (const auto& cells : lines) {
    ASSERT_EQ(cells.size(), 8u);
    EXPECT_TRUE(names.contains(cells[0])) << cells[0];
    EXPECT_TRUE(matchups.contains(cells[1])) << cells[1];
    EXPECT_TRUE(ParseInstant(cells[2]).ok()) << cells[2];
    EXPECT_EQ(cells[3], "player_points");
    EXPECT_TRUE(Line::Parse(cells[4]).ok()) << cells[4];
    whole += cells[4].ends_with(".0") ? 1 : 0;
    books.insert(cells[5]);
    for (std::size_t side : {6u, 7u}) EXPECT_GE(std::abs(std::stoi(cells[side])), 100);
  }
  EXPECT_EQ(books.size(), 4u);
  EXPECT_GT(whole, 0);
  EXPECT_LT(whole, static_cast<int>(lines.size()) / 2);
}

TEST(DemoLeague, WhoIsOutHasNoLine) {
  std::set<std::string> with_line, statuses;
  for (const auto& cells : Cells(League().lines)) with_line.insert(cells[0]);
  int out = 0;
  for (const auto& cells : Cells(League().injuries)) {
    ASSERT_EQ(cells.size(), 7u);
    statuses.insert(cells[5]);
    if (cells[5] != "Out") continue;
    ++out;
    std::size_t comma = cells[4].find(", ");
    std::string surname = cells[4].substr(0, comma);
    for (const std::string& name : with_line) {
      EXPECT_NE(name, cells[4].substr(comma + 2) + " " + surname);
    }
  }
  EXPECT_GT(out, 5);
  EXPECT_TRUE(statuses.contains("Questionable") || statuses.contains("Doubtful"));
}

TEST(DemoLeague, OtherSeedsAndYearsWorkToo) {
  for (std::uint64_t seed = 100; seed < 110; ++seed) {
    DemoLeague league = MakeDemoLeague(
        {.seed = seed, .year = 2020 + static_cast<int>(seed % 7), .unplayed_days = 2});
    EXPECT_EQ(std::count(league.schedule.begin(), league.schedule.end(), '\n'), 1231);
    EXPECT_FALSE(league.lines.empty());
  }
}

}  // namespace
}  // namespace tipoff
