// What the systems look at, derived in one place from what is known before tip-off. Pure.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "predict/system.h"

namespace tipoff {

// One player before one game. All numbers, so that a learned model takes them as one flat vector
// (FeatureColumns names them, in the order of the members). Means over the last games are of fewer
// games where there are not so many; an off-season never hides games, but see "form".
//
// A form is an exponentially weighted mean over this season's games, with the half-life in games
// that its name ends in; the earlier seasons count together as one older opinion worth a few games.
// So the first games of a season lean on last season as a whole, not on its last week.
//
// "Shots" are shooting chances: field goals tried + 0.44 free throws tried.
struct Features {
  double games = 0;         // In the history given, at least 1.
  double season_games = 0;  // Of this season.

  double points_l5 = 0;
  double points_l10 = 0;
  double points_season = 0;  // This season's mean; of all games before its first one.
  double points_form_8 = 0;
  double points_sd = 0;     // Standard deviation over the last 20; 0 for a single game.
  double points_trend = 0;  // Mean of the last 5 less the mean of the last 20.

  double minutes_last = 0;
  double minutes_form_2 = 0;
  double minutes_form_8 = 0;
  double minutes_form_40 = 0;
  double minutes_sd = 0;  // Over the last 10.

  double points_per_minute = 0;  // Form of 16, drawn to the league's rate while minutes are few.
  double shots_per_minute_4 = 0;
  double shots_per_minute_16 = 0;
  double points_per_shot = 0;  // Of the last 40 or so, drawn to the league's: it is mostly luck.
  double shots_known = 0;      // 0..1: share of the recent minutes whose shots are known.

  double rest_days = 0;     // Since the last game, before this one: 1 is back-to-back. At most 60.
  double back_to_back = 0;  // 0 or 1.
  double games_7_days = 0;  // Played in the 7 days before.
  double games_30_days = 0;
  double late_season = 0;  // 0 until early March, up to 1 at the regular season's end, then 0.
  double is_home = 0;

  double opponent_defence = 0;  // Points it allows beyond the league's mean, as a share: soft.
  double opponent_offence = 0;  // The same of the points that it scores: pace, mostly.
  double opponent_tier = 1;     // 0, 1, 2: the third of the league, the hardest defences first.
  double team_offence = 0;
  double team_defence = 0;
  double margin_5 = 0;  // Mean of |plus-minus| in his last 5: lopsided games cut regulars' minutes.

  // What follows is for learned models.
  double points_last = 0;
  double minutes_l3 = 0;     // Mean of the last 3.
  double minutes_trend = 0;  // Mean of the last 3 less the mean of the last 10.
  double minutes_high = 0;   // Most of the last 10 ...
  double minutes_low = 0;    // ... and least.
  double threes_share = 0;   // Of his field goals tried in the last 20, those from beyond the arc.
  double free_throw_share = 0;     // Free throws tried a field goal tried, the same.
  double rebounds_per_minute = 0;  // Of the last 20; with assists, what kind of player he is.
  double assists_per_minute = 0;
  double plus_minus_10 = 0;    // Mean of the last 10.
  double same_team_games = 0;  // Played for today's team in a row, at most 40: he may be new there.
  double games_missed = 0;     // Of about one each 2.3 days of the last 30 that he did not play.
  double season_days = 0;      // Since his first game of this season.
  double expected_margin = 0;  // Of his team, from both forms and the venue, as a share of points.
  double expected_pace = 0;    // Points of both teams beyond the league's mean, as a share.
  double rate_minutes = 0;     // What the system of that name expects, in points.
};

// The games of a history that may be looked at: strictly before the request's date, newest first.
// A source that hands over later ones does not make a prediction look ahead.
std::span<const GameRecord> EarlierGames(const PredictionInput& input);

// Mean minutes over the last 10 of them, what bands of minutes are of; 0 without any.
double RecentMinutes(std::span<const GameRecord> earlier);

// Requires at least one earlier game. Reads no game of the request's date or later.
Features DeriveFeatures(const PredictionInput& input);

// The defence's third of the league by points allowed: 0 the hardest, 1, 2. An unknown team is 1.
int OpponentTier(const std::vector<TeamForm>& teams, std::string_view team);

// One estimate for each input by `estimate(features, input)`; nullopt where there are fewer than
// `games_min` earlier games, which is at least 1. The loop that every system shares.
template <class F>
std::vector<std::optional<Estimate>> EstimateEach(std::span<const PredictionInput> inputs,
                                                  std::size_t games_min, F estimate) {
  std::vector<std::optional<Estimate>> estimates;
  estimates.reserve(inputs.size());
  for (const PredictionInput& input : inputs) {
    if (EarlierGames(input).size() < games_min) {
      estimates.push_back(std::nullopt);
    } else {
      estimates.push_back(estimate(DeriveFeatures(input), input));
    }
  }
  return estimates;
}

struct FeatureColumn {
  std::string_view name;
  double Features::*value;
};
// All members of Features in their order: the flat vector of a learned model.
std::span<const FeatureColumn> FeatureColumns();

}  // namespace tipoff
