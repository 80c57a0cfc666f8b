// `tipoff setup`: makes what the profile needs to exist.
#pragma once

#include "app/command.h"

namespace tipoff {

void AddSetup(CLI::App& root, Globals& globals, Run& run);

}  // namespace tipoff
