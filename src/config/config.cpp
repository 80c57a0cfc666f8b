#include "config/config.h"

#include <fmt/format.h>

#include <set>

#include "config/nearest.h"
#include "config/together.h"
#include "config/toml.h"

namespace tipoff {
namespace {

constexpr std::string_view kFileSuffix = "_FILE";
// Nobody mends more at once; the next try tells the rest.
constexpr std::size_t kProblemsMax = 20;

std::string TypeOf(const TomlValue& value) {
  struct Namer {
    std::string operator()(const std::string&) { return "a text"; }
    std::string operator()(std::int64_t) { return "a whole number"; }
    std::string operator()(double) { return "a number"; }
    std::string operator()(bool) { return "a boolean"; }
    std::string operator()(const std::vector<std::string>&) { return "a list of texts"; }
    std::string operator()(const OddToml& odd) { return odd.what; }
  };
  return std::visit(Namer(), value);
}

std::string_view WhatToWrite(SettingKind kind) {
  switch (kind) {
    case SettingKind::kText: return "write a text in quotes";
    case SettingKind::kInteger: return "write a whole number without quotes";
    case SettingKind::kNumber: return "write a number without quotes";
    case SettingKind::kBoolean: return "write true or false without quotes";
    case SettingKind::kDuration: return "write a text with a unit, such as \"90s\"";
    case SettingKind::kPercent: return "write a number of 0 to 100";
    case SettingKind::kTexts: return "write an array of texts, such as [\"a\", \"b\"]";
  }
  Panic(__FILE__, __LINE__, "unnamed SettingKind");
}

std::string ShownText(const Setting& setting, const TomlValue& value) {
  struct Shower {
    const Setting& setting;
    std::string operator()(const std::string& text) { return text; }
    std::string operator()(std::int64_t number) { return fmt::to_string(number); }
    std::string operator()(double number) { return fmt::to_string(number); }
    std::string operator()(bool boolean) { return boolean ? "true" : "false"; }
    std::string operator()(const std::vector<std::string>& texts) {
      return fmt::format("{}", fmt::join(texts, fmt::format("{} ", setting.separator)));
    }
    std::string operator()(const OddToml&) { return ""; }
  };
  return std::visit(Shower{setting}, value);
}

// TOML has types of its own; they must be the setting's.
Result<SettingValue> FromToml(const Setting& setting, const TomlValue& value) {
  bool text = std::holds_alternative<std::string>(value);
  bool integer = std::holds_alternative<std::int64_t>(value);
  bool number = integer || std::holds_alternative<double>(value);
  switch (setting.kind) {
    case SettingKind::kText:
      if (text) return SettingValue(std::get<std::string>(value));
      break;
    case SettingKind::kTexts:
      if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
        return SettingValue(*texts);
      }
      break;
    case SettingKind::kInteger:
      if (integer) return SettingValue(std::get<std::int64_t>(value));
      break;
    case SettingKind::kBoolean:
      if (const bool* boolean = std::get_if<bool>(&value)) return SettingValue(*boolean);
      break;
    case SettingKind::kNumber:
      if (number) return ParseSetting(setting, ShownText(setting, value));
      break;
    case SettingKind::kDuration:
    case SettingKind::kPercent:
      if (text || number) return ParseSetting(setting, ShownText(setting, value));
      break;
  }
  return Error{Errc::kInvalid,
               fmt::format("has the wrong type, {}: {}", TypeOf(value), WhatToWrite(setting.kind))};
}

// Collects values and problems from the weakest source to the strongest.
class Resolver {
 public:
  explicit Resolver(const ConfigSources& sources) : sources_(sources) {}

  Result<Config> Resolve() {
    ReadFile();
    ReadEnvironment();
    for (const FlagValue& flag : sources_.flags) {
      const Setting* setting = FindSetting(flag.key);
      TIPOFF_CHECK(setting != nullptr, "a flag of a setting that does not exist");
      TakeText(*setting, flag.text, "flag " + flag.flag);
    }
    // Together only what is sound alone, else one mistake is told twice.
    if (problems_.empty()) problems_ = DangersTogether(config_);
    if (problems_.empty()) return std::move(config_);
    if (problems_.size() == 1) return Error{Errc::kUnsupported, problems_.front()};
    return Error{Errc::kUnsupported, fmt::format("{} problems with the configuration:\n  {}",
                                                 problems_.size(), fmt::join(problems_, "\n  "))};
  }

