// `tipoff keys ...`: who may use the HTTP doors.
#pragma once

#include "app/command.h"

namespace tipoff {

// Declares `keys` and its verbs on `root`.
void AddKeys(CLI::App& root, const Globals& globals, Run& run);

}  // namespace tipoff
