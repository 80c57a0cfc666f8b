#include "predict/moving_average.h"

#include <algorithm>

#include "predict/features.h"
#include "predict/spread.h"

namespace tipoff {
namespace {

// Steady scorers with a recent run of games are the ones whom a mean of past points suits.
double Confidence(const Features& f) {
  double confidence = 0.5;
  if (f.points_sd > 6) {
    confidence -= 0.15;
  } else if (f.points_sd > 4) {
    confidence -= 0.08;
  }
  if (f.games_7_days >= 3) {
    confidence += 0.10;
  } else if (f.games_7_days >= 2) {
    confidence += 0.05;
  } else {
    confidence -= 0.10;
  }
  return std::clamp(confidence * f.games / (f.games + 1), 0.2, 0.8);
}

}  // namespace

std::vector<std::optional<Estimate>> MovingAverage::Predict(
    std::span<const PredictionInput> inputs) const {
  return EstimateEach(inputs, 1, [&](const Features& f, const PredictionInput&) {
    double home = (f.is_home > 0 ? 0.5 : -0.5) * parameters_.home_edge;
    double second_day = f.back_to_back * parameters_.back_to_back;
    double mean = parameters_.weight_l5 * f.points_l5 + parameters_.weight_l10 * f.points_l10 +
                  parameters_.weight_season * f.points_season + home + second_day;
    mean = std::clamp(mean, kPointsMin, kPointsMax);
    return Estimate{.mean = mean,
                    .spread = PointsSpread(mean, f),
                    .confidence = Confidence(f),
                    .components = {{"l5", f.points_l5},
                                   {"l10", f.points_l10},
                                   {"season", f.points_season},
                                   {"home", home},
                                   {"back_to_back", second_day}}};
  });
}

}  // namespace tipoff
