// Points as a product: expected minutes x shots a minute x points a shot, then the opponent and the
// venue. The three change at different speeds: minutes within a week, shots within a month,
// shooting luck hardly at all; so each has its own half-life. See predict/features.h.
#pragma once

#include "predict/features.h"
#include "predict/system.h"

namespace tipoff {

// One summand of the expected minutes: coefficient x value. The last ones are relative effects on
// the rate, written as the minutes that they are worth.
struct MinutesTerm {
  std::string_view name;
  double coefficient;
  double (*value)(const Features&);
};

// The whole model of rate_minutes: points = ScoringRate x sum of the terms, so that least squares
// finds all coefficients at once. `tune fit` in tests/tune prints them.
std::span<const MinutesTerm> MinutesTerms();

// Points a minute: shots a minute of two half-lives x points a shot; where shots are not known, the
// plain points a minute.
double ScoringRate(const Features& features);

// What the system expects, before rounding: 0..60.
double RateMinutesPoints(const Features& features);

// How far a system may trust itself with those games: 0.1..0.9.
double SampleConfidence(const Features& features);

// Applies from one game: with few games minutes and rate are drawn to the league's level.
class RateMinutes final : public PredictionSystem {
 public:
  std::string_view name() const override { return "rate_minutes"; }
  std::string_view version() const override { return "rate_minutes/1"; }
  std::vector<std::optional<Estimate>> Predict(
      std::span<const PredictionInput> inputs) const override;
};

}  // namespace tipoff
