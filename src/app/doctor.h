// `tipoff doctor`: is everything well, and what to do if not.
#pragma once

#include "app/command.h"

namespace tipoff {

// Declares `doctor` on `root`.
void AddDoctor(CLI::App& root, const Globals& globals, Run& run);

}  // namespace tipoff
