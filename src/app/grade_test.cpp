#include "app/grade.h"

#include <gtest/gtest.h>
#include <CLI/CLI.hpp>
#include <filesystem>

#include "base/json.h"
#include "support/demo_table.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

struct Ran {
  int exit = -1;
  std::string out;
  std::string err;
};

Result<Slate> NoSlate(const Globals&, Day) { return Error{Errc::kNotFound, "no slate"}; }

// Runs `grade` with these words as a user would, on the demo league.
Ran Grade(std::vector<std::string> words, Output output = Output::kTable,
          std::function<Result<Slate>(const Globals&, Day)> slate = NoSlate,
          std::function<Result<std::vector<PublishedPlayer>>(const Globals&, Day)> published = {}) {
  CLI::App root;
  Globals globals{.data = "", .output = output};
  Run run;
  AddGrade(root, globals,
           {.history = [](const Globals&) -> Result<HistoryTable> {
              return HistoryTable(DemoRows(), "demo");
            },
            .slate = std::move(slate),
            .published = std::move(published),
            .model = {}},
           run);
  words.insert(words.begin(), "grade");
  std::reverse(words.begin(), words.end());  // As CLI11 takes them.
  root.parse(words);
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Ran ran;
  ran.exit = run();
  ran.out = testing::internal::GetCapturedStdout();
  ran.err = testing::internal::GetCapturedStderr();
  return ran;
}

TEST(GradeCommand, CsvIsRowsUnderTheHeaderOfTheContract) {
  Ran ran = Grade({"--from", "2026-01-05", "--to", "2026-01-06"}, Output::kCsv);
  EXPECT_EQ(ran.exit, kExitSucceeded);
  EXPECT_TRUE(ran.out.starts_with(
      "game_id,game_date,player_id,system,predicted_points,spread,actual_points,p10,p50,p90,line,"
      "p_over\n00225"))
      << ran.out.substr(0, 200);
  EXPECT_NE(ran.out.find(",ensemble,"), std::string::npos);
  EXPECT_EQ(ran.out.find("2026-01-07"), std::string::npos);
}

TEST(GradeCommand, JsonHasScoresAndOnDemandRows) {
  Ran brief = Grade({"--from", "2026-01-05", "--to", "2026-01-06"}, Output::kJson);
  boost::json::value scores = ParseJson(brief.out).value();
  EXPECT_EQ(scores.at("systems").as_array().size(), 4u);
  EXPECT_GT(scores.at("systems").at(3).at("mae").to_number<double>(), 1);
  EXPECT_LE(scores.at("systems").at(3).at("intervals_95").at("mae").at("low").to_number<double>(),
            scores.at("systems").at(3).at("mae").to_number<double>());
  EXPECT_EQ(scores.at("worst_misses").as_array().size(), 10u);
  EXPECT_FALSE(scores.as_object().contains("rows"));
  Ran full = Grade({"--from", "2026-01-05", "--to", "2026-01-06", "--rows"}, Output::kJson);
  boost::json::value with_rows = ParseJson(full.out).value();
  EXPECT_EQ(with_rows.at("rows").as_array().size(),
            4 * with_rows.at("players").to_number<std::size_t>());
}

TEST(GradeCommand, APlainDateHasNoLines) {
  Ran ran = Grade({"--from", "2026-01-05", "--to", "2026-01-05"}, Output::kCsv);
  std::string first = ran.out.substr(ran.out.find('\n') + 1);
  EXPECT_TRUE(first.substr(0, first.find('\n')).ends_with(",,")) << first.substr(0, 200);
}

TEST(GradeCommand, LinesOfTheSlateAreGraded) {
  auto slate = [](const Globals&, Day day) -> Result<Slate> {
    Slate made{.game_date = day};
    for (const PlayerGame& row : DemoTable().PlayedOn(day)) {
      made.players.push_back({.player = row.player,
                              .team = row.game.team,
                              .opponent = row.game.opponent,
                              .game = row.game.game,
                              .lines = {{"book", Line::FromMilli(9500)}}});
    }
    return made;
  };
  Ran ran = Grade({"--from", "2026-01-05", "--to", "2026-01-06"}, Output::kJson, slate);
  ASSERT_EQ(ran.exit, kExitSucceeded) << ran.err;
  boost::json::value ensemble = ParseJson(ran.out)->at("systems").at(3);
  EXPECT_EQ(ensemble.at("lines"), ensemble.at("count"));
  EXPECT_LT(ensemble.at("brier").to_number<double>(), 0.25);
}

