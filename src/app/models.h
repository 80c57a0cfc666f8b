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

// Of points model.file, else models/points.model in the data folder; of other stats that folder's.
std::string ModelPath(const Globals& globals, std::string_view stat = "points");

// nullopt: there is none, and none was asked for. An error is kUnsupported, so that the exit code
// is 78, and names the file: a model that can't be used is refused, never left out without a word.
Result<std::optional<Model>> FindModel(const Globals& globals, std::string_view stat = "points");

// The standard systems, with those of `model` if there is one.
Result<std::shared_ptr<const Pipeline>> PipelineWith(const std::optional<Model>& model,
                                                     const Config& config,
                                                     const Stat& stat = Points());

struct ChosenModel {
  Predictor predict;    // Any thread.
  std::string version;  // Of the models; empty without any.
};
// Both in one, for each stat of predict.stats: a request is answered by the rows of them all. Read
// once, at the start: a file that is replaced later serves the next start.
Result<ChosenModel> ChooseModel(const Globals& globals);

// Atomic: another process finds the old file or the new one.
Status WriteModel(const std::string& path, const std::string& bytes);

}  // namespace tipoff
