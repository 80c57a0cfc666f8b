#include "predict/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/slate.h"
#include "predict/features.h"
#include "predict/moving_average.h"
#include "predict/rate_minutes.h"
#include "predict/similarity.h"

namespace tipoff {
namespace {

// Four overtimes make 68 minutes and nobody has scored more than 100: what is beyond is not
// basketball but a broken row.
constexpr float kMinutesPlausible = 100;
constexpr int kCountPlausible = 150;
constexpr int kMarginPlausible = 150;

bool PlausibleCount(std::int16_t count) {
  return count == kAbsent || (count >= 0 && count <= kCountPlausible);
}

// Empty if the game may be believed, else what is wrong with it.
std::string ProblemOf(const GameRecord& game) {
  if (!(game.minutes >= 0 && game.minutes <= kMinutesPlausible)) {  // False for NaN, too.
    return fmt::format("{} minutes in game {}", game.minutes, game.game.str());
  }
  if (game.points < 0 || game.points > kCountPlausible) {
    return fmt::format("{} points in game {}", game.points, game.game.str());
  }
  for (std::int16_t count : {game.rebounds, game.assists, game.steals, game.blocks, game.turnovers,
                             game.fgm, game.fga, game.fg3m, game.fg3a, game.ftm, game.fta}) {
    if (PlausibleCount(count)) continue;
    return fmt::format("a count of {} in game {}", count, game.game.str());
  }
  if (game.plus_minus != kAbsent && std::abs(game.plus_minus) > kMarginPlausible) {
    return fmt::format("a plus-minus of {} in game {}", game.plus_minus, game.game.str());
  }
  return "";
}

std::string ProblemOf(const PredictionInput& input) {
  const RequestSpec& request = *input.request;
  if (request.player.empty()) return "no player";
  if (input.history->player != request.player) return "the history is another player's";
  if (!std::isfinite(request.projected_minutes) || request.projected_minutes < 0) {
    return fmt::format("projected minutes {}", request.projected_minutes);
  }
  for (const Line& line : request.lines) {
    if (line.milli() <= 0) return "line " + line.str();
  }
  for (const TeamForm& team : *input.teams) {
    if (!std::isfinite(team.points_for) || !std::isfinite(team.points_against) || team.games < 0) {
      return "the form of team " + team.team;
    }
  }
  Day newer = request.game_date;
  for (const GameRecord& game : EarlierGames(input)) {
    if (game.date > newer) return "the history is not newest first";
    newer = game.date;
    if (std::string problem = ProblemOf(game); !problem.empty()) return problem;
  }
  return "";
}

// Why a request is not predicted; empty if it is.
std::string ReasonToSkip(const PredictionInput& input) {
  if (RuledOut(input.request->availability)) return "PlayerOut";
  if (std::string problem = ProblemOf(input); !problem.empty()) return "InvalidInput: " + problem;
  if (EarlierGames(input).empty()) return "NoHistory";
  return "";
}

bool Sane(const Estimate& estimate) {
  return std::isfinite(estimate.mean) && std::isfinite(estimate.spread) && estimate.spread > 0 &&
         estimate.confidence >= 0 && estimate.confidence <= 1;
}

// Never -0.
double Rounded(double value, double per_unit) {
  return std::round(value * per_unit) / per_unit + 0.0;
}

// One system's row, still without a line, and what lies behind it.
struct SpreadRow {
  Prediction row;
  PointsDistribution distribution;
};

SpreadRow RowOf(const Stat& stat, std::string_view system, std::string_view version,
                const Estimate& estimate, const Calibration::Band& band) {
  double spread = estimate.spread * stat.spread;
  SpreadRow made{{}, PointsDistribution(estimate.mean, spread, band)};
  Prediction& row = made.row;
  auto tenths = [&](double points) { return Rounded(points / stat.scale, 10); };
  row.stat = stat.name;
  row.system = system;
  row.model_version = version;
  row.predicted_points = tenths(estimate.mean);
  row.spread = std::max(tenths(spread), 0.1);
  row.confidence = Rounded(estimate.confidence, 100);
  const PointsDistribution& distribution = made.distribution;
  row.quantiles = Quantiles{tenths(distribution.Quantile(0.1)), tenths(distribution.Quantile(0.5)),
                            tenths(distribution.Quantile(0.9))};
  for (const auto& [name, value] : estimate.components) {
    row.components.emplace_back(name, Rounded(value, 1000));
  }
  return made;
}

const Calibration::Band& BandOf(const Learned* learned, std::string_view system, std::size_t band) {
  const Calibration* own = learned == nullptr ? nullptr : learned->CalibrationOf(system);
  return (own == nullptr ? FixedCalibration() : *own).bands[band];
}

}  // namespace

std::vector<std::unique_ptr<PredictionSystem>> StandardSystems() {
  std::vector<std::unique_ptr<PredictionSystem>> systems;
  systems.push_back(std::make_unique<MovingAverage>());
  systems.push_back(std::make_unique<RateMinutes>());
  systems.push_back(std::make_unique<Similarity>());
  return systems;
}

Pipeline::Pipeline(std::vector<std::unique_ptr<PredictionSystem>> systems,
                   EnsembleParameters ensemble, RecommendationRules rules,
                   std::optional<Learned> learned, const Stat& stat)
    : systems_(std::move(systems)),
      ensemble_(std::move(ensemble)),
      rules_(rules),
      learned_(std::move(learned)),
      stat_(stat) {}

std::vector<PredictedRequest> Pipeline::Predict(const BatchId& batch,
                                                std::span<const PredictionInput> given) const {
  StatInputs counted(stat_, given);
  std::span<const PredictionInput> inputs = counted.inputs();
  std::vector<PredictedRequest> answers(inputs.size());
  std::vector<PredictionInput> predicted;
  std::vector<std::size_t> places;  // Of the predicted ones among the inputs.
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    std::string reason = ReasonToSkip(inputs[i]);
    if (reason.empty()) {
      predicted.push_back(inputs[i]);
      places.push_back(i);
    } else {
      answers[i] = {.status = RequestState::kSkipped, .reason = std::move(reason)};
    }
  }
  Estimates estimates;
  for (const auto& system : systems_) {
    estimates.push_back(system->Predict(predicted));
    TIPOFF_CHECK(estimates.back().size() == predicted.size(), "a system left out an input");
  }
  for (std::size_t i = 0; i < predicted.size(); ++i) {
    answers[places[i]] = RowsFor(batch, predicted[i], estimates, i);
  }
  return answers;
}

