#include "app/command_tree.h"

#include <gtest/gtest.h>

#include "support/sample_commands.h"

namespace tipoff {
namespace {

const CommandOption* Find(const CommandSpec& command, const std::string& name) {
  for (const CommandOption& option : command.options) {
    for (const std::string& other : option.names) {
      if (other == name) return &option;
    }
    if (option.positional == name) return &option;
  }
  return nullptr;
}

TEST(CommandTree, HasEveryCommandAndOptionOfTheDefinition) {
  SampleCommands sample;
  CommandSpec root = ReadCommands(sample.root);
  std::vector<std::string> paths;
  for (const CommandSpec* command : AllCommands(root)) paths.push_back(command->Path());
  EXPECT_EQ(paths,
            (std::vector<std::string>{"", "batch", "batch list", "batch get", "import", "shell"}));
  ASSERT_NE(Find(root, "--version"), nullptr);
  EXPECT_EQ(Find(root, "--version")->value, "") << "a flag takes no value";
  EXPECT_EQ(Find(root, "--data")->value, "TEXT");
  EXPECT_EQ(Find(root, "-o"), Find(root, "--output"));
  EXPECT_EQ(Find(root, "-o")->choices, (std::vector<std::string>{"table", "json", "csv"}));
  const CommandSpec& batch = root.children.at(0);
  EXPECT_EQ(batch.description, "Look at batches: all of them");
  EXPECT_NE(Find(batch.children.at(0), "--live"), nullptr);
  EXPECT_TRUE(Find(batch.children.at(1), "ID")->required);
  EXPECT_TRUE(Find(root.children.at(1), "FILE")->repeated);
  EXPECT_EQ(Find(root.children.at(2), "SHELL")->choices.size(), 2u);
}

}  // namespace
}  // namespace tipoff
