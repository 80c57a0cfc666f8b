#include "app/command_tree.h"

#include <CLI/CLI.hpp>

namespace tipoff {
namespace {

std::vector<std::string> SplitChoices(const std::string& type) {
  std::vector<std::string> choices;
  std::size_t open = type.find('{'), close = type.find('}');
  if (open == std::string::npos || close == std::string::npos || close < open) return choices;
  std::string list = type.substr(open + 1, close - open - 1);
  for (std::string& choice : CLI::detail::split(list, ',')) choices.push_back(std::move(choice));
  return choices;
}

CommandOption ReadOption(const CLI::Option& option) {
  CommandOption read;
  for (const std::string& name : option.get_lnames()) read.names.push_back("--" + name);
  for (const std::string& name : option.get_snames()) read.names.push_back("-" + name);
  read.description = option.get_description();
  read.fallback = option.get_default_str();
  read.required = option.get_required();
  read.repeated = option.get_items_expected_max() > 1;
  if (option.get_items_expected_max() > 0) {
    std::string type = option.get_type_name();
    read.choices = SplitChoices(type);
    read.value = read.choices.empty() ? type.substr(0, type.find(':')) : "CHOICE";
    if (read.value.empty()) read.value = "VALUE";
    for (char& c : read.value) c = c == ' ' ? '_' : static_cast<char>(std::toupper(c));
  }
  if (read.names.empty()) read.positional = option.get_name(true);
  return read;
}

CommandSpec ReadCommand(const CLI::App& app, std::vector<std::string> path) {
  CommandSpec command;
  command.path = std::move(path);
  command.description = app.get_description();
  command.footer = app.get_footer();
  for (const CLI::Option* option : app.get_options({})) {
    if (!option->get_group().empty()) command.options.push_back(ReadOption(*option));
  }
  for (const CLI::App* child : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (child->get_group().empty() || child->get_name().empty()) continue;
    std::vector<std::string> below = command.path;
    below.push_back(child->get_name());
    command.children.push_back(ReadCommand(*child, std::move(below)));
  }
  return command;
}

}  // namespace

std::string CommandSpec::Path() const {
  std::string text;
  for (std::size_t i = 1; i < path.size(); ++i) text += (i > 1 ? " " : "") + path[i];
  return text;
}

CommandSpec ReadCommands(const CLI::App& root) { return ReadCommand(root, {root.get_name()}); }

std::vector<const CommandSpec*> AllCommands(const CommandSpec& command) {
  std::vector<const CommandSpec*> all{&command};
  for (const CommandSpec& child : command.children) {
    for (const CommandSpec* below : AllCommands(child)) all.push_back(below);
  }
  return all;
}

}  // namespace tipoff
