// What graded rows add up to: errors with how sure they are, coverage, and how lines were beaten.
#pragma once

#include <string>
#include <vector>

#include "predict/grading.h"

namespace tipoff {

// A figure and its 95 % interval: what it would have been with other dates of the same kind. Dates
// are drawn as wholes, for the games of one evening are alike.
struct Measured {
  double value = 0;
  double low = 0;
  double high = 0;

  friend bool operator==(const Measured&, const Measured&) = default;
};

// How one system did over rows with an actual value.
struct SystemScore {
  std::string system;
  std::string band;  // "all", or mean minutes of the last 10 games: "18-26", "32+".
  std::size_t count = 0;
  Measured mae;               // Mean absolute error, points.
  Measured bias;              // Mean of prediction less actual: above 0 is too high.
  Measured rmse;              // Root of the mean squared error.
  double mean_spread = 0;     // What the system said its root mean squared error would be.
  double within_spread = 0;   // Share of actuals within one spread.
  std::size_t intervals = 0;  // Rows with quantiles ...
  double coverage = 0;        // ... and the share of them from p10 to p90; 0.8 if they are right.
  std::size_t lines = 0;      // Rows with a probability and a line that was not hit exactly ...
  double brier = 0;           // ... and the mean squared error of that probability; 0.25 is a coin.
  std::size_t said = 0;       // OVER or UNDER was said, and the line was not hit exactly ...
  double hit_rate = 0;        // ... and that share was right.
};

// By system in the order of first appearance: all minutes, then each band that has rows. Rows
// without an actual value don't count. The same rows give the same intervals.
std::vector<SystemScore> ScoreSystems(const std::vector<GradeRow>& rows);

// The `count` rows of one system that were furthest off, the worst first.
std::vector<GradeRow> WorstMisses(const std::vector<GradeRow>& rows, const std::string& system,
                                  std::size_t count);

}  // namespace tipoff
