// `tipoff batch ...`: everything about batches, on a server or on the data folder.
#pragma once

#include "app/command.h"

namespace tipoff {

// Declares `batch` and its verbs on `root`.
void AddBatch(CLI::App& root, const Globals& globals, Run& run);

}  // namespace tipoff
