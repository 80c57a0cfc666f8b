// The configuration: every setting has a value, and every value knows where it came from.
//
//   flag  >  environment (TIPOFF_SECTION_KEY)  >  TOML file  >  default
//
// Nothing is guessed: an unknown key, a wrong type, a bare number for a duration, a value out of
// range, an empty environment variable and two settings that are dangerous together are errors.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"

namespace tipoff {

// A setting as a flag of the command line gives it.
struct FlagValue {
  std::string key;   // "server.port"
  std::string flag;  // "--port"
  std::string text;
};

// Everything that a configuration is made of. Nothing here is read from the process itself.
struct ConfigSources {
  std::vector<FlagValue> flags;
  std::map<std::string, std::string> environment;  // Other programs' variables are left alone.
  std::string file_name;                           // In origins and errors. "" for no file.
  std::string file_text;
  // For secrets that are given as a path. Unset: they can't be.
  std::function<Result<std::string>(const std::string& path)> read_file;
};

class Config {
 public:
  // The defaults.
  Config();

  // Asking for a key that does not exist, or as another kind, is a broken invariant. The optional
  // ones answer nothing, or "", when unset.
  const std::string& Text(std::string_view key) const;
  std::int64_t Integer(std::string_view key) const;
  std::optional<std::int64_t> OptionalInteger(std::string_view key) const;
  double Number(std::string_view key) const;  // Percentages, too: 0..100.
  bool Boolean(std::string_view key) const;
  Duration Span(std::string_view key) const;
  std::optional<Duration> OptionalSpan(std::string_view key) const;
  const std::vector<std::string>& Texts(std::string_view key) const;

  // "flag --port", "environment TIPOFF_SERVER_PORT", "tipoff.toml line 3", "default".
  const std::string& Origin(std::string_view key) const;
  bool IsDefault(std::string_view key) const { return Origin(key) == "default"; }
  // As it was written; a secret is "(set)" or "".
  std::string Shown(std::string_view key) const;

  // Replaces what `key` holds. `value` has the setting's kind and was checked.
  void Set(const Setting& setting, SettingValue value, std::string shown, std::string origin);

 private:
  struct Held {
    SettingValue value;
    std::string shown;
    std::string origin;
  };
  const Held& Find(std::string_view key) const;

  std::map<std::string, Held, std::less<>> held_;
};

// kUnsupported with every problem, each with its key, its origin and what to do.
Result<Config> ResolveConfig(const ConfigSources& sources);

// Of a file's text alone. `name` stands in origins and errors.
Result<Config> ParseConfig(std::string_view toml, std::string_view name);

// Variables that tipoff reads although they name no setting, such as TIPOFF_DATA.
const std::vector<std::string>& OtherVariables();

}  // namespace tipoff
