// Which model this process predicts with, and how a new one gets where the next looks for it.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "app/command.h"
#include "predict/pipeline.h"
#include "predict/xgboost/model.h"
#include "worker/predictor.h"

namespace tipoff {

// model.file, else models/points.model in the data folder.
std::string ModelPath(const Globals& globals);

// nullopt: there is none, and none was asked for. An error is kUnsupported, so that the exit code
// is 78, and names the file: a model that can't be used is refused, never left out without a word.
Result<std::optional<Model>> FindModel(const Globals& globals);

// The standard systems, with those of `model` if there is one.
Result<std::shared_ptr<const Pipeline>> PipelineWith(const std::optional<Model>& model,
                                                     const Config& config);

struct ChosenModel {
  Predictor predict;    // Any thread.
  std::string version;  // Of the model; empty without one.
};
// Both in one. Read once, at the start: a file that is replaced later serves the next start.
Result<ChosenModel> ChooseModel(const Globals& globals);

// Atomic: another process finds the old file or the new one.
Status WriteModel(const std::string& path, const std::string& bytes);

}  // namespace tipoff
