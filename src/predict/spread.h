// How far a player's points scatter around what was expected of him.
#pragma once

#include "predict/features.h"

namespace tipoff {

// Points of one game end here for every system.
inline constexpr double kPointsMin = 0;
inline constexpr double kPointsMax = 60;

// The predictive standard deviation of the points when `mean` is expected. Across the league the
// variance grows in proportion to the mean; a player's own scatter moves it as far as his games
// carry, and few games add doubt about the mean itself.
double PointsSpread(double mean, const Features& features);

}  // namespace tipoff
