#include "predict/spread.h"

#include <algorithm>
#include <cmath>

namespace tipoff {
namespace {

// Least squares of the squared errors on the seasons 2021-22 to 2023-24: tests/tune.
constexpr double kVarianceBase = 5.7;
constexpr double kVariancePerPoint = 2.14;
constexpr double kOwnShare = 0.2;    // Of the player's own variance over his last games.
constexpr double kOwnGames = 20;     // As many as points_sd looks at.
constexpr double kLeagueBase = 7.5;  // What takes the place of games that he does not have yet.
constexpr double kLeaguePerPoint = 2.57;
// About the mean itself: of one game the variance is half as much more.
constexpr double kDoubt = 0.5;

}  // namespace

double PointsSpread(double mean, const Features& features) {
  double n = std::min(features.games, kOwnGames);
  double league = kLeagueBase + kLeaguePerPoint * mean;
  double own = (n * features.points_sd * features.points_sd + (kOwnGames - n) * league) / kOwnGames;
  double variance = kVarianceBase + kVariancePerPoint * mean + kOwnShare * own;
  return std::sqrt(variance * (1 + kDoubt / features.games));
}

}  // namespace tipoff
