#include "app/completion.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <fstream>
#include <set>
#include <sstream>

#include "support/sample_commands.h"
#include "support/temp_folder.h"

namespace tipoff {
namespace {

std::string Sh(const std::string& command) {
  std::string text;
  FILE* pipe = popen((command + " 2>&1").c_str(), "r");
  EXPECT_NE(pipe, nullptr);
  char chunk[4096];
  while (std::size_t read = fread(chunk, 1, sizeof(chunk), pipe)) text.append(chunk, read);
  pclose(pipe);
  return text;
}

bool Have(const std::string& shell) { return !Sh("command -v " + shell).empty(); }

class CompletionTest : public testing::Test {
 protected:
  std::string Write(const std::string& name, const std::string& text) {
    std::string path = folder_.path() + "/" + name;
    std::ofstream(path) << text;
    return path;
  }

  // What bash offers for the last of `words`.
  std::set<std::string> Bash(const std::string& words) {
    std::string script = Write("tipoff.bash", BashCompletion(ReadCommands(sample_.root)));
    std::string ask = Write("ask.bash", "source " + script + "\nCOMP_WORDS=(" + words +
                                            ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_tipoff\n"
                                            "printf '%s\\n' \"${COMPREPLY[@]}\"\n");
    std::istringstream lines(Sh("bash --norc " + ask));
    std::set<std::string> offered;
    for (std::string line; std::getline(lines, line);) {
      if (!line.empty()) offered.insert(line);
    }
    return offered;
  }

  // What fish offers for the last word of `line`.
  std::set<std::string> Fish(const std::string& line) {
    std::string script = Write("tipoff.fish", FishCompletion(ReadCommands(sample_.root)));
    std::istringstream lines(Sh("cd " + folder_.path() + " && fish --no-config -c \"source " +
                                script + "; complete -C '" + line + "'\""));
    std::set<std::string> offered;
    for (std::string offer; std::getline(lines, offer);) {
      offered.insert(offer.substr(0, offer.find('\t')));
    }
    return offered;
  }

  using Words = std::set<std::string>;
  SampleCommands sample_;
  TempFolder folder_;
};

TEST_F(CompletionTest, EveryScriptHasEveryCommandAndOption) {
  CommandSpec root = ReadCommands(sample_.root);
  for (const std::string& script :
       {BashCompletion(root), ZshCompletion(root), FishCompletion(root)}) {
    for (const CommandSpec* command : AllCommands(root)) {
      EXPECT_NE(script.find(command->Name()), std::string::npos) << command->Path();
      for (const CommandOption& option : command->options) {
        for (const std::string& name : option.names) {
          std::string bare = name.substr(name.find_first_not_of('-'));
          bool found = script.find(name) != std::string::npos ||
                       script.find(" -l " + bare) != std::string::npos ||
                       script.find(" -s " + bare) != std::string::npos;
          EXPECT_TRUE(found) << name;
        }
      }
    }
    EXPECT_EQ(script.find("Not for people"), std::string::npos);
  }
}

TEST_F(CompletionTest, BashOffersWhatFits) {
  EXPECT_EQ(Bash("tipoff ''"), (Words{"batch", "import", "shell"}));
  EXPECT_EQ(Bash("tipoff b"), Words{"batch"});
  EXPECT_EQ(Bash("tipoff batch ''"), (Words{"list", "get"}));
  EXPECT_EQ(Bash("tipoff --data batch ''"), (Words{"batch", "import", "shell"}))
      << "the value of an option is no command";
  EXPECT_EQ(Bash("tipoff --data = batch ba"), Words{"batch"});
  EXPECT_EQ(Bash("tipoff batch -o json list --"),
            (Words{"--data", "--output", "--version", "--help", "--phase", "--live"}));
  EXPECT_EQ(Bash("tipoff -o ''"), (Words{"table", "json", "csv"}));
  EXPECT_EQ(Bash("tipoff batch list --output = j"), Words{"json"});
  EXPECT_EQ(Bash("tipoff batch list --phase ''"), Words{}) << "bash falls back to files";
  EXPECT_EQ(Bash("tipoff shell z"), Words{"zsh"});
}

TEST_F(CompletionTest, FishOffersWhatFits) {
  if (!Have("fish")) GTEST_SKIP() << "fish is not installed";
  EXPECT_EQ(Fish("tipoff "), (Words{"batch", "import", "shell"}));
  EXPECT_EQ(Fish("tipoff --data batch ba"), Words{"batch"});
  EXPECT_EQ(Fish("tipoff batch "), (Words{"list", "get"}));
  EXPECT_EQ(Fish("tipoff batch list --p"), Words{"--phase"});
  EXPECT_EQ(Fish("tipoff batch get --p"), Words{});
  EXPECT_EQ(Fish("tipoff batch list --output j"), Words{"json"});
  EXPECT_EQ(Fish("tipoff shell z"), Words{"zsh"});
}

TEST_F(CompletionTest, ZshUnderstandsItsScript) {
  if (!Have("zsh")) GTEST_SKIP() << "zsh is not installed";
  std::string script = Write("_tipoff", ZshCompletion(ReadCommands(sample_.root)));
  EXPECT_EQ(Sh("zsh -fn " + script), "");
  // The completion system itself needs a terminal: its functions are stood in for.
  std::string ask = Write("ask.zsh",
                          "compdef() { }\n_files() { print files }\n"
                          "_describe() { local name=${@[-1]}; print -l -- ${(P)name%%:*} }\n"
                          "source " +
                              script +
                              "\n"
                              "ask() { words=(\"$@\"); CURRENT=$#; _tipoff; print -- . }\n"
                              "compadd() { shift; print -l -- \"$@\" }\n"
                              "ask tipoff ''\nask tipoff --data batch batch ''\nask tipoff -o ''\n"
                              "ask tipoff batch list --phase ''\nask tipoff batch list -\n");
  EXPECT_EQ(Sh("zsh -f " + ask),
            "batch\nimport\nshell\n.\nlist\nget\n.\ntable\njson\ncsv\n.\nfiles\n.\n"
            "--help\n-h\n--data\n--output\n-o\n--version\n--help\n-h\n--phase\n--live\n-l\n.\n");
}

}  // namespace
}  // namespace tipoff
