#include "app/man.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/version.h"
#include "config/settings.h"

namespace tipoff {
namespace {

// Text for roff: a hyphen is what people type, a backslash is itself, and no line begins with a
// character that would make it a request.
std::string Roff(std::string_view text) {
  std::string escaped;
  bool line_begins = true;
  for (char c : text) {
    if (line_begins && (c == '.' || c == '\'')) escaped += "\\&";
    line_begins = c == '\n';
    if (c == '-') {
      escaped += "\\-";
    } else if (c == '\\') {
      escaped += "\\e";
    } else {
      escaped += c;
    }
  }
  return escaped;
}

std::string Tagged(std::string_view tag, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", tag, text.empty() ? "\\&" : Roff(text));
}

std::string OptionEntry(const CommandOption& option) {
  std::vector<std::string> names;
  for (const std::string& name : option.names) names.push_back("\\fB" + Roff(name) + "\\fR");
  if (names.empty()) names.push_back("\\fI" + Roff(option.positional) + "\\fR");
  std::string tag = fmt::format("{}", fmt::join(names, ", "));
  if (!option.names.empty() && !option.value.empty()) {
    tag += " \\fI" + Roff(option.value) + "\\fR";
  }
  std::string text = option.description;
  if (!option.choices.empty()) text += fmt::format(" ({})", fmt::join(option.choices, ", "));
  if (!option.fallback.empty()) text += fmt::format(" [{}]", option.fallback);
  if (option.required) text += " (required)";
  return Tagged(tag, text);
}

// "tipoff batch get [options] ID".
std::string Usage(const CommandSpec& command) {
  std::string usage = fmt::format("{}", fmt::join(command.path, " "));
  if (!command.options.empty()) usage += " [options]";
  for (const CommandOption& option : command.options) {
    if (!option.names.empty()) continue;
    std::string argument = option.positional + (option.repeated ? "..." : "");
    usage += option.required ? " " + argument : " [" + argument + "]";
  }
  if (!command.children.empty()) usage += " command";
  return usage;
}

std::string Section(const CommandSpec& command) {
  std::string text = fmt::format(".SS \"{}\"\n", Roff(Usage(command)));
  text += Roff(command.description) + "\n";
  for (const CommandOption& option : command.options) text += OptionEntry(option);
  if (!command.footer.empty()) text += ".PP\n.nf\n" + Roff(command.footer) + "\n.fi\n";
  return text;
}

std::string SettingsSection() {
  std::string text =
      ".SH SETTINGS\nA flag beats the environment, the environment beats the file, the file beats "
      "the default. Durations need a unit: ms, s, m, h or d.\n";
  for (const Setting& setting : Settings()) {
    std::string names = EnvironmentName(setting);
    if (setting.secret) names += fmt::format(", {}_FILE", names);
    if (!setting.alias.empty()) names += fmt::format(", {}", setting.alias);
    std::string fallback = setting.fallback.empty() ? "" : fmt::format(" [{}]", setting.fallback);
    text += Tagged(fmt::format("\\fB{}\\fR ({})", Roff(setting.key), Roff(names)),
                   fmt::format("{}{}", setting.help, fallback));
  }
  return text;
}

constexpr std::string_view kEnd = R"(.SH ENVIRONMENT
.TP
\fBTIPOFF_DATA\fR
The data folder, if \-\-data does not name it.
.TP
\fBTIPOFF_CONFIG\fR
The configuration file, if \-\-config does not name it.
.TP
\fBTIPOFF_URL\fR, \fBTIPOFF_KEY\fR
The server that commands speak to, and the key that they show it.
.TP
\fBTIPOFF_CRASH_AT\fR
A place at which the process kills itself, to try what a crash does; \fBlist\fR prints all places.
.SH FILES
.TP
\fItipoff.toml\fR in the data folder
The configuration; \fBtipoff config \-\-example\fR prints one.
.SH EXIT STATUS
.TP
0
succeeded
.TP
1
error
.TP
2
wrong usage
.TP
3
a wait timed out
.TP
4
not found, or no games
.TP
5, 6, 7, 8
the batch failed, ended partial, expired, was cancelled
.TP
77
not allowed
.TP
78
bad configuration
)";

}  // namespace

std::string ManPage(const CommandSpec& root, const std::string& version) {
  std::string name = root.Name();
  std::string purpose = root.description;
  if (purpose.starts_with(name + " ")) purpose.erase(0, name.size() + 1);
  std::string text =
      fmt::format(".TH TIPOFF 1 \"\" \"{} {}\" \"User Commands\"\n", name, Roff(version));
  text += fmt::format(".SH NAME\n{} \\- {}\n", name, Roff(purpose));
  text += fmt::format(".SH SYNOPSIS\n.B {}\n", Roff(Usage(root)));
  text += ".SH OPTIONS\nThese may stand before or after any command.\n";
  for (const CommandOption& option : root.options) text += OptionEntry(option);
  text += ".SH COMMANDS\n";
  for (const CommandSpec* command : AllCommands(root)) {
    if (command != &root) text += Section(*command);
  }
  return text + SettingsSection() + std::string(kEnd);
}

void AddMan(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand("man", "Print the manual page");
  command->footer(
      "Examples:\n"
      "  tipoff man | man -l -\n"
      "  tipoff man > /usr/local/share/man/man1/tipoff.1");
  command->callback([&root, &globals, &run] {
    globals.without_config = true;
    run = [&root] {
      fmt::print("{}", ManPage(ReadCommands(root), VersionText()));
      return kExitSucceeded;
    };
  });
}

}  // namespace tipoff
