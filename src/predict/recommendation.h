// What to say about a line.
#pragma once

#include <optional>

#include "core/line.h"
#include "core/prediction.h"

namespace tipoff {

struct RecommendationRules {
  double edge_min = 1.5;        // Points between prediction and line, from which on it is said.
  double confidence_min = 0.5;  // Below it: PASS.
};

// OVER or UNDER where the prediction is at least `edge_min` away from the line and confident
// enough, else PASS; NO_LINE without a line. Judged on the numbers as they are published (points to
// one decimal, confidence to two), so that a row can be checked by looking at it.
Recommendation Recommend(double predicted_points, double confidence,
                         const std::optional<Line>& line, const RecommendationRules& rules = {});

}  // namespace tipoff
