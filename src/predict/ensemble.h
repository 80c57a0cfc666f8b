// What the systems say together.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "predict/system.h"

namespace tipoff {

// One system's estimate of the player that the ensemble is asked about.
struct Member {
  std::string_view name;
  std::string_view version;
  const Estimate* estimate = nullptr;  // Null: the system does not apply to him.
};

struct EnsembleEstimate {
  Estimate estimate;
  // "ensemble/1 of moving_average/1, rate_minutes/1": who took part, so that a model that was left
  // out does not pass for having been heard.
  std::string model_version;
};

// Fixed weight of a system in the ensemble; 1 for one that is not known here.
struct EnsembleWeight {
  std::string system;
  double weight = 1;

  friend bool operator==(const EnsembleWeight&, const EnsembleWeight&) = default;
};

struct EnsembleParameters {
  // Tuned walk-forward on the seasons 2021-22 to 2023-24.
  std::vector<EnsembleWeight> weights = {
      {"moving_average", 0.10}, {"rate_minutes", 1.0}, {"similarity", 0.15}, {"xgboost", 1.0}};
};

class Ensemble {
 public:
  static constexpr std::string_view kName = "ensemble";
  static constexpr std::size_t kMembersMin = 2;

  explicit Ensemble(EnsembleParameters parameters = {}) : parameters_(std::move(parameters)) {}

  // The mean of those that apply, each weighing its fixed weight times its confidence. nullopt with
  // fewer than two of them: never 0.0. Confidence: theirs, and more where they agree and none is
  // missing; 0.20..0.95. The components have each member's mean by its name, and its share of the
  // whole as "share_" and its name.
  std::optional<EnsembleEstimate> Combine(std::span<const Member> members) const;
  // The same with weights that were learned: a member weighs what it says there, else nothing. With
  // none of weight among those that apply, the fixed weights serve.
  std::optional<EnsembleEstimate> Combine(std::span<const Member> members,
                                          std::span<const EnsembleWeight> learned) const;

 private:
  double WeightOf(std::string_view system) const;

  EnsembleParameters parameters_;
};

}  // namespace tipoff
