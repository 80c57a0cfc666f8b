// `tipoff simulate`: the whole system in a simulated world, thousands of times.
#pragma once

#include "app/command.h"

namespace tipoff {

void AddSimulate(CLI::App& root, Globals& globals, Run& run);

}  // namespace tipoff
