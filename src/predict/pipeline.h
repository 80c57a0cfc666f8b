// From requests to rows: the one way in which anything is predicted, by workers and by grading.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "core/prediction.h"
#include "core/request.h"
#include "predict/ensemble.h"
#include "predict/learned.h"
#include "predict/recommendation.h"
#include "predict/stat.h"
#include "predict/system.h"

namespace tipoff {

// How one request ended, as its completion tells it.
struct PredictedRequest {
  RequestState status = RequestState::kSucceeded;  // kSucceeded, kSkipped or kFailed.
  // kSkipped: "PlayerOut", "NoHistory", "InvalidInput: ..."; kFailed: "BadEstimate: ...".
  std::string reason;
  std::vector<Prediction> predictions;  // By system in their order, the ensemble last; by line.

  friend bool operator==(const PredictedRequest&, const PredictedRequest&) = default;
};

// moving_average, rate_minutes, similarity.
std::vector<std::unique_ptr<PredictionSystem>> StandardSystems();

class Pipeline {
 public:
  explicit Pipeline(std::vector<std::unique_ptr<PredictionSystem>> systems = StandardSystems(),
                    EnsembleParameters ensemble = {}, RecommendationRules rules = {},
                    std::optional<Learned> learned = std::nullopt, const Stat& stat = Points());

  // One answer for each input, in order. For every system that applies, and for the ensemble of
  // two or more, a row per line; without a line one row whose line is null and that says NO_LINE.
  // Of another stat than points the numbers are counts of it, and lines, which are of points, are
  // left out. Each row has its quantiles and, with a line, the probability of more points than
  // that. What was learned serves from its day on; a day before it is predicted with the fixed
  // numbers. A request that can't be predicted is skipped with its reason and disturbs no other.
  // Pure: the same input gives the same rows and ids, wherever it runs. Callable from any thread.
  std::vector<PredictedRequest> Predict(const BatchId& batch,
                                        std::span<const PredictionInput> inputs) const;

 private:
  using Estimates = std::vector<std::vector<std::optional<Estimate>>>;  // By system, then input.

  PredictedRequest RowsFor(const BatchId& batch, const PredictionInput& input,
                           const Estimates& estimates, std::size_t index) const;

  std::vector<std::unique_ptr<PredictionSystem>> systems_;
  Ensemble ensemble_;
  RecommendationRules rules_;
  std::optional<Learned> learned_;
  const Stat& stat_;
};

}  // namespace tipoff
