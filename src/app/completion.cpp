#include "app/completion.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace tipoff {
namespace {

// Every script walks over the words before the cursor to find the command that they name, and keeps
// its path as " batch list". What it matches words against is "<path> <word>".
std::string Place(const CommandSpec& command) {
  return command.path.size() == 1 ? "" : " " + command.Path();
}

// The program's own options may stand after any command.
bool IsRoot(const CommandSpec& command) { return command.path.size() == 1; }

// Quoted for a shell that knows no escape within single quotes.
std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) quoted += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return quoted + "'";
}

struct Valued {
  std::vector<std::string> patterns;  // In the shell's own notation.
  std::vector<std::string> choices;
};

// The options that take a value, with a pattern for each of their names. Bash and zsh want the star
// of a pattern unquoted, fish quoted.
std::vector<Valued> ValuedOptions(const CommandSpec& root, bool star_quoted = false) {
  std::vector<Valued> all;
  for (const CommandSpec* command : AllCommands(root)) {
    for (const CommandOption& option : command->options) {
      if (option.value.empty() || option.names.empty()) continue;
      Valued valued{{}, option.choices};
      for (const std::string& name : option.names) {
        std::string pattern = Place(*command) + " " + name;
        if (IsRoot(*command) && star_quoted) pattern = "*" + pattern;
        bool star_first = IsRoot(*command) && !star_quoted;
        valued.patterns.push_back((star_first ? "*" : "") + Quoted(pattern));
      }
      all.push_back(std::move(valued));
    }
  }
  return all;
}

std::string AllValuedPatterns(const std::vector<Valued>& valued, std::string_view separator) {
  std::vector<std::string> patterns;
  for (const Valued& option : valued) {
    patterns.insert(patterns.end(), option.patterns.begin(), option.patterns.end());
  }
  return fmt::format("{}", fmt::join(patterns, separator));
}

std::string AllPlacePatterns(const CommandSpec& root, std::string_view separator) {
  std::vector<std::string> patterns;
  for (const CommandSpec* command : AllCommands(root)) {
    if (!IsRoot(*command)) patterns.push_back(Quoted(Place(*command)));
  }
  return fmt::format("{}", fmt::join(patterns, separator));
}

// What may stand where no option is wanted: subcommands, or the choices of an argument.
std::vector<std::pair<std::string, std::string>> Words(const CommandSpec& command) {
  std::vector<std::pair<std::string, std::string>> words;
  for (const CommandSpec& child : command.children)
    words.emplace_back(child.Name(), child.description);
  for (const CommandOption& option : command.options) {
    if (!option.names.empty()) continue;
    for (const std::string& choice : option.choices) words.emplace_back(choice, option.description);
  }
  return words;
}

std::string BashPlaces(const CommandSpec& root) {
  std::string text;
  for (const CommandSpec* command : AllCommands(root)) {
    std::vector<std::string> words, options;
    for (const auto& [word, help] : Words(*command)) words.push_back(word);
    for (const CommandOption& option : command->options) {
      options.insert(options.end(), option.names.begin(), option.names.end());
    }
    if (!IsRoot(*command)) options.push_back("$everywhere");
    text += fmt::format("    {}) words=\"{}\" options=\"{}\" ;;\n", Quoted(Place(*command)),
                        fmt::join(words, " "), fmt::join(options, " "));
  }
  return text;
}

std::string BashEverywhere(const CommandSpec& root) {
  std::vector<std::string> names;
  for (const CommandOption& option : root.options) {
    names.insert(names.end(), option.names.begin(), option.names.end());
  }
  return fmt::format("{}", fmt::join(names, " "));
}

// "name:description" for zsh's _describe.
std::string ZshWord(std::string_view name, std::string_view description) {
  std::string text;
  for (char c : name) text += c == ':' ? std::string("\\:") : std::string(1, c);
  return Quoted(fmt::format("{}:{}", text, description));
}

std::string ZshPlaces(const CommandSpec& root) {
  std::string text;
  for (const CommandSpec* command : AllCommands(root)) {
    text += fmt::format("    {})\n", Place(*command).empty() ? "''" : Quoted(Place(*command)));
    text += "      commands=(";
    for (const auto& [word, help] : Words(*command)) text += "\n        " + ZshWord(word, help);
    text += ")\n      options+=(";
    if (!IsRoot(*command)) {
      for (const CommandOption& option : command->options) {
        for (const std::string& name : option.names) {
          text += "\n        " + ZshWord(name, option.description);
        }
      }
    }
    text += ")\n      ;;\n";
  }
  return text;
}

std::string ZshEverywhere(const CommandSpec& root) {
  std::string text;
  for (const CommandOption& option : root.options) {
    for (const std::string& name : option.names) {
      text += "\n    " + ZshWord(name, option.description);
    }
  }
  return text;
}

