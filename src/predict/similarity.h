// What he scored in games like this one: against such a defence, as rested, at such a venue, in
// such form.
#pragma once

#include "predict/system.h"

namespace tipoff {

// Applies from 5 games. Each past game is scored 0..100: opponent's tier (same 40, next 20), rest
// (same bucket 30, next 15), venue 15, form 15 or 5. The mean of the points weighs each game by the
// square of its score, and by its age, because a player changes.
class Similarity final : public PredictionSystem {
 public:
  static constexpr std::size_t kGamesMin = 5;

  std::string_view name() const override { return "similarity"; }
  std::string_view version() const override { return "similarity/1"; }
  std::vector<std::optional<Estimate>> Predict(
      std::span<const PredictionInput> inputs) const override;
};

}  // namespace tipoff
