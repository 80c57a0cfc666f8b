// `tipoff announcements`: what was told, what is not told yet, and trying a receiver.
#pragma once

#include "app/command.h"

namespace tipoff {

// Declares `announcements` on `root`.
void AddAnnouncements(CLI::App& root, const Globals& globals, Run& run);

}  // namespace tipoff