PredictedRequest Pipeline::RowsFor(const BatchId& batch, const PredictionInput& input,
                                   const Estimates& estimates, std::size_t index) const {
  const Learned* learned =
      learned_ && input.request->game_date >= learned_->until ? &*learned_ : nullptr;
  std::size_t band = MinutesBand(RecentMinutes(EarlierGames(input)));
  std::vector<SpreadRow> by_system;
  std::vector<Member> members;
  for (std::size_t s = 0; s < systems_.size(); ++s) {
    const std::optional<Estimate>& estimate = estimates[s][index];
    std::string_view name = systems_[s]->name();
    std::string_view version = systems_[s]->version();
    members.push_back({name, version, estimate ? &*estimate : nullptr});
    if (!estimate) continue;
    if (!Sane(*estimate)) {
      return {.status = RequestState::kFailed,
              .reason = fmt::format("BadEstimate: {} gave mean {}, spread {}, confidence {}", name,
                                    estimate->mean, estimate->spread, estimate->confidence)};
    }
    by_system.push_back(RowOf(stat_, name, version, *estimate, BandOf(learned, name, band)));
  }
  std::span<const EnsembleWeight> weights;
  if (learned != nullptr) weights = learned->weights;
  if (std::optional<EnsembleEstimate> combined = ensemble_.Combine(members, weights)) {
    by_system.push_back(RowOf(stat_, Ensemble::kName, combined->model_version, combined->estimate,
                              BandOf(learned, Ensemble::kName, band)));
  }
  if (by_system.empty()) {
    return {.status = RequestState::kSkipped, .reason = "NotEnoughGames"};
  }

  std::vector<std::optional<Line>> lines(input.request->lines.begin(), input.request->lines.end());
  std::sort(lines.begin(), lines.end());
  lines.erase(std::unique(lines.begin(), lines.end()), lines.end());
  if (stat_.name != Points().name) lines.clear();
  if (lines.empty()) lines.push_back(std::nullopt);
  PredictedRequest answer;
  for (const auto& [row, distribution] : by_system) {
    for (const std::optional<Line>& line : lines) {
      Prediction& against = answer.predictions.emplace_back(row);
      against.line = line;
      std::optional<Chances> chances;
      if (line) {
        chances = {Rounded(distribution.Over(*line), 1000),
                   Rounded(distribution.Under(*line), 1000)};
        against.p_over = chances->over;
      }
      against.recommendation =
          Recommend(row.predicted_points, row.confidence, line, rules_, chances);
      against.prediction_id = MakePredictionId(batch, *input.request, row.stat, row.system, line);
    }
  }
  return answer;
}

}  // namespace tipoff
