// `tipoff config`: what is configured, and who says so.
#pragma once

#include <string>

#include "app/command.h"

namespace tipoff {

void AddConfig(CLI::App& root, Globals& globals, Run& run);

// Every setting with its value and origin. Secrets are "(set)" or empty.
std::string FormatConfig(const Config& config, Output output);
// A tipoff.toml with every default, commented out.
std::string ExampleConfig();

}  // namespace tipoff
