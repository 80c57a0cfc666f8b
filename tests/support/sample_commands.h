// A small command line with one of everything, for what is made from a command line.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>
#include <vector>

namespace tipoff {

struct SampleCommands {
  CLI::App root{"tipoff predicts 'points' - always."};
  std::string text;
  std::vector<std::string> files;
  bool flag = false;

  SampleCommands() {
    root.name("tipoff");
    root.fallthrough();
    root.add_option("--data", text, "Data folder")->capture_default_str();
    root.add_option("-o,--output", text, "How results are printed")
        ->check(CLI::IsMember({"table", "json", "csv"}));
    root.set_version_flag("--version", "1");
    CLI::App* batch = root.add_subcommand("batch", "Look at batches: all of them");
    CLI::App* list = batch->add_subcommand("list", "List [some] $batches");
    list->add_option("--phase", text, "Only of this phase");
    list->add_flag("-l,--live", flag, "Only live ones");
    list->footer("Examples:\n  tipoff batch list\n'quoted' and .dotted");
    batch->add_subcommand("get", "Show one")->add_option("ID", text, "Batch id")->required();
    root.add_subcommand("import", "Read files")->add_option("FILE", files, "Files to read");
    root.add_subcommand("shell", "Shells")
        ->add_option("SHELL", text, "Which")
        ->check(CLI::IsMember({"bash", "zsh"}));
    root.add_subcommand("secret", "Not for people")->group("");
  }
};

}  // namespace tipoff