TEST(GradeCommand, WhatWasPublishedIsGradedAsItStands) {
  auto published = [](const Globals&, Day day) -> Result<std::vector<PublishedPlayer>> {
    const PlayerGame& row = DemoTable().PlayedOn(day).front();
    PublishedPlayer player;
    player.spec = {.player = row.player, .game = row.game.game, .game_date = day};
    for (const char* system : {"ensemble", "mine"}) {
      Prediction prediction;
      prediction.system = system;
      prediction.predicted_points = 7.5;
      prediction.spread = 5;
      player.predictions = {prediction};
    }
    PublishedPlayer skipped = player;
    skipped.skipped = true;
    return std::vector<PublishedPlayer>{player, skipped};
  };
  Ran ran = Grade({"--from", "2026-01-05", "--to", "2026-01-05", "--published"}, Output::kCsv,
                  NoSlate, published);
  ASSERT_EQ(ran.exit, kExitSucceeded) << ran.err;
  EXPECT_EQ(std::count(ran.out.begin(), ran.out.end(), '\n'), 2) << ran.out;
  EXPECT_NE(ran.out.find(",mine,7.5,5.0,"), std::string::npos) << ran.out;
}

TEST(GradeCommand, PicturesAreWrittenWhereTheyAreAskedFor) {
  TempFolder folder;
  std::string place = folder.path() + "/plots";
  Ran ran = Grade({"--from", "2026-01-05", "--to", "2026-01-06", "--plot", place});
  EXPECT_EQ(ran.exit, kExitSucceeded) << ran.err;
  EXPECT_TRUE(std::filesystem::exists(place + "/reliability.svg"));
  EXPECT_TRUE(std::filesystem::exists(place + "/residuals.svg"));
}

TEST(GradeCommand, TheSameCommandGivesTheSameBytes) {
  Ran one = Grade({"--from", "2026-01-01", "--to", "2026-01-07"}, Output::kCsv);
  Ran two = Grade({"--from", "2026-01-01", "--to", "2026-01-07"}, Output::kCsv);
  EXPECT_EQ(one.out, two.out);
}

TEST(GradeCommand, TableIsASummaryBySystem) {
  Ran ran = Grade({"--from", "2026-01-05", "--to", "2026-01-06", "--min-minutes", "12"});
  EXPECT_NE(ran.out.find("2026-01-05 to 2026-01-06"), std::string::npos) << ran.out;
  EXPECT_NE(ran.out.find("rate_minutes"), std::string::npos);
}

TEST(GradeCommand, NobodyToGradeIsNotFound) {
  Ran ran = Grade({"--from", "2031-01-05", "--to", "2031-01-06"}, Output::kCsv);
  EXPECT_EQ(ran.exit, kExitNotFound);
  EXPECT_EQ(ran.out, "");
  EXPECT_NE(ran.err.find("nobody to grade"), std::string::npos);
}

TEST(GradeCommand, WrongDatesAreUsage) {
  EXPECT_EQ(Grade({"--from", "2026-02-30", "--to", "2026-03-06"}).exit, kExitUsage);
  EXPECT_EQ(Grade({"--from", "2026-03-06", "--to", "2026-03-05"}).exit, kExitUsage);
}

TEST(GradeCommand, SlatesComeFromTheirSource) {
  auto slate = [](const Globals&, Day day) -> Result<Slate> {
    if (FormatDay(day) != "2026-01-05") return Error{Errc::kNotFound, "no slate"};
    const PlayerGame& row = DemoTable().PlayedOn(day).front();
    SlatePlayer player{.player = row.player,
                       .team = row.game.team,
                       .opponent = row.game.opponent,
                       .game = row.game.game,
                       .mean_minutes = 30};
    return Slate{.game_date = day, .players = {player}};
  };
  Ran ran = Grade({"--from", "2026-01-05", "--to", "2026-01-06", "--slate"}, Output::kJson, slate);
  EXPECT_EQ(ran.exit, kExitSucceeded) << ran.err;
  EXPECT_EQ(ParseJson(ran.out)->at("players").to_number<int>(), 1);

  auto broken = [](const Globals&, Day) -> Result<Slate> {
    return Error{Errc::kCorrupt, "bad page"};
  };
  Ran failed =
      Grade({"--from", "2026-01-05", "--to", "2026-01-06", "--slate"}, Output::kJson, broken);
  EXPECT_EQ(failed.exit, kExitError);
  EXPECT_NE(failed.err.find("slate of 2026-01-05: bad page"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
