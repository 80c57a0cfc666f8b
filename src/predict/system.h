// Port: a prediction system turns what is known before tip-off into an estimate of a player's
// points. Systems are pure: the same input gives the same estimate, to the bit.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/request.h"
#include "history/history.h"

namespace tipoff {

// All that a system may look at. The games are strictly before the request's date.
struct PredictionInput {
  const RequestSpec* request = nullptr;
  const PlayerHistory* history = nullptr;
  const std::vector<TeamForm>* teams = nullptr;  // By name; shared by all requests of a date.
};

// A system's view of one player's points.
struct Estimate {
  double mean = 0;        // Points, 0..60 after clamping.
  double spread = 0;      // Standard deviation of the points around the mean; above 0.
  double confidence = 0;  // 0..1: how far the system trusts itself here.
  // What explains the mean: ("l5", 23.4), ("home", 0.5)... In points unless the name says else.
  std::vector<std::pair<std::string, double>> components;
};

class PredictionSystem {
 public:
  virtual ~PredictionSystem() = default;

  // "moving_average": stable, part of every prediction id.
  virtual std::string_view name() const = 0;
  // "moving_average/1": changes whenever the same input may give another estimate.
  virtual std::string_view version() const = 0;

  // One estimate for each input, in order; nullopt where the system does not apply (too few games).
  // Callable from any thread; the inputs outlive the call.
  virtual std::vector<std::optional<Estimate>> Predict(
      std::span<const PredictionInput> inputs) const = 0;
};

}  // namespace tipoff
