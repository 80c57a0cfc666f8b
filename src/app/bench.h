// `tipoff bench`: how fast the whole durable cycle is on this machine and this disk.
#pragma once

#include "app/command.h"

namespace tipoff {

void AddBench(CLI::App& root, Globals& globals, Run& run);

}  // namespace tipoff
