#include "worker/predictor.h"

#include <exception>

namespace tipoff {

std::vector<PredictedRequest> PredictEach(const Predictor& predict, const BatchId& batch,
                                          std::span<const PredictionInput> inputs) {
  std::vector<PredictedRequest> predicted;
  std::string problem = "the predictor gave no answer";
  try {
    predicted = predict(batch, inputs);
  } catch (const std::exception& thrown) {
    problem = thrown.what();
    predicted.clear();
  }
  if (predicted.size() == inputs.size()) return predicted;
  if (inputs.size() == 1) return {{RequestState::kFailed, "SystemError: " + problem, {}}};
  // One of them spoils the call: find out which by predicting each alone.
  predicted.clear();
  for (const PredictionInput& input : inputs) {
    predicted.push_back(std::move(PredictEach(predict, batch, {&input, 1}).front()));
  }
  return predicted;
}

}  // namespace tipoff
