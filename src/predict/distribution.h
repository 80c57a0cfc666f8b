// How the points are spread around a prediction: not only a mean, but how likely what is. Pure.
#pragma once

#include <array>
#include <optional>
#include <span>

#include "core/line.h"

namespace tipoff {

// Mean minutes over the last 10 games from which on a band begins; who plays little is spread
// otherwise than who plays much, by more than his mean says.
inline constexpr std::array<double, 5> kMinutesBands{0, 12, 18, 26, 32};
std::size_t MinutesBand(double mean_minutes);

// Corrects the spread of one system: by minutes band, where its middle really lies and how wide it
// is on either side, in standard deviations.
struct Calibration {
  struct Band {
    double centre = 0;
    double below = 1;
    double above = 1;

    friend bool operator==(const Band&, const Band&) = default;
  };
  std::array<Band, kMinutesBands.size()> bands;

  friend bool operator==(const Calibration&, const Calibration&) = default;
};

// What serves where nothing was learned: measured on the seasons 2021-22 to 2023-24.
const Calibration& FixedCalibration();

// A gamma distribution with the given mean and standard deviation, in Wilson and Hilferty's form:
// the cube root is normal. Skewed as points are, never below 0, and both ways in closed form.
class PointsDistribution {
 public:
  PointsDistribution(double mean, double spread, const Calibration::Band& band);

  // The points that are not exceeded with `probability`, 0 < probability < 1; at least 0.
  double Quantile(double probability) const;
  // The points are whole: over 24.5 and over 24 both mean 25 and more, under 25 means 24 and less.
  double Over(const Line& line) const;
  double Under(const Line& line) const;

  // The place of `points` in the uncalibrated distribution, in standard deviations.
  static double Place(double mean, double spread, double points);

 private:
  double Above(double points) const;

  double mean_, shape_;
  Calibration::Band band_;
};

// Where somebody ended in the uncalibrated distribution of his prediction.
struct Placed {
  std::size_t band = 0;
  double place = 0;
};
// The calibration by which 10 % would have ended below p10, half below p50 and 10 % above p90 in
// each band. A band of fewer than 200 keeps the fixed one's numbers.
Calibration Calibrate(std::span<const Placed> placed);

}  // namespace tipoff
