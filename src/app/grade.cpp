#include "app/grade.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>

#include "app/progress.h"
#include "app/table.h"
#include "base/json.h"
#include "predict/grading.h"

namespace tipoff {
namespace {

struct GradeFlags {
  std::string from;
  std::string to;
  double min_minutes = 0;
  bool slate = false;
  bool rows = false;
};

struct Grades {
  std::vector<GradeRow> rows;  // By date, game, player, system.
  std::size_t days = 0;        // With somebody to grade.
  std::size_t players = 0;     // Player-games that were to be predicted.
};

// What to grade on one of the days, as a function that any thread may call.
using CasesOfDay = std::function<GradeCases(std::size_t day)>;

// Days are graded by all cores, each by one; the caller's thread works too and draws the progress.
Grades GradeDays(std::size_t days, const CasesOfDay& cases_of) {
  struct Graded {
    std::vector<GradeRow> rows;
    std::size_t players = 0;
  };
  const Pipeline pipeline;
  std::vector<Graded> graded(days);
  std::atomic<std::size_t> next{0}, done{0};
  auto work = [&](const std::function<void()>& after_each) {
    for (std::size_t day; (day = next++) < days;) {
      GradeCases cases = cases_of(day);
      graded[day] = {GradeRows(pipeline, cases), cases.requests.size()};
      ++done;
      after_each();
    }
  };
  std::vector<std::thread> others;
  for (unsigned i = 1; i < std::thread::hardware_concurrency(); ++i) {
    others.emplace_back([&] { work([] {}); });
  }
  Progress progress("grading days", days);
  work([&] { progress.Update(done); });
  for (std::thread& other : others) other.join();
  progress.Finish();

  Grades grades;
  for (Graded& day : graded) {
    grades.days += day.players > 0 ? 1 : 0;
    grades.players += day.players;
    std::move(day.rows.begin(), day.rows.end(), std::back_inserter(grades.rows));
  }
  return grades;
}

std::vector<Day> DaysBetween(const HistoryTable& table, Day from, Day to) {
  std::vector<Day> days;
  for (Day day : table.days()) {
    if (from <= day && day <= to) days.push_back(day);
  }
  return days;
}

Result<std::vector<Slate>> SlatesOf(const GradeSources& sources, const Globals& globals,
                                    const std::vector<Day>& days) {
  std::vector<Slate> slates;
  for (Day day : days) {
    Result<Slate> slate = sources.slate(globals, day);
    if (slate.ok()) {
      slates.push_back(std::move(slate).value());
    } else if (slate.error().code != Errc::kNotFound) {
      return Annotate(slate.error(), "slate of " + FormatDay(day));
    }
  }
  return slates;
}

std::string Points(const std::optional<double>& points) {
  return points ? fmt::format("{:.0f}", *points) : "";
}

TextTable RowTable(const std::vector<GradeRow>& rows) {
  TextTable table({"game_id", "game_date", "player_id", "system", "predicted_points", "spread",
                   "actual_points"});
  for (const GradeRow& row : rows) {
    table.Row({row.game.str(), FormatDay(row.game_date), row.player.str(), row.system,
               fmt::format("{:.1f}", row.predicted_points), fmt::format("{:.1f}", row.spread),
               Points(row.actual_points)});
  }
  return table;
}

TextTable ScoreTable(const std::vector<GradeRow>& rows) {
  TextTable table({"system", ">count", ">mae", ">bias", ">rmse", ">spread", ">within spread"});
  for (const SystemScore& score : ScoreSystems(rows)) {
    table.Row({score.system, std::to_string(score.count), fmt::format("{:.3f}", score.mae),
               fmt::format("{:+.3f}", score.bias), fmt::format("{:.3f}", score.rmse),
               fmt::format("{:.2f}", score.mean_spread),
               fmt::format("{:.1f}%", 100 * score.within_spread)});
  }
  return table;
}

boost::json::object JsonOf(const Grades& grades, const GradeFlags& flags,
                           const std::string& data_version) {
  boost::json::array systems;
  for (const SystemScore& score : ScoreSystems(grades.rows)) {
    systems.push_back({{"system", score.system},
                       {"count", score.count},
                       {"mae", score.mae},
                       {"bias", score.bias},
                       {"rmse", score.rmse},
                       {"mean_spread", score.mean_spread},
                       {"within_spread", score.within_spread}});
  }
  boost::json::object json{{"from", flags.from},
                           {"to", flags.to},
                           {"population", flags.slate ? "slate" : "played"},
                           {"min_minutes", flags.min_minutes},
                           {"data_version", data_version},
                           {"days", grades.days},
                           {"players", grades.players},
                           {"systems", std::move(systems)}};
  if (!flags.rows) return json;
  boost::json::array rows;
  for (const GradeRow& row : grades.rows) {
    boost::json::value actual;
    if (row.actual_points) actual = *row.actual_points;
    rows.push_back({{"game_id", row.game.str()},
                    {"game_date", FormatDay(row.game_date)},
                    {"player_id", row.player.str()},
                    {"system", row.system},
                    {"predicted_points", row.predicted_points},
                    {"spread", row.spread},
                    {"actual_points", std::move(actual)}});
  }
  json["rows"] = std::move(rows);
  return json;
}

void Print(const Grades& grades, const GradeFlags& flags, const Globals& globals,
           const std::string& data_version) {
  switch (globals.output) {
    case Output::kCsv: fmt::print("{}", RowTable(grades.rows).Csv()); return;
    case Output::kJson:
      fmt::print("{}\n", DumpJsonPretty(JsonOf(grades, flags, data_version)));
      return;
    case Output::kTable:
      if (flags.rows) fmt::print("{}\n", RowTable(grades.rows).Text());
      fmt::print("{} to {}: {} player-games on {} days{}\n\n{}", flags.from, flags.to,
                 grades.players, grades.days,
                 flags.slate ? " of the slates"
                             : fmt::format(", at least {} minutes a game", flags.min_minutes),
                 ScoreTable(grades.rows).Text());
  }
}

Result<Done> Grade(const GradeFlags& flags, const Globals& globals, const GradeSources& sources) {
  TIPOFF_TRY(Day from, ParseDay(flags.from));
  TIPOFF_TRY(Day to, ParseDay(flags.to));
  if (to < from) return Error{Errc::kInvalid, "--to is before --from"};
  TIPOFF_TRY(HistoryTable table, sources.history(globals));
  std::vector<Day> days = DaysBetween(table, from, to);
  GradeOptions options{.min_minutes = flags.min_minutes};
  Grades grades;
  if (flags.slate) {
    TIPOFF_TRY(std::vector<Slate> slates, SlatesOf(sources, globals, days));
    grades = GradeDays(slates.size(),
                       [&](std::size_t day) { return SlateCases(table, slates[day], options); });
  } else {
    grades = GradeDays(days.size(),
                       [&](std::size_t day) { return PopulationCases(table, days[day], options); });
  }
  if (grades.players == 0) {
    return Error{Errc::kNotFound,
                 fmt::format("nobody to grade from {} to {}: box scores of those days and of 10 "
                             "earlier games are needed (see tipoff import)",
                             flags.from, flags.to)};
  }
  Print(grades, flags, globals, table.data_version());
  return Ok();
}

}  // namespace

void AddGrade(CLI::App& root, const Globals& globals, GradeSources sources, Run& run) {
  CLI::App* command = root.add_subcommand(
      "grade", "Predict past dates with what was known before them, and compare");
  auto flags = std::make_shared<GradeFlags>();
  command->add_option("--from", flags->from, "First date, YYYY-MM-DD")->required();
  command->add_option("--to", flags->to, "Last date, YYYY-MM-DD")->required();
  command
      ->add_option("--min-minutes", flags->min_minutes,
                   "Only players with that many minutes a game over their last 10")
      ->check(CLI::NonNegativeNumber);
  command->add_flag("--slate", flags->slate, "Grade whom the slates named, played or not");
  command->add_flag("--rows", flags->rows, "Every prediction, not only the scores by system");
  command->callback([flags, &globals, sources = std::move(sources), &run] {
    run = [flags, &globals, sources] {
      Status graded = Grade(*flags, globals, sources);
      return graded.ok() ? kExitSucceeded : Complain(graded.error());
    };
  });
}

}  // namespace tipoff