 private:
  void Problem(std::string_view key, std::string_view origin, std::string_view what) {
    problems_.push_back(fmt::format("{} ({}): {}", key, origin, what));
  }

  void Take(const Setting& setting, Result<SettingValue> value, std::string shown,
            const std::string& origin) {
    Status sound = value.ok() ? CheckSetting(setting, *value) : Status(value.error());
    if (!sound.ok()) return Problem(setting.key, origin, sound.error().message);
    config_.Set(setting, std::move(value).value(), std::move(shown), origin);
  }

  void TakeText(const Setting& setting, const std::string& text, const std::string& origin) {
    Take(setting, ParseSetting(setting, text), text, origin);
  }

  void TakeSecretFile(const Setting& setting, const std::string& path, const std::string& origin) {
    if (!sources_.read_file) return Problem(setting.key, origin, "files can't be read here");
    auto text = sources_.read_file(path);
    if (!text.ok()) return Problem(setting.key, origin, text.error().message);
    std::string secret = *text;
    while (!secret.empty() && (secret.back() == '\n' || secret.back() == '\r')) secret.pop_back();
    if (secret.empty()) {
      return Problem(setting.key, origin, fmt::format("the file '{}' is empty", path));
    }
    if (secret.find_first_of(std::string_view("\0\r\n", 3)) != std::string::npos) {
      return Problem(setting.key, origin,
                     fmt::format("the file '{}' must hold one line, the secret", path));
    }
    TakeText(setting, secret, fmt::format("{}, file {}", origin, path));
  }

  void ReadFile() {
    if (sources_.file_name.empty()) return;
    auto entries = ReadToml(sources_.file_text);
    if (!entries.ok()) {
      problems_.push_back(fmt::format("{} {}", sources_.file_name, entries.error().message));
      return;
    }
    for (const TomlEntry& entry : *entries) {
      if (problems_.size() >= kProblemsMax) return;
      TakeEntry(entry);
    }
  }

  void TakeEntry(const TomlEntry& entry) {
    std::string origin = fmt::format("{} line {}", sources_.file_name, entry.line);
    const Setting* setting = FindSetting(entry.key);
    const auto* text = std::get_if<std::string>(&entry.value);
    if (setting != nullptr && setting->secret && text != nullptr && text->empty()) {
      return Problem(entry.key, origin, "is empty: give the secret, or leave the line out");
    }
    if (setting != nullptr) {
      return Take(*setting, FromToml(*setting, entry.value), ShownText(*setting, entry.value),
                  origin);
    }
    if (entry.key.ends_with("_file") && text != nullptr) {
      setting = FindSetting(std::string_view(entry.key).substr(0, entry.key.size() - 5));
      if (setting != nullptr && setting->secret) return TakeSecretFile(*setting, *text, origin);
    }
    std::vector<std::string> keys;
    for (const Setting& known : Settings()) keys.emplace_back(known.key);
    Problem(entry.key, origin, "there is no such setting" + Meant(Nearest(entry.key, keys)));
  }

  static std::string Meant(const std::string& nearest) {
    return nearest.empty() ? "; `tipoff config` lists them all"
                           : fmt::format("; did you mean {}?", nearest);
  }

  void ReadEnvironment() {
    std::set<std::string> known(OtherVariables().begin(), OtherVariables().end());
    for (const Setting& setting : Settings()) {
      std::string name = EnvironmentName(setting);
      known.insert(name);
      if (setting.secret) known.insert(name + std::string(kFileSuffix));
      TakeVariables(setting, name);
    }
    for (const auto& [name, text] : sources_.environment) {
      if (!name.starts_with("TIPOFF_") || known.contains(name)) continue;
      Problem(name, "environment",
              "names no setting" + Meant(Nearest(name, {known.begin(), known.end()})));
    }
  }

