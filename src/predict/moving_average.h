// The plainest system: a weighted mean of the last 5, the last 10 and this season's games.
#pragma once

#include "predict/system.h"

namespace tipoff {

// Applies from one game. mean = 0.50 L5 + 0.30 L10 + 0.20 season, +-`home_edge` / 2 for the venue,
// + `back_to_back` on the second of two days; then 0..60.
class MovingAverage final : public PredictionSystem {
 public:
  struct Parameters {
    double weight_l5 = 0.50;
    double weight_l10 = 0.30;
    double weight_season = 0.20;
    // As measured on the seasons 2021-22 to 2023-24, in points of one player. Who plays on the
    // second of two days scores more, not less: he takes the minutes of those who rest.
    double home_edge = 0.2;
    double back_to_back = 0.4;
  };

  MovingAverage() = default;
  explicit MovingAverage(Parameters parameters) : parameters_(parameters) {}

  std::string_view name() const override { return "moving_average"; }
  std::string_view version() const override { return "moving_average/1"; }
  std::vector<std::optional<Estimate>> Predict(
      std::span<const PredictionInput> inputs) const override;

 private:
  Parameters parameters_;
};

}  // namespace tipoff
