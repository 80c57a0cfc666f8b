// `tipoff man`: the manual page, made from the definition of the command line and the table of
// settings.
#pragma once

#include <string>

#include "app/command.h"
#include "app/command_tree.h"

namespace tipoff {

// Call it last: it describes what `root` holds when the command runs.
void AddMan(CLI::App& root, Globals& globals, Run& run);

// A page of section 1, for `man -l`.
std::string ManPage(const CommandSpec& root, const std::string& version);

}  // namespace tipoff