  // The names under which the environment may give one setting. Two at once would leave one of them
  // without effect, and nobody would know which.
  void TakeVariables(const Setting& setting, const std::string& name) {
    std::vector<std::string> names{name};
    if (!setting.alias.empty()) names.emplace_back(setting.alias);
    if (setting.secret) names.push_back(name + std::string(kFileSuffix));
    std::vector<std::string> given;
    for (const std::string& candidate : names) {
      if (sources_.environment.contains(candidate)) given.push_back(candidate);
    }
    if (given.empty()) return;
    if (given.size() > 1) {
      return Problem(setting.key, "environment",
                     fmt::format("{} are both set: unset one", fmt::join(given, " and ")));
    }
    const std::string& text = sources_.environment.at(given.front());
    std::string origin = "environment " + given.front();
    bool may_be_empty = !setting.secret && !setting.optional && setting.fallback.empty();
    if (text.empty() && !may_be_empty) {
      return Problem(setting.key, origin, "is empty: give it a value, or unset it");
    }
    bool path = setting.secret && given.front().ends_with(kFileSuffix);
    return path ? TakeSecretFile(setting, text, origin) : TakeText(setting, text, origin);
  }

  const ConfigSources& sources_;
  Config config_;
  std::vector<std::string> problems_;
};

}  // namespace

Config::Config() {
  for (const Setting& setting : Settings()) {
    auto value = ParseSetting(setting, setting.fallback);
    TIPOFF_CHECK(value.ok() && CheckSetting(setting, *value).ok(), "an unsound default");
    Set(setting, std::move(value).value(), std::string(setting.fallback), "default");
  }
}

void Config::Set(const Setting& setting, SettingValue value, std::string shown,
                 std::string origin) {
  held_.insert_or_assign(std::string(setting.key),
                         Held{std::move(value), std::move(shown), std::move(origin)});
}

const Config::Held& Config::Find(std::string_view key) const {
  auto found = held_.find(key);
  if (found == held_.end()) Panic(__FILE__, __LINE__, fmt::format("no setting '{}'", key));
  return found->second;
}

const std::string& Config::Text(std::string_view key) const {
  static const std::string unset;
  const SettingValue& value = Find(key).value;
  return std::holds_alternative<std::monostate>(value) ? unset : std::get<std::string>(value);
}

std::int64_t Config::Integer(std::string_view key) const {
  return std::get<std::int64_t>(Find(key).value);
}

std::optional<std::int64_t> Config::OptionalInteger(std::string_view key) const {
  const SettingValue& value = Find(key).value;
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  return std::get<std::int64_t>(value);
}

double Config::Number(std::string_view key) const { return std::get<double>(Find(key).value); }

bool Config::Boolean(std::string_view key) const { return std::get<bool>(Find(key).value); }

Duration Config::Span(std::string_view key) const { return std::get<Duration>(Find(key).value); }

std::optional<Duration> Config::OptionalSpan(std::string_view key) const {
  const SettingValue& value = Find(key).value;
  if (std::holds_alternative<std::monostate>(value)) return std::nullopt;
  return std::get<Duration>(value);
}

const std::vector<std::string>& Config::Texts(std::string_view key) const {
  return std::get<std::vector<std::string>>(Find(key).value);
}

const std::string& Config::Origin(std::string_view key) const { return Find(key).origin; }

std::string Config::Shown(std::string_view key) const {
  const Held& held = Find(key);
  bool secret = FindSetting(key)->secret;
  return secret && !held.shown.empty() ? "(set)" : held.shown;
}

Result<Config> ResolveConfig(const ConfigSources& sources) { return Resolver(sources).Resolve(); }

Result<Config> ParseConfig(std::string_view toml, std::string_view name) {
  ConfigSources sources;
  sources.file_name = name;
  sources.file_text = toml;
  return ResolveConfig(sources);
}

const std::vector<std::string>& OtherVariables() {
  static const std::vector<std::string> names{"TIPOFF_CONFIG", "TIPOFF_CRASH_AT", "TIPOFF_DATA",
                                              "TIPOFF_KEY",    "TIPOFF_KEY_FILE", "TIPOFF_URL"};
  return names;
}

}  // namespace tipoff
