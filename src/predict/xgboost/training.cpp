#include "predict/xgboost/training.h"

#include <fmt/format.h>

#include <cmath>

#include "predict/ensemble.h"
#include "predict/grading.h"
#include "predict/pipeline.h"
#include "predict/spread.h"
#include "predict/weights.h"
#include "predict/xgboost/xgboost_system.h"

namespace tipoff {
namespace {

// Before it the histories are so short that they would teach a gap: no season is before the first.
constexpr int kWarmUpDays = 60;
constexpr std::size_t kExamplesMin = 2000;
constexpr std::size_t kBlocks = 4;
constexpr double kValidatedShare = 0.4;
constexpr double kFitMinutesMin = 6;  // Who plays less is no example: his games teach noise.

struct Example {
  Day day;
  Features features;
  double mean_minutes = 0;
  double actual = 0;
  std::vector<std::optional<Estimate>> estimates;  // Of the standard systems; last the trees'.
};

using Systems = std::vector<std::unique_ptr<PredictionSystem>>;

void AddDay(const HistoryTable& table, Day day, const TrainingOptions& options,
            const Systems& systems, std::vector<Example>& examples) {
  GradeCases cases = PopulationCases(table, day,
                                     {.min_minutes = kFitMinutesMin,
                                      .max_games = options.max_games,
                                      .lookback_days = options.lookback_days,
                                      .stat = options.stat});
  const Stat& stat = *FindStat(options.stat);
  std::vector<PredictionInput> given;
  for (std::size_t i = 0; i < cases.requests.size(); ++i) {
    given.push_back({&cases.requests[i], &cases.history.players[i], &cases.history.teams});
  }
  StatInputs counted(stat, given);
  std::vector<PredictionInput> inputs;  // Of those with a game that has the count.
  std::size_t first = examples.size();
  for (std::size_t i = 0; i < given.size(); ++i) {
    const PredictionInput& input = counted.inputs()[i];
    if (EarlierGames(input).empty()) continue;
    inputs.push_back(input);
    examples.push_back({day,
                        DeriveFeatures(input),
                        RecentMinutes(EarlierGames(input)),
                        *cases.actual[i] * stat.scale,
                        {}});
  }
  for (const auto& system : systems) {
    std::vector<std::optional<Estimate>> estimates = system->Predict(inputs);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      examples[first + i].estimates.push_back(std::move(estimates[i]));
    }
  }
}

Result<Booster> Fit(std::span<const Example> examples, const BoosterParameters& parameters) {
  std::vector<float> values, targets;
  for (const Example& example : examples) {
    AppendRow(example.features, values);
    targets.push_back(static_cast<float>(example.actual - example.features.rate_minutes));
  }
  return Booster::Train({values, FeatureColumns().size()}, targets, parameters);
}

Status PredictBlock(const Booster& booster, std::span<Example> block) {
  std::vector<float> values;
  for (const Example& example : block) AppendRow(example.features, values);
  TIPOFF_TRY(std::vector<double> offsets, booster.Predict({values, FeatureColumns().size()}));
  for (std::size_t i = 0; i < block.size(); ++i) {
    const Features& f = block[i].features;
    double mean = std::clamp(f.rate_minutes + offsets[i], kPointsMin, kPointsMax);
    block[i].estimates.push_back(
        Estimate{.mean = mean, .spread = PointsSpread(mean, f), .confidence = 0.5});
  }
  return Ok();
}

// Six decimals: as the file has them, so that nothing changes on the way through it.
double Kept(double value) { return std::round(value * 1e6) / 1e6 + 0.0; }

class Validation {
 public:
  Validation(std::span<const Example> examples, const Systems& systems, double min_minutes)
      : examples_(examples), min_minutes_(min_minutes) {
    for (const auto& system : systems) names_.emplace_back(system->name());
    names_.emplace_back(XgboostSystem::kName);
  }

  std::vector<EnsembleWeight> Weights() const {
    std::vector<MemberErrors> errors;
    for (const Example& example : examples_) {
      MemberErrors row;
      for (const auto& estimate : example.estimates) {
        if (estimate) row.push_back(estimate->mean - example.actual);
      }
      if (row.size() == names_.size() && example.mean_minutes >= min_minutes_) {
        errors.push_back(std::move(row));
      }
    }
    std::vector<double> weights = LearnWeights(errors, names_.size());
    std::vector<EnsembleWeight> named;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      named.push_back({names_[i], Kept(weights[i])});
    }
    return named;
  }

  void Judge(const std::vector<EnsembleWeight>& weights, Model& model) const {
    for (std::size_t s = 0; s < names_.size(); ++s) {
      JudgeOne(
          names_[s], [s](const Example& example) { return example.estimates[s]; }, model);
    }
    JudgeOne(
        std::string(Ensemble::kName),
        [&](const Example& example) { return Combined(example, weights); }, model);
  }

