#include "predict/ensemble.h"

#include <algorithm>
#include <cmath>

#include "predict/spread.h"

namespace tipoff {
namespace {

constexpr std::string_view kVersion = "ensemble/1";

// What agreement is worth, by the standard deviation of the members' means.
double AgreementBonus(double disagreement) {
  if (disagreement < 2) return 0.10;
  if (disagreement < 3) return 0.05;
  if (disagreement < 6) return -0.05;
  return -0.10;
}

constexpr double kCompleteBonus = 0.05;

}  // namespace

double Ensemble::WeightOf(std::string_view system) const {
  auto found = std::find_if(parameters_.weights.begin(), parameters_.weights.end(),
                            [&](const EnsembleWeight& weight) { return weight.system == system; });
  return found == parameters_.weights.end() ? 1.0 : found->weight;
}

std::optional<EnsembleEstimate> Ensemble::Combine(std::span<const Member> members) const {
  double weights = 0, means = 0, spreads = 0, confidences = 0, sum = 0, squares = 0;
  std::size_t present = 0;
  EnsembleEstimate combined;
  combined.model_version = std::string(kVersion) + " of ";
  for (const Member& member : members) {
    if (member.estimate == nullptr) continue;
    const Estimate& estimate = *member.estimate;
    double weight = WeightOf(member.name) * estimate.confidence;
    weights += weight;
    means += weight * estimate.mean;
    spreads += weight * estimate.spread;
    confidences += weight * estimate.confidence;
    sum += estimate.mean;
    squares += estimate.mean * estimate.mean;
    combined.model_version += present == 0 ? "" : ", ";
    combined.model_version += member.version;
    combined.estimate.components.emplace_back(member.name, estimate.mean);
    ++present;
  }
  if (present < kMembersMin || weights <= 0) return std::nullopt;

  double n = static_cast<double>(present);
  double disagreement = std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n)));
  double confidence = confidences / weights + AgreementBonus(disagreement) +
                      (present == members.size() ? kCompleteBonus : 0);
  combined.estimate.components.emplace_back("disagreement", disagreement);
  combined.estimate.mean = std::clamp(means / weights, kPointsMin, kPointsMax);
  combined.estimate.spread = spreads / weights;
  combined.estimate.confidence = std::clamp(confidence, 0.20, 0.95);
  return combined;
}

}  // namespace tipoff
