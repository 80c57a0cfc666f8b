// `tipoff doctor`: is everything well, and what to do if not.
#pragma once

#include "app/command.h"

namespace tipoff {

// Declares `doctor` on `root`. It reads the configuration itself: a broken one is what it is to
// tell.
void AddDoctor(CLI::App& root, Globals& globals, Run& run);

}  // namespace tipoff
