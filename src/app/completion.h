// `tipoff completion bash|zsh|fish`: scripts that complete its command line, made from its
// definition.
#pragma once

#include <string>

#include "app/command.h"
#include "app/command_tree.h"

namespace tipoff {

// Call it last: it describes what `root` holds when the command runs.
void AddCompletion(CLI::App& root, Globals& globals, Run& run);

std::string BashCompletion(const CommandSpec& root);
std::string ZshCompletion(const CommandSpec& root);
std::string FishCompletion(const CommandSpec& root);

}  // namespace tipoff
