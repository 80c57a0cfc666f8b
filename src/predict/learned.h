// What was learned from past games beside a model itself: how much each system weighs, and how far
// its spread is to be believed. Without it fixed numbers serve.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/instant.h"
#include "predict/distribution.h"
#include "predict/ensemble.h"

namespace tipoff {

struct SystemCalibration {
  std::string system;
  Calibration calibration;

  friend bool operator==(const SystemCalibration&, const SystemCalibration&) = default;
};

struct Learned {
  // No game of that day or later was looked at. A day before it is predicted as if nothing had been
  // learned: else a prediction of the past would know its future.
  Day until;
  std::vector<EnsembleWeight> weights;  // They add up to 1; empty: the fixed ones.
  std::vector<SystemCalibration> calibrations;

  const Calibration* CalibrationOf(std::string_view system) const {
    auto found = std::find_if(calibrations.begin(), calibrations.end(),
                              [&](const SystemCalibration& c) { return c.system == system; });
    return found == calibrations.end() ? nullptr : &found->calibration;
  }

  friend bool operator==(const Learned&, const Learned&) = default;
};

}  // namespace tipoff
