#include "predict/recommendation.h"

#include <cmath>

namespace tipoff {

Recommendation Recommend(double predicted_points, double confidence,
                         const std::optional<Line>& line, const RecommendationRules& rules,
                         const std::optional<Chances>& chances) {
  if (!line) return Recommendation::kNoLine;
  // In thousandths, as lines are: 26.0 less 24.5 is 1.5, not 1.4999999.
  std::int64_t edge = std::llround(predicted_points * 1000) - line->milli();
  if (confidence < rules.confidence_min || std::abs(edge) < std::llround(rules.edge_min * 1000)) {
    return Recommendation::kPass;
  }
  if (chances && (edge > 0 ? chances->over : chances->under) < rules.chance_min) {
    return Recommendation::kPass;
  }
  return edge > 0 ? Recommendation::kOver : Recommendation::kUnder;
}

}  // namespace tipoff
