// `tipoff worker`: works requests in a process of its own, on the same data folder or, with --url,
// through the lease API of a server elsewhere.
#pragma once

#include "app/command.h"

namespace tipoff {

void AddWorker(CLI::App& root, const Globals& globals, Run& run);

}  // namespace tipoff
