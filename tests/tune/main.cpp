// tune: how the numbers in src/predict were found, and grading straight from a box score file.
//
//   tune fit   FILE.csv.gz                          the coefficients of rate_minutes and of spread
//   tune train FILE.csv.gz --until D [--rounds N]   walk-forward scores of the boosted trees
//   tune grade --data FILE.csv.gz --from D --to D   `tipoff grade` without a data folder
//
// Only the seasons 2021-22 to 2023-24 are ever looked at by `fit`.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>

#include "app/grade.h"
#include "predict/grading.h"
#include "predict/rate_minutes.h"
#include "predict/xgboost/training.h"
#include "support/box_scores.h"
#include "tune/least_squares.h"

namespace tipoff {
namespace {

constexpr double kMinMinutes = 12;  // The population that the errors are quoted for.

struct Season {
  const char* name;
  const char* from;  // The first has no season before it: its first months would teach a gap.
  const char* to;
};
constexpr Season kSeasons[] = {{"2021-22", "2022-01-01", "2022-04-10"},
                               {"2022-23", "2022-10-18", "2023-04-09"},
                               {"2023-24", "2023-10-24", "2024-04-14"}};

struct Example {
  std::size_t season;
  Features features;
  double actual;
};

Result<HistoryTable> LoadTable(const std::string& path) {
  TIPOFF_TRY(std::vector<PlayerGame> rows, ReadBoxScores(path));
  return HistoryTable(std::move(rows), path);
}

std::vector<Example> ExamplesOf(const HistoryTable& table) {
  std::vector<Example> examples;
  for (std::size_t season = 0; season < std::size(kSeasons); ++season) {
    Day from = ParseDay(kSeasons[season].from).value();
    Day to = ParseDay(kSeasons[season].to).value();
    for (Day day : table.days()) {
      if (day < from || to < day) continue;
      GradeCases cases = PopulationCases(table, day, {.min_minutes = kMinMinutes});
      for (std::size_t i = 0; i < cases.requests.size(); ++i) {
        PredictionInput input{&cases.requests[i], &cases.history.players[i], &cases.history.teams};
        examples.push_back({season, DeriveFeatures(input), *cases.actual[i]});
      }
    }
  }
  return examples;
}

// What the points are least-squares regressed on: each term of the minutes, times the rate.
std::vector<double> RowOf(const Features& features) {
  std::vector<double> row;
  for (const MinutesTerm& term : MinutesTerms()) {
    row.push_back(ScoringRate(features) * term.value(features));
  }
  return row;
}

double Times(const std::vector<double>& coefficients, const std::vector<double>& row) {
  double sum = 0;
  for (std::size_t i = 0; i < row.size(); ++i) sum += coefficients[i] * row[i];
  return sum;
}

std::vector<double> FitMinutes(const std::vector<Example>& examples, std::size_t left_out) {
  LeastSquares fit(MinutesTerms().size());
  for (const Example& example : examples) {
    if (example.season != left_out) fit.Add(RowOf(example.features), example.actual, 1);
  }
  return fit.Solve();
}

// Each season predicted with coefficients of the others: what the fit is worth on unseen games.
void PrintLeftOut(const std::vector<Example>& examples) {
  for (std::size_t season = 0; season < std::size(kSeasons); ++season) {
    std::vector<double> coefficients = FitMinutes(examples, season);
    double absolute = 0, signed_sum = 0, n = 0;
    for (const Example& example : examples) {
      if (example.season != season) continue;
      double error = Times(coefficients, RowOf(example.features)) - example.actual;
      absolute += std::abs(error);
      signed_sum += error;
      ++n;
    }
    fmt::print("{} left out: mae {:.4f} bias {:+.3f} of {:.0f}\n", kSeasons[season].name,
               absolute / n, signed_sum / n, n);
  }
}

void PrintVariance(const std::vector<Example>& examples, const std::vector<double>& coefficients) {
  LeastSquares own(3), league(2);
  for (const Example& example : examples) {
    double mean = Times(coefficients, RowOf(example.features));
    double square = (mean - example.actual) * (mean - example.actual);
    double sd = example.features.points_sd;
    double weight = 1 / std::pow(9.5 + 2.4 * std::max(mean, 0.0), 2);
    own.Add({1, mean, sd * sd}, square, weight);
    league.Add({1, mean}, square, weight);
  }
  fmt::print("\nvariance = {:.3f} + {:.3f} mean + {:.3f} own\n", own.Solve()[0], own.Solve()[1],
             own.Solve()[2]);
  fmt::print("variance = {:.3f} + {:.3f} mean\n", league.Solve()[0], league.Solve()[1]);
}

Status Fit(const std::string& path) {
  TIPOFF_TRY(HistoryTable table, LoadTable(path));
  std::vector<Example> examples = ExamplesOf(table);
  std::vector<double> coefficients = FitMinutes(examples, std::size(kSeasons));
  fmt::print("{} player-games\n\n", examples.size());
  for (std::size_t i = 0; i < coefficients.size(); ++i) {
    fmt::print("{:24} {:9.4f}  in use {:9.4f}\n", MinutesTerms()[i].name, coefficients[i],
               MinutesTerms()[i].coefficient);
  }
  fmt::print("\n");
  PrintLeftOut(examples);
  PrintVariance(examples, coefficients);
  return Ok();
}

Status TryTraining(const std::string& path, const std::string& until, BoosterParameters booster) {
  TIPOFF_TRY(HistoryTable table, LoadTable(path));
  TIPOFF_TRY(Day day, ParseDay(until));
  TIPOFF_TRY(Model model, TrainModel(table, {.until = day, .booster = booster}));
  for (const ValidationScore& score : model.scores) {
    fmt::print("{:16} {:6} mae {:.4f} bias {:+.4f} rmse {:.4f}\n", score.system, score.count,
               score.mae, score.bias, score.rmse);
  }
  for (const EnsembleWeight& weight : model.learned.weights) {
    fmt::print("weight {:16} {:.4f}\n", weight.system, weight.weight);
  }
  for (const SystemCalibration& system : model.learned.calibrations) {
    fmt::print("calibration {:16}", system.system);
    for (const Calibration::Band& band : system.calibration.bands) {
      fmt::print("  {:+.4f} {:.4f} {:.4f}", band.centre, band.below, band.above);
    }
    fmt::print("\n");
  }
  return Ok();
}

int Main(int argc, char** argv) {
  CLI::App root{"Tuning of the prediction systems", "tune"};
  root.require_subcommand(1);
  Globals globals;
  std::string output = "table";
  root.add_option("--data", globals.data, "Box scores, gzipped CSV in the native format");
  root.add_option("-o", output)->check(CLI::IsMember({"table", "json", "csv"}));
  root.fallthrough();
  Run run;
  AddGrade(root, globals,
           {.history = [](const Globals& g) { return LoadTable(g.data); },
            .slate = [](const Globals&, Day) -> Result<Slate> {
              return Error{Errc::kNotFound, "a box score file has no slates"};
            },
            .published = [](const Globals&, Day) -> Result<std::vector<PublishedPlayer>> {
              return Error{Errc::kUnsupported, "a box score file has no predictions"};
            },
            .model = {}},
           run);
  std::string file;
  CLI::App* fit = root.add_subcommand("fit", "Least squares on the tuning seasons");
  fit->add_option("FILE", file)->required();
  fit->callback([&] {
    run = [&] {
      Status fitted = Fit(file);
      return fitted.ok() ? kExitSucceeded : Complain(fitted.error());
    };
  });
  std::string until;
  BoosterParameters booster;
  CLI::App* train = root.add_subcommand("train", "Walk-forward scores of the boosted trees");
  train->add_option("FILE", file)->required();
  train->add_option("--until", until)->required();
  train->add_option("--rounds", booster.rounds)->capture_default_str();
  train->add_option("--depth", booster.depth)->capture_default_str();
  train->add_option("--rate", booster.learning_rate)->capture_default_str();
  train->add_option("--leaf", booster.min_child_weight)->capture_default_str();
  train->add_option("--rows", booster.subsample)->capture_default_str();
  train->add_option("--columns", booster.columns_by_tree)->capture_default_str();
  train->add_option("--lambda", booster.lambda)->capture_default_str();
  train->callback([&] {
    run = [&] {
      Status trained = TryTraining(file, until, booster);
      return trained.ok() ? kExitSucceeded : Complain(trained.error());
    };
  });
  CLI11_PARSE(root, argc, argv);
  globals.output = output == "csv"    ? Output::kCsv
                   : output == "json" ? Output::kJson
                                      : Output::kTable;
  return run();
}

}  // namespace
}  // namespace tipoff

int main(int argc, char** argv) { return tipoff::Main(argc, argv); }
