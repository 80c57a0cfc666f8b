// What to say about a line.
#pragma once

#include <optional>

#include "core/line.h"
#include "core/prediction.h"

namespace tipoff {

struct RecommendationRules {
  double edge_min = 1.5;        // Points between prediction and line, from which on it is said.
  double confidence_min = 0.5;  // Below it: PASS.
  double chance_min = 0.55;  // Of the side that would be said, where it is known: below it, PASS.
};

// How likely what is, 0..1; both are below 1 together where the line is a whole number.
struct Chances {
  double over = 0;
  double under = 0;
};

// OVER or UNDER where the prediction is at least `edge_min` away from the line, confident and
// likely enough, else PASS; NO_LINE without a line. Judged on the numbers as they are published
// (points to one decimal, confidence to two), so that a row can be checked by looking at it.
Recommendation Recommend(double predicted_points, double confidence,
                         const std::optional<Line>& line, const RecommendationRules& rules = {},
                         const std::optional<Chances>& chances = std::nullopt);

}  // namespace tipoff
