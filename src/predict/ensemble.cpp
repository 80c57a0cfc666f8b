#include "predict/ensemble.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "predict/spread.h"

namespace tipoff {
namespace {

constexpr std::string_view kVersion = "ensemble/1";
constexpr std::string_view kLearnedVersion = "ensemble/2";  // With learned weights.

// What agreement is worth, by the standard deviation of the members' means.
double AgreementBonus(double disagreement) {
  if (disagreement < 2) return 0.10;
  if (disagreement < 3) return 0.05;
  if (disagreement < 6) return -0.05;
  return -0.10;
}

constexpr double kCompleteBonus = 0.05;

// 0 for who does not apply or was not heard of.
std::vector<double> LearnedWeights(std::span<const Member> members,
                                   std::span<const EnsembleWeight> learned) {
  std::vector<double> weights(members.size(), 0.0);
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].estimate == nullptr) continue;
    for (const EnsembleWeight& weight : learned) {
      if (weight.system == members[i].name) weights[i] = weight.weight;
    }
  }
  return weights;
}

}  // namespace

double Ensemble::WeightOf(std::string_view system) const {
  auto found = std::find_if(parameters_.weights.begin(), parameters_.weights.end(),
                            [&](const EnsembleWeight& weight) { return weight.system == system; });
  return found == parameters_.weights.end() ? 1.0 : found->weight;
}

std::optional<EnsembleEstimate> Ensemble::Combine(std::span<const Member> members) const {
  return Combine(members, {});
}

std::optional<EnsembleEstimate> Ensemble::Combine(std::span<const Member> members,
                                                  std::span<const EnsembleWeight> learned) const {
  std::vector<double> weights = LearnedWeights(members, learned);
  double all = std::accumulate(weights.begin(), weights.end(), 0.0);
  bool fixed = all <= 0;
  std::size_t present = 0;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].estimate == nullptr) continue;
    ++present;
    if (!fixed) continue;
    weights[i] = WeightOf(members[i].name) * members[i].estimate->confidence;
    all += weights[i];
  }
  if (present < kMembersMin || all <= 0) return std::nullopt;

  double n = static_cast<double>(present), sum = 0, squares = 0, confidence = 0;
  EnsembleEstimate combined;
  Estimate& whole = combined.estimate;
  std::vector<std::pair<std::string, double>> shares;
  for (std::size_t i = 0; i < members.size(); ++i) {
    if (members[i].estimate == nullptr) continue;
    const Estimate& estimate = *members[i].estimate;
    double share = weights[i] / all;
    whole.mean += share * estimate.mean;
    whole.spread += share * estimate.spread;
    confidence += share * estimate.confidence;
    sum += estimate.mean;
    squares += estimate.mean * estimate.mean;
    combined.model_version += combined.model_version.empty() ? "" : ", ";
    combined.model_version += members[i].version;
    whole.components.emplace_back(members[i].name, estimate.mean);
    shares.emplace_back("share_" + std::string(members[i].name), share);
  }
  combined.model_version =
      std::string(fixed ? kVersion : kLearnedVersion) + " of " + combined.model_version;
  double disagreement = std::sqrt(std::max(0.0, squares / n - sum * sum / (n * n)));
  whole.components.insert(whole.components.end(), shares.begin(), shares.end());
  whole.components.emplace_back("disagreement", disagreement);
  confidence += AgreementBonus(disagreement) + (present == members.size() ? kCompleteBonus : 0);
  whole.mean = std::clamp(whole.mean, kPointsMin, kPointsMax);
  whole.confidence = std::clamp(confidence, 0.20, 0.95);
  return combined;
}

}  // namespace tipoff
