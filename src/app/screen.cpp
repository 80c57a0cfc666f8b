#include "app/screen.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <iostream>

namespace tipoff {

void StandardScreen::Out(const std::string& text) {
  fmt::print("{}", text);
  std::fflush(stdout);
}

void StandardScreen::Note(const std::string& text) { fmt::print(stderr, "{}", text); }

bool StandardScreen::terminal() const {
  return isatty(STDIN_FILENO) == 1 && isatty(STDERR_FILENO) == 1;
}

bool StandardScreen::Ask(const std::string& question) {
  fmt::print(stderr, "{} [y/N] ", question);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == "y" || answer == "Y" || answer == "yes";
}

}  // namespace tipoff
