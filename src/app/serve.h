// `tipoff serve`: the coordinator as a service.
#pragma once

#include "app/command.h"

namespace tipoff {

void AddServe(CLI::App& root, Globals& globals, Run& run);

}  // namespace tipoff
