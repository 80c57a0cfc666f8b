#include "history/slate_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

namespace tipoff {
namespace {

const Instant kNow = Instant::FromMicros(1'700'000'000'000'000);

Day At(int day) { return Day::FromDays(20'000 + day); }

class SlateBuilderTest : public testing::Test {
 protected:
  // A game that was played, with the minutes of its players; a team's letter begins their names.
  void Play(int day, const std::string& away, const std::string& home,
            const std::map<std::string, float>& minutes, const std::string& season = "2024-25") {
    std::string game = Schedule(day, away, home, season);
    for (const auto& [player, played] : minutes) {
      std::string team = player.substr(0, 1);
      view_.appearances.push_back({At(day), GameId(game), PlayerId(player), team, played});
    }
  }

  std::string Schedule(int day, const std::string& away, const std::string& home,
                       const std::string& season = "2024-25") {
    std::string game = std::to_string(10'000 + day) + away + home;
    view_.games.push_back({At(day), GameId(game), season, home, away, false});
    return game;
  }

  std::map<Day, Slate> Build(int from = -100'000) {
    std::map<Day, Slate> slates;
    Status status = BuildSlates(view_, At(from), kNow, [&](std::vector<Slate> some) {
      for (Slate& slate : some) slates[slate.game_date] = std::move(slate);
      return Ok();
    });
    EXPECT_TRUE(status.ok());
    return slates;
  }

  SlateView view_;
};

const SlatePlayer* Find(const Slate& slate, const std::string& player) {
  auto found = std::find_if(slate.players.begin(), slate.players.end(),
                            [&](const SlatePlayer& p) { return p.player == PlayerId(player); });
  return found == slate.players.end() ? nullptr : &*found;
}

TEST_F(SlateBuilderTest, APlayerPlaysForTheTeamOfHisLatestGame) {
  Play(0, "A", "B", {{"A1", 30}, {"B1", 20}});
  view_.names[PlayerId("A1")] = "Ada One";
  Schedule(2, "A", "C");
  Slate slate = Build()[At(2)];
  ASSERT_EQ(slate.games.size(), 1u);
  EXPECT_EQ(slate.games[0].home, "C");
  EXPECT_EQ(slate.as_of, kNow);
  ASSERT_EQ(slate.players.size(), 1u);
  const SlatePlayer& player = slate.players[0];
  EXPECT_EQ(player.name, "Ada One");
  EXPECT_EQ(player.team, "A");
  EXPECT_EQ(player.opponent, "C");
  EXPECT_FALSE(player.is_home);
  EXPECT_EQ(player.mean_minutes, 30);
  EXPECT_TRUE(player.recent);
}

TEST_F(SlateBuilderTest, ATradedPlayerLeavesHisOldTeam) {
  Play(0, "A", "B", {{"A1", 30}});
  Play(1, "C", "B", {{"C1", 10}});
  view_.appearances.push_back({At(1), view_.games[1].game, PlayerId("A1"), "C", 12});
  Schedule(2, "A", "B");
  Schedule(2, "C", "D");
  Slate slate = Build()[At(2)];
  ASSERT_NE(Find(slate, "A1"), nullptr);
  EXPECT_EQ(Find(slate, "A1")->team, "C");
  EXPECT_EQ(slate.players.size(), 2u);
}

TEST_F(SlateBuilderTest, MinutesAreTheMeanOfTheLastSevenGames) {
  for (int day = 0; day < 9; ++day) {
    Play(day, "A", "B", {{"A1", day < 2 ? 0.0F : static_cast<float>(10 + day)}});
  }
  Schedule(9, "A", "B");
  EXPECT_EQ(Find(Build()[At(9)], "A1")->mean_minutes, 15);  // Of 12..18.
}

TEST_F(SlateBuilderTest, WhoMissedTenGamesIsNotRecentUnlessTheSeasonIsYoung) {
  Play(0, "A", "B", {{"A1", 30}, {"A2", 30}});
  for (int day = 1; day <= 9; ++day) Play(day, "A", "B", {{"A1", 30}});
  Schedule(20, "A", "B");
  EXPECT_NE(Find(Build()[At(20)], "A2"), nullptr);  // The tenth last game was his.

  Play(10, "A", "B", {{"A1", 30}});
  EXPECT_EQ(Find(Build()[At(20)], "A2"), nullptr);  // 20 days into the season.
  Schedule(13, "A", "B");
  EXPECT_NE(Find(Build()[At(13)], "A2"), nullptr);  // 13 days into it.
}

TEST_F(SlateBuilderTest, LastSeasonCountsInTheFirstTwoWeeksButNotTheOneBefore) {
  Play(-700, "A", "B", {{"A0", 30}}, "2022-23");
  for (int day = -300; day <= -280; ++day) Play(day, "A", "B", {{"A1", 30}}, "2023-24");
  Play(-301, "A", "B", {{"A2", 30}}, "2023-24");
  Schedule(0, "A", "B");
  Slate slate = Build()[At(0)];
  EXPECT_NE(Find(slate, "A1"), nullptr);
  EXPECT_NE(Find(slate, "A2"), nullptr);
  EXPECT_EQ(Find(slate, "A0"), nullptr);
}

TEST_F(SlateBuilderTest, LinesAndInjuriesAreThoseOfTheDate) {
  Play(0, "A", "B", {{"A1", 30}});
  GameId game(Schedule(2, "A", "B"));
  view_.lines.push_back({At(2), game, PlayerId("A1"), {"fanduel", *Line::Parse("25")}});
  view_.lines.push_back({At(2), game, PlayerId("A1"), {"betmgm", *Line::Parse("24.5")}});
  view_.lines.push_back({At(3), game, PlayerId("A1"), {"betmgm", *Line::Parse("30.5")}});
  view_.injuries.push_back({At(2), PlayerId("A1"), "QUESTIONABLE"});
  view_.injuries.push_back({At(1), PlayerId("A1"), "OUT"});
  Slate slate = Build()[At(2)];
  const SlatePlayer* player = Find(slate, "A1");
  EXPECT_EQ(player->availability, "QUESTIONABLE");
  ASSERT_EQ(player->lines.size(), 2u);
  EXPECT_EQ(player->lines[0].book, "betmgm");
  EXPECT_EQ(player->lines[1].line.str(), "25.0");
}

TEST_F(SlateBuilderTest, APlayerWithALineIsAddedThoughHeIsNotRecent) {
  Play(0, "A", "B", {{"A1", 30}, {"A2", 20}});
  for (int day = 1; day <= 10; ++day) Play(day, "A", "B", {{"A1", 30}});
  GameId game(Schedule(40, "A", "B"));
  view_.lines.push_back({At(40), game, PlayerId("A2"), {"betmgm", *Line::Parse("9.5")}});
  view_.lines.push_back({At(40), game, PlayerId("rookie"), {"betmgm", *Line::Parse("7.5")}});
  Slate slate = Build()[At(40)];
  const SlatePlayer* back = Find(slate, "A2");
  ASSERT_NE(back, nullptr);
  EXPECT_FALSE(back->recent);
  EXPECT_EQ(back->team, "A");
  EXPECT_EQ(back->opponent, "B");
  EXPECT_EQ(back->mean_minutes, 20);
  const SlatePlayer* rookie = Find(slate, "rookie");
  ASSERT_NE(rookie, nullptr);
  EXPECT_FALSE(rookie->recent);
  EXPECT_EQ(rookie->team, "");  // Nobody said which of the two.
  EXPECT_EQ(rookie->game, game);
}

TEST_F(SlateBuilderTest, F46_CompletenessCountsTheSevenDaysBefore) {
  Play(0, "A", "B", {{"A1", 30}});  // Eight days before: does not count.
  Play(1, "A", "B", {{"A1", 30}});
  Schedule(3, "C", "D");  // Its rows are missing.
  Play(7, "A", "B", {{"A1", 30}});
  Play(8, "A", "B", {{"A1", 30}});  // The day itself does not count.
  std::map<Day, Slate> slates = Build();
  EXPECT_EQ(slates[At(8)].recent_games, 3);
  EXPECT_EQ(slates[At(8)].recent_games_with_rows, 2);
  EXPECT_EQ(slates[At(0)].recent_games, 0);
}

TEST_F(SlateBuilderTest, OnlyDatesFromTheGivenOneAreBuiltAndTheyAreTheSame) {
  for (int day = 0; day < 50; ++day) {
    Play(day, "A", "B", {{"A1", static_cast<float>(day % 40)}, {"B1", 20}});
  }
  std::map<Day, Slate> all = Build(), some = Build(30);
  EXPECT_EQ(all.size(), 50u);
  EXPECT_EQ(some.size(), 20u);
  for (const auto& [day, slate] : some) EXPECT_TRUE(slate == all[day]) << day;
}

TEST_F(SlateBuilderTest, AnErrorOfTheSinkEndsTheBuilding) {
  for (int day = 0; day < 100; ++day) Play(day, "A", "B", {{"A1", 30}});
  int calls = 0;
  Status status = BuildSlates(view_, At(0), kNow, [&](std::vector<Slate>) -> Status {
    ++calls;
    return Error{Errc::kExhausted, "disk full"};
  });
  EXPECT_EQ(status.error().code, Errc::kExhausted);
  EXPECT_EQ(calls, 1);
}

// A league of six teams over two seasons, with trades, absences, lines and injuries.
void FillLeague(SlateView& view) {
  SeededRandom random(7);
  auto draw = [&](std::uint64_t below) { return static_cast<int>(random.Next() % below); };
  const std::vector<std::string> teams{"AAA", "BBB", "CCC", "DDD", "EEE", "FFF"};
  std::vector<int> team_of(40);
  for (int& team : team_of) team = draw(6);
  for (int day = 0; day < 200; ++day) {
    int season_day = day % 120;
    if (season_day > 90) continue;
    std::string season = day < 120 ? "2023-24" : "2024-25";
    for (int pair = 0; pair < 3; ++pair) {
      if (draw(3) == 0) continue;
      int away = pair, home = 3 + (pair + day) % 3;
      GameId game("g" + std::to_string(1000 + day) + std::to_string(pair));
      auto side = [&](int team) { return teams[static_cast<std::size_t>(team)]; };
      view.games.push_back({At(day), game, season, side(home), side(away), false});
      for (std::size_t p = 0; p < team_of.size(); ++p) {
        PlayerId player("p" + std::to_string(100 + p));
        if (draw(60) == 0) team_of[p] = draw(6);
        if (draw(40) == 0) view.injuries.push_back({At(day), player, "OUT"});
        if (draw(10) == 0)
          view.lines.push_back({At(day), game, player, {"b", Line::FromMilli(9500)}});
        if ((team_of[p] != away && team_of[p] != home) || draw(4) == 0) continue;
        view.appearances.push_back(
            {At(day), game, player, side(team_of[p]), static_cast<float>(draw(400)) / 10});
      }
    }
  }
}

TEST_F(SlateBuilderTest, F44_DeletingTheFutureChangesNoSlate) {
  FillLeague(view_);
  std::map<Day, Slate> all = Build();
  ASSERT_GT(all.size(), 100u);
  std::size_t players = 0;
  for (int day : {0, 1, 15, 60, 90, 121, 130, 150, 199}) {
    if (!all.contains(At(day))) continue;
    SlateView past = view_;
    std::erase_if(past.appearances, [&](const auto& row) { return row.date >= At(day); });
    std::erase_if(past.games, [&](const auto& game) { return game.date > At(day); });
    std::erase_if(past.lines, [&](const auto& line) { return line.date > At(day); });
    std::erase_if(past.injuries, [&](const auto& injury) { return injury.date > At(day); });
    std::swap(past, view_);
    EXPECT_TRUE(Build()[At(day)] == all[At(day)]) << "day " << day;
    std::swap(past, view_);
    players += all[At(day)].players.size();
  }
  EXPECT_GT(players, 100u);
}

TEST_F(SlateBuilderTest, TheOrderOfTheRowsDoesNotMatter) {
  FillLeague(view_);
  std::map<Day, Slate> slates = Build();
  std::reverse(view_.appearances.begin(), view_.appearances.end());
  std::reverse(view_.games.begin(), view_.games.end());
  std::reverse(view_.lines.begin(), view_.lines.end());
  EXPECT_TRUE(Build() == slates);
}

}  // namespace
}  // namespace tipoff
