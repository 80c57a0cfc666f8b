#include "app/train.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <memory>

#include "app/game_date.h"
#include "app/models.h"
#include "app/progress.h"
#include "app/table.h"
#include "base/json.h"
#include "predict/stat.h"
#include "predict/xgboost/training.h"

namespace tipoff {
namespace {

using HistorySource = std::function<Result<HistoryTable>(const Globals&)>;

struct TrainFlags {
  std::string until = "TODAY";
  std::string out;
  std::string stat = "points";
  std::uint32_t seed = 1;
};

TextTable ScoresOf(const Model& model) {
  TextTable table({"system", ">count", ">mae", ">bias", ">rmse", ">weight"});
  for (const ValidationScore& score : model.scores) {
    std::string weight;
    for (const EnsembleWeight& known : model.learned.weights) {
      if (known.system == score.system) weight = fmt::format("{:.3f}", known.weight);
    }
    table.Row({score.system, std::to_string(score.count), fmt::format("{:.3f}", score.mae),
               fmt::format("{:+.3f}", score.bias), fmt::format("{:.3f}", score.rmse), weight});
  }
  return table;
}

void Print(const Model& model, const std::string& path, Output output) {
  if (output == Output::kCsv) return fmt::print("{}", ScoresOf(model).Csv());
  if (output == Output::kJson) {
    boost::json::array scores, weights;
    for (const ValidationScore& score : model.scores) {
      scores.push_back({{"system", score.system},
                        {"count", score.count},
                        {"mae", score.mae},
                        {"bias", score.bias},
                        {"rmse", score.rmse}});
    }
    for (const EnsembleWeight& weight : model.learned.weights) {
      weights.push_back({{"system", weight.system}, {"weight", weight.weight}});
    }
    fmt::print("{}\n", DumpJsonPretty(boost::json::object{{"file", path},
                                                          {"stat", model.stat},
                                                          {"version", model.version()},
                                                          {"hash", model.hash},
                                                          {"from", FormatDay(model.from)},
                                                          {"until", FormatDay(model.learned.until)},
                                                          {"examples", model.examples},
                                                          {"features", model.features.size()},
                                                          {"seed", model.seed},
                                                          {"rounds", model.rounds},
                                                          {"library", model.library},
                                                          {"data_version", model.data_version},
                                                          {"scores", std::move(scores)},
                                                          {"weights", std::move(weights)}}));
    return;
  }
  fmt::print(
      "{}: {} player-games from {} until {}, seed {}; walk-forward over the last two fifths of "
      "them:\n\n"
      "{}\n{}, version {}\n",
      model.stat, model.examples, FormatDay(model.from), FormatDay(model.learned.until), model.seed,
      ScoresOf(model).Text(), path, model.version());
}

Status Train(const TrainFlags& flags, const Globals& globals, const HistorySource& history) {
  TIPOFF_TRY(Day until, ResolveGameDate(flags.until));
  TIPOFF_TRY(HistoryTable table, history(globals));
  Progress progress("training", table.days().size() + 5);
  TrainingOptions options{
      .until = until, .progress = [&](std::size_t done, std::size_t) { progress.Update(done); }};
  options.stat = flags.stat;
  options.booster.seed = flags.seed;
  Result<Model> model = TrainModel(table, options);
  progress.Finish();
  if (!model.ok()) return model.error();
  std::string path = flags.out.empty() ? ModelPath(globals, flags.stat) : flags.out;
  TIPOFF_TRY_STATUS(WriteModel(path, EncodeModel(*model)));
  Print(*model, path, globals.output);
  return Ok();
}

}  // namespace

void AddTrain(CLI::App& root, const Globals& globals, HistorySource history, Run& run) {
  CLI::App* command = root.add_subcommand(
      "train", "Train the learned system on the games before a day, and write its model file");
  auto flags = std::make_shared<TrainFlags>();
  command
      ->add_option("--until", flags->until,
                   "Only games before that date are looked at: YYYY-MM-DD, TODAY or TOMORROW")
      ->capture_default_str();
  command->add_option("--out", flags->out, "File to write [model.file]");
  command
      ->add_option("--stat", flags->stat, "points, rebounds, assists or threes; each has its model")
      ->capture_default_str()
      ->check(CLI::IsMember(StatNames()));
  command->add_option("--seed", flags->seed, "Another seed, other trees")->capture_default_str();
  command->footer(
      "`run`, `serve`, `worker` and `grade` take the file up when they start, and predict with it\n"
      "from that date on: a day that it has learned from is predicted without it. The same box\n"
      "scores, date and seed give the same file, to the byte.\n\n"
      "Examples:\n"
      "  tipoff train\n"
      "  tipoff train --until 2024-10-22 --out autumn.model");
  command->callback([flags, &globals, history = std::move(history), &run] {
    run = [flags, &globals, history] {
      Status trained = Train(*flags, globals, history);
      return trained.ok() ? kExitSucceeded : Complain(trained.error());
    };
  });
}

}  // namespace tipoff
