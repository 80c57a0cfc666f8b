// `tipoff audit`, and how the command line's own actions get into the audit log.
#pragma once

#include <string>

#include "app/command.h"
#include "app/engines.h"

namespace tipoff {

// Declares `audit` on `root`.
void AddAudit(CLI::App& root, const Globals& globals, Run& run);

// Writes who runs this program and what he is about to do. After an error he must not do it.
Status WriteAudit(Engines& engines, const std::string& action, const std::string& target,
                  const std::string& why);

}  // namespace tipoff
