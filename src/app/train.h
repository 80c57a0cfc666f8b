// `tipoff train`: a new model from the box scores of a data folder.
#pragma once

#include "app/command.h"
#include "history/table.h"

namespace tipoff {

// Declares `train` on `root`. `history` gives the box scores.
void AddTrain(CLI::App& root, const Globals& globals,
              std::function<Result<HistoryTable>(const Globals&)> history, Run& run);

}  // namespace tipoff
