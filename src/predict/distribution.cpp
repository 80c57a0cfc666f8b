#include "predict/distribution.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace tipoff {
namespace {

constexpr double kMeanMin = 1;  // Below it the cube root is far from normal.
constexpr double kShapeMin = 0.3;
constexpr std::size_t kBandMin = 200;
constexpr double kNormal90 = 1.2815515655446004;
constexpr double kRoot2 = 1.4142135623730951;

double NormalAbove(double z) { return 0.5 * std::erfc(z / kRoot2); }

// Acklam's rational approximation of the normal quantile, exact to 1e-9.
double NormalQuantile(double p) {
  static constexpr double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,
                                 -2.759285104469687e+02, 1.383577518672690e+02,
                                 -3.066479806614716e+01, 2.506628277459239e+00};
  static constexpr double b[] = {-5.447609879822406e+01, 1.615858368580409e+02,
                                 -1.556989798598866e+02, 6.680131188771972e+01,
                                 -1.328068155288572e+01};
  static constexpr double c[] = {-7.784894002430293e-03, -3.223964580411365e-01,
                                 -2.400758277161838e+00, -2.549732539343734e+00,
                                 4.374664141464968e+00,  2.938163982698783e+00};
  static constexpr double d[] = {7.784695709041462e-03, 3.224671290700398e-01,
                                 2.445134137142996e+00, 3.754408661907416e+00};
  if (p < 0.02425 || p > 1 - 0.02425) {
    double q = std::sqrt(-2 * std::log(std::min(p, 1 - p)));
    double z = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
               ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
    return p < 0.5 ? z : -z;
  }
  double q = p - 0.5;
  double r = q * q;
  return (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
         (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
}

double ShapeOf(double mean, double spread) {
  return std::max(mean * mean / (spread * spread), kShapeMin);
}

double At(std::vector<double>& values, double share) {
  auto place = values.begin() +
               static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1) + 0.5);
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

}  // namespace

std::size_t MinutesBand(double mean_minutes) {
  std::size_t band = kMinutesBands.size() - 1;
  while (band > 0 && mean_minutes < kMinutesBands[band]) --band;
  return band;
}

const Calibration& FixedCalibration() {
  static constexpr Calibration kFixed{{{{0.17, 2.0, 1.02},
                                        {0.10, 2.28, 0.955},
                                        {0.09, 1.445, 0.935},
                                        {0.087, 1.235, 0.893},
                                        {0.055, 1.15, 0.88}}}};
  return kFixed;
}

PointsDistribution::PointsDistribution(double mean, double spread, const Calibration::Band& band)
    : mean_(std::max(mean, kMeanMin)), shape_(ShapeOf(mean_, spread)), band_(band) {}

double PointsDistribution::Quantile(double probability) const {
  double normal = NormalQuantile(probability);
  double z = band_.centre + (normal < 0 ? band_.below : band_.above) * normal;
  double root = 1 - 1 / (9 * shape_) + z / (3 * std::sqrt(shape_));
  return root <= 0 ? 0 : mean_ * root * root * root;
}

double PointsDistribution::Over(const Line& line) const {
  return Above(std::floor(line.value()) + 0.5);
}

double PointsDistribution::Under(const Line& line) const {
  return 1 - Above(std::ceil(line.value()) - 0.5);
}

double PointsDistribution::Above(double points) const {
  double root = std::cbrt(points / mean_);
  double z = (root - 1 + 1 / (9 * shape_)) * 3 * std::sqrt(shape_);
  double beyond = z - band_.centre;
  return NormalAbove(beyond / (beyond < 0 ? band_.below : band_.above));
}

double PointsDistribution::Place(double mean, double spread, double points) {
  mean = std::max(mean, kMeanMin);
  double shape = ShapeOf(mean, spread);
  return (std::cbrt(std::max(points, 0.0) / mean) - 1 + 1 / (9 * shape)) * 3 * std::sqrt(shape);
}

Calibration Calibrate(std::span<const Placed> placed) {
  std::array<std::vector<double>, kMinutesBands.size()> places;
  for (const Placed& one : placed) places[one.band].push_back(one.place);
  Calibration calibration = FixedCalibration();
  for (std::size_t band = 0; band < places.size(); ++band) {
    if (places[band].size() < kBandMin) continue;
    double middle = At(places[band], 0.5);
    auto width = [&](double edge) { return std::max(edge / kNormal90, 0.1); };
    calibration.bands[band] = {middle, width(middle - At(places[band], 0.1)),
                               width(At(places[band], 0.9) - middle)};
  }
  return calibration;
}

}  // namespace tipoff