 private:
  std::optional<Estimate> Combined(const Example& example,
                                   const std::vector<EnsembleWeight>& weights) const {
    std::vector<Member> members;
    for (std::size_t s = 0; s < names_.size(); ++s) {
      const auto& estimate = example.estimates[s];
      members.push_back({names_[s], "", estimate ? &*estimate : nullptr});
    }
    auto combined = Ensemble().Combine(members, weights);
    return combined ? std::optional(std::move(combined->estimate)) : std::nullopt;
  }

  template <class F>
  void JudgeOne(const std::string& system, F estimate_of, Model& model) const {
    ValidationScore score{.system = system};
    std::vector<Placed> placed;
    for (const Example& example : examples_) {
      std::optional<Estimate> estimate = estimate_of(example);
      if (!estimate) continue;
      double spread = estimate->spread * FindStat(model.stat)->spread;
      placed.push_back({MinutesBand(example.mean_minutes),
                        PointsDistribution::Place(estimate->mean, spread, example.actual)});
      if (example.mean_minutes < min_minutes_) continue;
      double error = estimate->mean - example.actual;
      ++score.count;
      score.mae += std::abs(error);
      score.bias += error;
      score.rmse += error * error;
    }
    double n = std::max<double>(static_cast<double>(score.count), 1);
    double scale = FindStat(model.stat)->scale;
    score.mae = Kept(score.mae / n / scale);
    score.bias = Kept(score.bias / n / scale);
    score.rmse = Kept(std::sqrt(score.rmse / n) / scale);
    model.scores.push_back(score);
    Calibration calibration = Calibrate(placed);
    for (Calibration::Band& band : calibration.bands)
      band = {Kept(band.centre), Kept(band.below), Kept(band.above)};
    model.learned.calibrations.push_back({system, calibration});
  }

  std::span<const Example> examples_;
  double min_minutes_;
  std::vector<std::string> names_;
};

std::vector<Example> ExamplesOf(const HistoryTable& table, const TrainingOptions& options,
                                const Systems& systems) {
  std::vector<Example> examples;
  std::vector<Day> days;
  for (Day day : table.days()) {
    if (day < options.until && day - table.days().front() >= kWarmUpDays) days.push_back(day);
  }
  for (std::size_t i = 0; i < days.size(); ++i) {
    AddDay(table, days[i], options, systems, examples);
    if (options.progress) options.progress(i + 1, days.size() + kBlocks + 1);
  }
  return examples;
}

// The first example of a later day than the one at `place`, so that no block begins within a day.
std::size_t NextDay(const std::vector<Example>& examples, std::size_t place) {
  std::size_t next = place;
  while (next < examples.size() && next > 0 && examples[next].day == examples[next - 1].day) ++next;
  return next;
}

}  // namespace

Result<Model> TrainModel(const HistoryTable& table, const TrainingOptions& options) {
  if (FindStat(options.stat) == nullptr) {
    return Error{Errc::kInvalid, fmt::format("there is no stat '{}'", options.stat)};
  }
  Systems systems = StandardSystems();
  std::vector<Example> examples = ExamplesOf(table, options, systems);
  if (examples.size() < kExamplesMin) {
    return Error{Errc::kNotFound,
                 fmt::format("{} player-games to learn from before {}, and {} are needed: players "
                             "with 10 earlier games, later than {} days after the first box score; "
                             "import older ones",
                             examples.size(), FormatDay(options.until), kExamplesMin, kWarmUpDays)};
  }
  auto place = [&](std::size_t block) {
    double share = 1 - kValidatedShare +
                   kValidatedShare * static_cast<double>(block) / static_cast<double>(kBlocks);
    return NextDay(examples,
                   static_cast<std::size_t>(static_cast<double>(examples.size()) * share));
  };
  std::span<Example> all(examples);
  std::size_t total = table.days().size() + kBlocks + 1;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    std::size_t begin = place(block), end = place(block + 1);
    TIPOFF_TRY(Booster booster, Fit(all.first(begin), options.booster));
    TIPOFF_TRY_STATUS(PredictBlock(booster, all.subspan(begin, end - begin)));
    if (options.progress) options.progress(total - kBlocks + block, total);
  }
  Validation validation(all.subspan(place(0)), systems, options.min_minutes);
  Model model{.stat = options.stat,
              .from = examples.front().day,
              .examples = examples.size(),
              .seed = options.booster.seed,
              .rounds = options.booster.rounds,
              .library = Booster::LibraryVersion(),
              .data_version = table.data_version()};
  for (const FeatureColumn& column : FeatureColumns()) model.features.emplace_back(column.name);
  model.learned.until = options.until;
  model.learned.weights = validation.Weights();
  validation.Judge(model.learned.weights, model);
  TIPOFF_TRY(Booster booster, Fit(all, options.booster));
  TIPOFF_TRY(model.trees, booster.Save());
  if (options.progress) options.progress(total, total);
  return model;
}

}  // namespace tipoff
