#include "predict/rate_minutes.h"

#include <algorithm>
#include <array>

#include "predict/spread.h"

namespace tipoff {
namespace {

constexpr double kMinutesMax = 44;
constexpr double kLeagueMinutes = 18;
constexpr double kWeightShots4 = 0.45;

// From 1/7 on a back-to-back towards 1 for a long absence.
double Rest(const Features& f) { return f.rest_days / (f.rest_days + 6); }

// Least squares of the points on the seasons 2021-22 (from January) to 2023-24: tests/tune.
constexpr std::array kTerms{
    MinutesTerm{"base", 1.8069, [](const Features&) { return 1.0; }},
    MinutesTerm{"last", 0.0785, [](const Features& f) { return f.minutes_last; }},
    MinutesTerm{"form_2", 0.4504, [](const Features& f) { return f.minutes_form_2; }},
    MinutesTerm{"form_8", 0.3952, [](const Features& f) { return f.minutes_form_8; }},
    // Who has been away comes back slowly, a regular less so.
    MinutesTerm{"rest", -6.1963, [](const Features& f) { return Rest(f); }},
    MinutesTerm{"rest_of_regulars", 0.2237,
                [](const Features& f) { return Rest(f) * (f.minutes_form_8 - 20); }},
    MinutesTerm{"games_30_days", 0.0594, [](const Features& f) { return f.games_30_days; }},
    // Towards the season's end regulars are rested and the bench plays.
    MinutesTerm{"late_season", 6.3095, [](const Features& f) { return f.late_season; }},
    MinutesTerm{"late_season_of_regulars", -0.1935,
                [](const Features& f) { return f.late_season * f.minutes_form_8; }},
    // Minutes lost in lopsided games come back in the next ones.
    MinutesTerm{"margin", 0.1019, [](const Features& f) { return f.margin_5; }},
    MinutesTerm{"opponent_defence", 0.8852,
                [](const Features& f) { return f.opponent_defence * f.minutes_form_8; }},
    MinutesTerm{"team_offence", -0.3537,
                [](const Features& f) { return f.team_offence * f.minutes_form_8; }},
    MinutesTerm{"team_defence", 0.2403,
                [](const Features& f) { return f.team_defence * f.minutes_form_8; }},
    MinutesTerm{"home", 0.0144,
                [](const Features& f) { return (f.is_home - 0.5) * f.minutes_form_8; }},
};

double ExpectedMinutes(const Features& f) {
  double minutes = 0;
  for (const MinutesTerm& term : kTerms) minutes += term.coefficient * term.value(f);
  double sample = f.games * f.games * f.games;  // Of 10 games nothing is left of the league's.
  minutes = (sample * minutes + kLeagueMinutes) / (sample + 1);
  return std::clamp(minutes, 0.0, kMinutesMax);
}

}  // namespace

std::span<const MinutesTerm> MinutesTerms() { return kTerms; }

double ScoringRate(const Features& f) {
  double shots = kWeightShots4 * f.shots_per_minute_4 + (1 - kWeightShots4) * f.shots_per_minute_16;
  return f.shots_known * shots * f.points_per_shot + (1 - f.shots_known) * f.points_per_minute;
}

double RateMinutesPoints(const Features& f) {
  return std::clamp(ExpectedMinutes(f) * ScoringRate(f), kPointsMin, kPointsMax);
}

double SampleConfidence(const Features& f) {
  double sample = f.games / (f.games + 6);
  double steady = 1 - std::min(f.minutes_sd, 12.0) / 24;
  return std::clamp(0.9 * sample * steady, 0.1, 0.9);
}

std::vector<std::optional<Estimate>> RateMinutes::Predict(
    std::span<const PredictionInput> inputs) const {
  return EstimateEach(inputs, 1, [](const Features& f, const PredictionInput&) {
    double minutes = ExpectedMinutes(f);
    double rate = ScoringRate(f);
    double mean = f.rate_minutes;
    return Estimate{.mean = mean,
                    .spread = PointsSpread(mean, f),
                    .confidence = SampleConfidence(f),
                    .components = {{"expected_minutes", minutes},
                                   {"points_per_minute", rate},
                                   {"points_per_shot", f.points_per_shot},
                                   {"rest_days", f.rest_days},
                                   {"opponent_defence", f.opponent_defence}}};
  });
}

}  // namespace tipoff
