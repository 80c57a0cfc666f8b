// The command line as data, read off its one definition: what the completions and the man page are
// made from, so that they can't say anything else than --help.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace tipoff {

struct CommandOption {
  std::vector<std::string> names;  // "--output", "-o"; without any for a positional argument.
  std::string positional;          // "FILE" of those.
  std::string description;
  std::string value;                 // "DURATION"; "" for a flag, which takes none.
  std::vector<std::string> choices;  // Of the value, where they are known.
  std::string fallback;
  bool required = false;
  bool repeated = false;
};

struct CommandSpec {
  std::vector<std::string> path;  // {"tipoff", "batch", "list"}
  std::string description;
  std::string footer;
  std::vector<CommandOption> options;
  std::vector<CommandSpec> children;

  std::string Name() const { return path.back(); }
  // "batch list"; "" for the program itself.
  std::string Path() const;
};

// `root` and everything below it, in the order of declaration, without what is hidden (an empty
// group).
CommandSpec ReadCommands(const CLI::App& root);

// `command` and everything below it, parents first.
std::vector<const CommandSpec*> AllCommands(const CommandSpec& command);

}  // namespace tipoff
