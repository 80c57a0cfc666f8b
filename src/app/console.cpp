#include "app/console.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace tipoff {

void StandardConsole::Out(const std::string& text) { fmt::print("{}", text); }

void StandardConsole::OutNow(const std::string& text) {
  Out(text);
  std::fflush(stdout);
}

void StandardConsole::Note(const std::string& text) { fmt::print(stderr, "{}", text); }

bool StandardConsole::terminal() const {
  return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

bool StandardConsole::Ask(const std::string& question) {
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace tipoff
