#include "app/config_command.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// "" for what stands above all sections.
std::string_view Section(const Setting& setting) {
  std::size_t dot = setting.key.find('.');
  return dot == std::string_view::npos ? std::string_view() : setting.key.substr(0, dot);
}

std::string_view NameInSection(const Setting& setting) {
  return setting.key.substr(setting.key.find('.') + 1);
}

json::value ToJson(const Setting& setting, const Config& config) {
  if (setting.secret) return config.Shown(setting.key).empty() ? json::value() : "(set)";
  switch (setting.kind) {
    case SettingKind::kInteger: {
      auto number = config.OptionalInteger(setting.key);
      return number ? json::value(*number) : json::value();
    }
    case SettingKind::kNumber:
    case SettingKind::kPercent: return config.Number(setting.key);
    case SettingKind::kBoolean: return config.Boolean(setting.key);
    case SettingKind::kTexts: {
      json::array texts;
      for (const std::string& text : config.Texts(setting.key)) texts.emplace_back(text);
      return texts;
    }
    case SettingKind::kText: return json::value(config.Text(setting.key));
    case SettingKind::kDuration: return json::value(config.Shown(setting.key));
  }
  Panic(__FILE__, __LINE__, "unnamed SettingKind");
}

// The default as a file would give it.
std::string TomlDefault(const Setting& setting) {
  switch (setting.kind) {
    case SettingKind::kInteger:
    case SettingKind::kNumber:
    case SettingKind::kBoolean:
    case SettingKind::kPercent: return std::string(setting.fallback);
    case SettingKind::kText:
    case SettingKind::kDuration: return fmt::format("\"{}\"", setting.fallback);
    case SettingKind::kTexts:  // No default has more than one.
      return setting.fallback.empty() ? "[]" : fmt::format("[\"{}\"]", setting.fallback);
  }
  Panic(__FILE__, __LINE__, "unnamed SettingKind");
}

std::string Bounds(const Setting& setting) {
  if (!setting.choices.empty()) return fmt::format("{}", setting.choices);
  if (setting.kind == SettingKind::kPercent) return "0 to 100";
  if (!setting.least.empty()) return fmt::format("{} to {}", setting.least, setting.most);
  return "";
}

}  // namespace

std::string FormatConfig(const Config& config, Output output) {
  if (output == Output::kJson) {
    json::array array;
    for (const Setting& setting : Settings()) {
      array.push_back({{"key", setting.key},
                       {"value", ToJson(setting, config)},
                       {"origin", config.Origin(setting.key)},
                       {"default", config.IsDefault(setting.key)}});
    }
    return DumpJsonPretty(array) + "\n";
  }
  TextTable table({"KEY", "VALUE", "ORIGIN"});
  for (const Setting& setting : Settings()) {
    table.Row({std::string(setting.key), config.Shown(setting.key), config.Origin(setting.key)});
  }
  return output == Output::kCsv ? table.Csv() : table.Text();
}

std::string ExampleConfig() {
  std::string text =
      "# tipoff.toml: every setting with its default. Put it into the data folder, or name it "
      "with\n"
      "# --config or $TIPOFF_CONFIG. A flag beats the environment (TIPOFF_SERVER_PORT), the\n"
      "# environment beats this file. Durations need a unit: ms, s, m, h or d.\n";
  std::string_view section;
  for (const Setting& setting : Settings()) {
    if (Section(setting) != section) {
      section = Section(setting);
      text += fmt::format("\n[{}]\n", section);
    } else if (section.empty()) {
      text += "\n";
    }
    std::string bounds = Bounds(setting);
    text += fmt::format("# {}.{}\n", setting.help, bounds.empty() ? "" : " (" + bounds + ")");
    std::string name(NameInSection(setting));
    if (setting.secret) {
      text += fmt::format(
          "# Best in a file of its own, readable by tipoff only:\n"
          "#{0}_file = \"/etc/tipoff/{0}\"\n",
          name);
    } else if (setting.key == "schedule.start") {
      text += fmt::format(
          "#{} = [\n#  \"0 10 * * * TODAY\",\n#  \"30 23 * * * TOMORROW EARLY\",\n#]\n", name);
    } else if (setting.optional) {
      text += fmt::format("#{} = {}\n", name, setting.example);
    } else {
      text += fmt::format("#{} = {}\n", name, TomlDefault(setting));
    }
  }
  return text;
}

void AddConfig(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command =
      root.add_subcommand("config", "Show every setting, its value and where it came from");
  auto example = std::make_shared<bool>(false);
  command->add_flag("--example", *example, "Print a tipoff.toml with every default instead");
  command->footer(
      "A flag beats the environment (TIPOFF_SECTION_KEY), the environment beats the file that\n"
      "--config or $TIPOFF_CONFIG names (else tipoff.toml in the data folder), the file beats the\n"
      "default. Secrets may be given as a path in TIPOFF_..._FILE, and are never printed.\n\n"
      "Examples:\n"
      "  tipoff config\n"
      "  tipoff config --example > tipoff.toml\n\n"
      "Exit codes: 0 the configuration is sound, 78 it is not; the message says why.");
  command->callback([&globals, &run, example] {
    globals.without_config = *example;
    run = [&globals, example] {
      fmt::print("{}", *example ? ExampleConfig() : FormatConfig(globals.config, globals.output));
      return kExitSucceeded;
    };
  });
}

}  // namespace tipoff
