#include "app/grade.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>

#include "app/grade_plots.h"
#include "app/grade_published.h"
#include "app/models.h"
#include "app/progress.h"
#include "app/table.h"
#include "base/json.h"
#include "predict/scores.h"
#include "predict/stat.h"

namespace tipoff {
namespace {

const std::string kLeading(Ensemble::kName);  // Whose misses and pictures are shown.
constexpr std::size_t kMissesShown = 10;

struct GradeFlags {
  std::string from;
  std::string to;
  double min_minutes = 0;
  bool slate = false;
  bool rows = false;
  bool published = false;
  std::string stat = "points";
  std::string plot;
};

struct Grades {
  std::vector<GradeRow> rows;  // By date, game, player, system.
  std::size_t days = 0;        // With somebody to grade.
  std::size_t players = 0;     // Player-games that were to be predicted.
  // Days that the model has learned from, so that they were graded without it.
  std::size_t days_without_model = 0;
  std::string model;  // Its version; empty without one.
};

// What to grade on one of the days, as a function that any thread may call.
using CasesOfDay = std::function<GradeCases(std::size_t day)>;

// Days are graded by all cores, each by one; the caller's thread works too and draws the progress.
Grades GradeDays(const Pipeline& pipeline, std::size_t days, const CasesOfDay& cases_of) {
  struct Graded {
    std::vector<GradeRow> rows;
    std::size_t players = 0;
  };
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

std::string CountText(const std::optional<double>& points) {
  return points ? fmt::format("{:.0f}", *points) : "";
}

TextTable RowTable(const std::vector<GradeRow>& rows) {
  TextTable table({"game_id", "game_date", "player_id", "system", "predicted_points", "spread",
                   "actual_points", "p10", "p50", "p90", "line", "p_over"});
  auto tenths = [](double points) { return fmt::format("{:.1f}", points); };
  for (const GradeRow& row : rows) {
    const std::optional<Quantiles>& q = row.quantiles;
    table.Row({row.game.str(), FormatDay(row.game_date), row.player.str(), row.system,
               tenths(row.predicted_points), tenths(row.spread), CountText(row.actual_points),
               q ? tenths(q->p10) : "", q ? tenths(q->p50) : "", q ? tenths(q->p90) : "",
               row.line ? row.line->str() : "",
               row.p_over ? fmt::format("{:.3f}", *row.p_over) : ""});
  }
  return table;
}

std::string Interval(const Measured& measured, bool with_sign = false) {
  return with_sign
             ? fmt::format("{:+.3f} [{:+.2f},{:+.2f}]", measured.value, measured.low, measured.high)
             : fmt::format("{:.3f} [{:.2f},{:.2f}]", measured.value, measured.low, measured.high);
}

std::string Percent(double share, std::size_t of) {
  return of == 0 ? "" : fmt::format("{:.1f}%", 100 * share);
}

TextTable ScoreTable(const std::vector<SystemScore>& scores) {
  TextTable table({"system", "minutes", ">count", ">mae", ">bias", ">rmse", ">spread", ">p10-p90",
                   ">lines", ">brier", ">said", ">hit"});
  for (const SystemScore& score : scores) {
    table.Row({score.system, score.band, std::to_string(score.count), Interval(score.mae),
               Interval(score.bias, true), Interval(score.rmse),
               fmt::format("{:.2f}", score.mean_spread), Percent(score.coverage, score.intervals),
               score.lines == 0 ? "" : std::to_string(score.lines),
               score.lines == 0 ? "" : fmt::format("{:.4f}", score.brier),
               score.lines == 0 ? "" : std::to_string(score.said),
               Percent(score.hit_rate, score.said)});
  }
  return table;
}

TextTable MissTable(const std::vector<GradeRow>& misses) {
  TextTable table({"worst misses", "game", "date", ">predicted", ">actual", ">p10", ">p90"});
  for (const GradeRow& row : misses) {
    table.Row({row.player.str(), row.game.str(), FormatDay(row.game_date),
               fmt::format("{:.1f}", row.predicted_points), CountText(row.actual_points),
               row.quantiles ? fmt::format("{:.1f}", row.quantiles->p10) : "",
               row.quantiles ? fmt::format("{:.1f}", row.quantiles->p90) : ""});
  }
  return table;
}

boost::json::object JsonOf(const Measured& measured) {
  return {{"value", measured.value}, {"low", measured.low}, {"high", measured.high}};
}

boost::json::object JsonOf(const SystemScore& score) {
  boost::json::object json{
      {"system", score.system},
      {"minutes", score.band},
      {"count", score.count},
      {"mae", score.mae.value},
      {"bias", score.bias.value},
      {"rmse", score.rmse.value},
      {"intervals_95",
       {{"mae", JsonOf(score.mae)}, {"bias", JsonOf(score.bias)}, {"rmse", JsonOf(score.rmse)}}},
      {"mean_spread", score.mean_spread},
      {"within_spread", score.within_spread},
      {"coverage_p10_p90", nullptr},
      {"lines", score.lines},
      {"brier", nullptr},
      {"said", score.said},
      {"hit_rate", nullptr}};
  if (score.intervals > 0) json["coverage_p10_p90"] = score.coverage;
  if (score.lines > 0) json["brier"] = score.brier;
  if (score.said > 0) json["hit_rate"] = score.hit_rate;
  return json;
}

boost::json::object JsonOf(const GradeRow& row) {
  boost::json::object json{{"game_id", row.game.str()},
                           {"game_date", FormatDay(row.game_date)},
                           {"player_id", row.player.str()},
                           {"system", row.system},
                           {"predicted_points", row.predicted_points},
                           {"spread", row.spread},
                           {"actual_points", nullptr},
                           {"p10", nullptr},
                           {"p50", nullptr},
                           {"p90", nullptr},
                           {"line", nullptr},
                           {"p_over", nullptr}};
  if (row.actual_points) json["actual_points"] = *row.actual_points;
  if (row.quantiles) {
    json["p10"] = row.quantiles->p10;
    json["p50"] = row.quantiles->p50;
    json["p90"] = row.quantiles->p90;
  }
  if (row.line) json["line"] = row.line->value();
  if (row.p_over) json["p_over"] = *row.p_over;
  return json;
}

boost::json::object JsonOf(const Grades& grades, const GradeFlags& flags,
                           const std::string& data_version) {
  boost::json::array systems, bands, misses;
  for (const SystemScore& score : ScoreSystems(grades.rows)) {
    (score.band == "all" ? systems : bands).push_back(JsonOf(score));
  }
  for (const GradeRow& row : WorstMisses(grades.rows, kLeading, kMissesShown)) {
    misses.push_back(JsonOf(row));
  }
  boost::json::object json{{"from", flags.from},
                           {"to", flags.to},
                           {"min_minutes", flags.min_minutes},
                           {"slate", flags.slate},
                           {"stat", flags.stat},
                           {"published", flags.published},
                           {"days", grades.days},
                           {"players", grades.players},
                           {"model", grades.model},
                           {"days_without_model", grades.days_without_model},
                           {"data_version", data_version},
                           {"systems", std::move(systems)},
                           {"bands", std::move(bands)},
                           {"worst_misses", std::move(misses)}};
  if (!flags.rows) return json;
  boost::json::array rows;
  for (const GradeRow& row : grades.rows) rows.push_back(JsonOf(row));
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
      fmt::print("{} to {}: {} player-games on {} days{}{}\n\n{}\n{}", flags.from, flags.to,
                 grades.players, grades.days,
                 flags.published ? " that were published"
                 : flags.slate   ? " of the slates"
                                 : fmt::format(", at least {} minutes a game", flags.min_minutes),
                 grades.model.empty() || flags.published ? "" : ", model " + grades.model,
                 ScoreTable(ScoreSystems(grades.rows)).Text(),
                 MissTable(WorstMisses(grades.rows, kLeading, kMissesShown)).Text());
  }
}

// A model is never asked about a day that it has learned from: said, so that nobody takes the
// figures for those of the model.
void TellOfDaysWithoutModel(const Grades& grades, const std::optional<Model>& model) {
  if (grades.days_without_model == 0) return;
  fmt::print(
      stderr,
      "tipoff: {} of {} days are graded without the model, which has learned from games until "
      "{}: train one that ends before them with `tipoff train --until DATE`\n",
      grades.days_without_model, grades.days, FormatDay(model->learned.until));
}

// What readers were shown for the dates, joined with what happened. Of several lines of a player
// the first is graded, as where predictions are made anew.
Result<Grades> PublishedGrades(const HistoryTable& table, const std::vector<Day>& days,
                               const GradeFlags& flags, const Globals& globals,
                               const GradeSources& sources) {
  Grades grades;
  for (Day day : days) {
    TIPOFF_TRY(std::vector<PublishedPlayer> players, sources.published(globals, day));
    GradeCases cases = PublishedCases(table, players, {.min_minutes = flags.min_minutes});
    grades.days += cases.requests.empty() ? 0 : 1;
    grades.players += cases.requests.size();
    std::vector<GradeRow> rows = RowsOfPublished(cases, players);
    std::move(rows.begin(), rows.end(), std::back_inserter(grades.rows));
  }
  return grades;
}

Result<Done> Grade(const GradeFlags& flags, const Globals& globals, const GradeSources& sources) {
  TIPOFF_TRY(Day from, ParseDay(flags.from));
  TIPOFF_TRY(Day to, ParseDay(flags.to));
  if (to < from) return Error{Errc::kInvalid, "--to is before --from"};
  if (flags.published && flags.stat != Points().name) {
    return Error{Errc::kInvalid, "--published grades points; leave --stat out"};
  }
  TIPOFF_TRY(HistoryTable table, sources.history(globals));
  std::vector<Day> days = DaysBetween(table, from, to);
  GradeOptions options{.min_minutes = flags.min_minutes, .stat = flags.stat};
  std::optional<Model> model;
  Grades grades;
  if (flags.published) {
    TIPOFF_TRY(grades, PublishedGrades(table, days, flags, globals, sources));
  } else {
    if (sources.model) {
      TIPOFF_TRY(model, sources.model(globals, flags.stat));
    }
    TIPOFF_TRY(std::shared_ptr<const Pipeline> pipeline,
               PipelineWith(model, globals.config, *FindStat(flags.stat)));
    TIPOFF_TRY(std::vector<Slate> slates, SlatesOf(sources, globals, days));
    if (flags.slate) {
      grades = GradeDays(*pipeline, slates.size(),
                         [&](std::size_t day) { return SlateCases(table, slates[day], options); });
    } else {
      grades = GradeDays(*pipeline, days.size(), [&](std::size_t day) {
        GradeCases cases = PopulationCases(table, days[day], options);
        for (const Slate& slate : slates) {
          if (slate.game_date == days[day]) AddLines(cases, slate);
        }
        return cases;
      });
    }
  }
  if (grades.players == 0) {
    return Error{Errc::kNotFound,
                 fmt::format("nobody to grade from {} to {}: box scores of those days and of 10 "
                             "earlier games are needed (see tipoff import)",
                             flags.from, flags.to)};
  }
  if (model) {
    grades.model = model->version();
    grades.days_without_model = static_cast<std::size_t>(std::count_if(
        days.begin(), days.end(), [&](Day day) { return day < model->learned.until; }));
  }
  Print(grades, flags, globals, table.data_version());
  TellOfDaysWithoutModel(grades, model);
  if (flags.plot.empty()) return Ok();
  return WritePlots(flags.plot, grades.rows, kLeading);
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
  command->add_flag("--published", flags->published,
                    "Grade what was really published for those dates, and predict nothing");
  command->add_option("--stat", flags->stat, "points, rebounds, assists or threes")
      ->capture_default_str()
      ->check(CLI::IsMember(StatNames()));
  command->add_option("--plot", flags->plot, "Write reliability.svg and residuals.svg there")
      ->type_name("DIR");
  command->footer(
      "Each date is predicted with strictly earlier games. A trained model takes part from the day "
      "on\n"
      "until which it was trained; earlier ones are graded without it, and that is said. Intervals "
      "in\n"
      "brackets hold 95 % of what other dates would have given.\n\n"
      "Examples:\n"
      "  tipoff grade --from 2024-10-22 --to 2025-04-13 --min-minutes 12\n"
      "  tipoff grade --from 2025-01-01 --to 2025-01-31 -o csv > rows.csv\n"
      "  tipoff grade --from 2025-01-01 --to 2025-01-31 --published --plot january");
  command->callback([flags, &globals, sources = std::move(sources), &run] {
    run = [flags, &globals, sources] {
      Status graded = Grade(*flags, globals, sources);
      return graded.ok() ? kExitSucceeded : Complain(graded.error());
    };
  });
}

}  // namespace tipoff