// Fish does know escapes within single quotes.
std::string FishQuoted(std::string_view text) {
  std::string quoted = "'";
  for (char c : text) {
    if (c == '\'' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "'";
}

std::string FishOption(const CommandSpec& command, const CommandOption& option) {
  std::string line = "complete -c tipoff";
  if (!IsRoot(command)) line += " -n " + FishQuoted("__tipoff_at '" + Place(command) + "'");
  for (const std::string& name : option.names) {
    line += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
  }
  if (!option.choices.empty()) {
    line += fmt::format(" -x -a {}", FishQuoted(fmt::format("{}", fmt::join(option.choices, " "))));
  } else if (!option.value.empty()) {
    line += " -r";
  }
  return line + " -d " + FishQuoted(option.description) + "\n";
}

using Script = std::string (*)(const CommandSpec&);

}  // namespace

std::string BashCompletion(const CommandSpec& root) {
  std::vector<Valued> valued = ValuedOptions(root);
  std::string choices;
  for (const Valued& option : valued) {
    if (option.choices.empty()) continue;
    choices += fmt::format("    {}) COMPREPLY=($(compgen -W {} -- \"$cur\")); return ;;\n",
                           fmt::join(option.patterns, "|"),
                           Quoted(fmt::format("{}", fmt::join(option.choices, " "))));
  }
  return fmt::format(
      R"(# bash completion of tipoff, made by `tipoff completion bash`.
_tipoff() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}
  local place="" word words="" options="" i
  local everywhere="{everywhere}"
  COMPREPLY=()
  # Bash takes "--output=json" for three words.
  if [[ $cur == "=" ]]; then
    cur=""
  elif [[ $before == "=" ]]; then
    before=${{COMP_WORDS[COMP_CWORD-2]}}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${{COMP_WORDS[i]}}
    case "$place $word" in
      {values}) ((i++)); [[ ${{COMP_WORDS[i]}} == "=" ]] && ((i++)) ;;
      {places}) place="$place $word" ;;
    esac
  done
  case "$place $before" in
{choices}    {values}) return ;;
  esac
  case "$place" in
{at}  esac
  [[ $cur == -* ]] && words=$options
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
}}
complete -o default -F _tipoff tipoff
)",
      fmt::arg("everywhere", BashEverywhere(root)),
      fmt::arg("values", AllValuedPatterns(valued, "|")),
      fmt::arg("places", AllPlacePatterns(root, "|")), fmt::arg("choices", choices),
      fmt::arg("at", BashPlaces(root)));
}

std::string ZshCompletion(const CommandSpec& root) {
  std::vector<Valued> valued = ValuedOptions(root);
  std::string choices;
  for (const Valued& option : valued) {
    if (option.choices.empty()) continue;
    choices += fmt::format("    {}) compadd -- {}; return ;;\n", fmt::join(option.patterns, "|"),
                           fmt::join(option.choices, " "));
  }
  return fmt::format(R"(#compdef tipoff
# zsh completion of tipoff, made by `tipoff completion zsh`.
_tipoff() {{
  local place="" word i
  local -a commands options
  options=({everywhere})
  for ((i = 2; i < CURRENT; i++)); do
    word=${{words[i]}}
    case "$place $word" in
      {values}) ((i++)) ;;
      {places}) place="$place $word" ;;
    esac
  done
  case "$place ${{words[CURRENT-1]}}" in
{choices}    {values}) _files; return ;;
  esac
  case "$place" in
{at}  esac
  if [[ ${{words[CURRENT]}} == -* ]]; then
    _describe -o option options
  elif (( ${{#commands}} )); then
    _describe command commands
  else
    _files
  fi
}}
if [[ ${{funcstack[1]}} == _tipoff ]]; then
  _tipoff "$@"
else
  compdef _tipoff tipoff
fi
)",
                     fmt::arg("everywhere", ZshEverywhere(root)),
                     fmt::arg("values", AllValuedPatterns(valued, "|")),
                     fmt::arg("places", AllPlacePatterns(root, "|")), fmt::arg("choices", choices),
                     fmt::arg("at", ZshPlaces(root)));
}

std::string FishCompletion(const CommandSpec& root) {
  std::string values = AllValuedPatterns(ValuedOptions(root, true), " ");
  std::string text =
      fmt::format(R"(# fish completion of tipoff, made by `tipoff completion fish`.
function __tipoff_place
    set -l words (commandline -opc)
    set -e words[1]
    set -l place ''
    set -l skip 0
    for word in $words
        if test $skip = 1
            set skip 0
            continue
        end
        switch "$place $word"
            case {values}
                set skip 1
            case {places}
                set place "$place $word"
        end
    end
    echo "$place"
end
function __tipoff_at
    set -l place (__tipoff_place)
    test "$place" = "$argv[1]"
end
)",
                  fmt::arg("values", values), fmt::arg("places", AllPlacePatterns(root, " ")));
  for (const CommandSpec* command : AllCommands(root)) {
    std::string here = FishQuoted("__tipoff_at '" + Place(*command) + "'");
    for (const auto& [word, help] : Words(*command)) {
      text += fmt::format("complete -c tipoff -f -n {} -a {} -d {}\n", here, FishQuoted(word),
                          FishQuoted(help));
    }
    for (const CommandOption& option : command->options) {
      if (!option.names.empty()) text += FishOption(*command, option);
    }
  }
  return text;
}

void AddCompletion(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command =
      root.add_subcommand("completion", "Print a script that completes tipoff's command line");
  auto shell = std::make_shared<std::string>();
  command->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->footer(
      "Examples:\n"
      "  source <(tipoff completion bash)                    # in ~/.bashrc\n"
      "  tipoff completion zsh > ~/.zfunc/_tipoff            # a folder of $fpath\n"
      "  tipoff completion fish > ~/.config/fish/completions/tipoff.fish");
  command->callback([&root, &globals, &run, shell] {
    globals.without_config = true;
    run = [&root, shell] {
      Script script = *shell == "bash"  ? BashCompletion
                      : *shell == "zsh" ? ZshCompletion
                                        : FishCompletion;
      fmt::print("{}", script(ReadCommands(root)));
      return kExitSucceeded;
    };
  });
}

}  // namespace tipoff
