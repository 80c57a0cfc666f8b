// `tipoff demo`: a made-up league, imported, and its next game day predicted.
#pragma once

#include "app/command.h"

namespace tipoff {

// Declares `demo` on `root`.
void AddDemo(CLI::App& root, const Globals& globals, Run& run);

}  // namespace tipoff
