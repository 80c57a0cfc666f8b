#include "app/man.h"

#include <gtest/gtest.h>

#include <sstream>

#include "config/settings.h"
#include "support/sample_commands.h"

namespace tipoff {
namespace {

std::string Page() {
  SampleCommands sample;
  return ManPage(ReadCommands(sample.root), "1.0+abc");
}

// As roff writes it.
std::string Escaped(const std::string& text) {
  std::string escaped;
  for (char c : text) escaped += c == '-' ? std::string("\\-") : std::string(1, c);
  return escaped;
}

TEST(Man, HasEveryCommandOptionAndSetting) {
  std::string page = Page();
  SampleCommands sample;
  CommandSpec root = ReadCommands(sample.root);
  for (const CommandSpec* command : AllCommands(root)) {
    EXPECT_NE(page.find(command->Path()), std::string::npos) << command->Path();
    for (const CommandOption& option : command->options) {
      for (const std::string& name : option.names) {
        EXPECT_NE(page.find(Escaped(name)), std::string::npos) << name;
      }
      EXPECT_NE(page.find(option.description), std::string::npos) << option.description;
    }
  }
  for (const Setting& setting : Settings()) {
    EXPECT_NE(page.find(EnvironmentName(setting)), std::string::npos) << setting.key;
  }
  EXPECT_NE(page.find(".SS \"tipoff batch get [options] ID\""), std::string::npos);
  EXPECT_NE(page.find(".SS \"tipoff import [options] [FILE...]\""), std::string::npos);
}

TEST(Man, NoLineOfTextBecomesARequest) {
  std::istringstream lines(Page());
  for (std::string line; std::getline(lines, line);) {
    EXPECT_FALSE(line.starts_with('\'')) << line;
    if (!line.starts_with('.')) continue;
    std::string request = line.substr(0, 3);
    EXPECT_TRUE(request == ".TH" || request == ".SH" || request == ".SS" || request == ".TP" ||
                request == ".PP" || request == ".B " || request == ".nf" || request == ".fi")
        << line;
  }
  EXPECT_NE(Page().find("\\&'quoted' and .dotted"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
