// What a worker predicts with, kept from spoiling more than what it can't do.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "predict/pipeline.h"

namespace tipoff {

// Predicts many requests of one batch. Pure; what it throws counts as a deterministic error of the
// request that it was thrown for.
using Predictor = std::function<std::vector<PredictedRequest>(
    const BatchId& batch, std::span<const PredictionInput> inputs)>;

// One answer for each input. A request for which `predict` throws or does not answer is kFailed
// with "SystemError: ...", and disturbs no other.
std::vector<PredictedRequest> PredictEach(const Predictor& predict, const BatchId& batch,
                                          std::span<const PredictionInput> inputs);

}  // namespace tipoff
