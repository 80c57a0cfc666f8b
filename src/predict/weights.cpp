#include "predict/weights.h"

#include <algorithm>

namespace tipoff {
namespace {

constexpr int kRounds = 400;
// Draws the weights of members that say the same together instead of to a corner.
constexpr double kRidge = 0.001;

}  // namespace

std::vector<double> LearnWeights(std::span<const MemberErrors> games, std::size_t members) {
  std::vector<double> weights(members,
                              1.0 / static_cast<double>(std::max<std::size_t>(members, 1)));
  if (games.empty()) return weights;
  std::vector<std::vector<double>> products(members, std::vector<double>(members, 0.0));
  double trace = 0;
  for (const MemberErrors& errors : games) {
    for (std::size_t i = 0; i < members; ++i) {
      for (std::size_t j = 0; j < members; ++j) products[i][j] += errors[i] * errors[j];
    }
  }
  for (std::size_t i = 0; i < members; ++i) trace += products[i][i];
  for (std::size_t i = 0; i < members; ++i) {
    products[i][i] += kRidge * trace / static_cast<double>(members);
  }
  auto slope = [&](std::size_t i) {
    double sum = 0;
    for (std::size_t j = 0; j < members; ++j) sum += products[i][j] * weights[j];
    return sum;
  };
  // Moves weight within each pair to where the error is least, again and again: it converges, for
  // the error is convex.
  for (int round = 0; round < kRounds; ++round) {
    for (std::size_t i = 0; i < members; ++i) {
      for (std::size_t j = i + 1; j < members; ++j) {
        double curvature = products[i][i] + products[j][j] - 2 * products[i][j];
        if (curvature <= 0) continue;
        double move = std::clamp((slope(j) - slope(i)) / curvature, -weights[i], weights[j]);
        weights[i] += move;
        weights[j] -= move;
      }
    }
  }
  return weights;
}

}  // namespace tipoff
