// The one table of everything that can be configured. The TOML file, the environment, the flags,
// `tipoff config`, its example and docs/CONFIG.md all come from it.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

enum class SettingKind {
  kText,
  kInteger,
  kNumber,
  kBoolean,
  kDuration,  // With a unit: ms, s, m, h or d.
  kPercent,   // 0..100; "90" and "90%" are the same.
  kTexts,     // A TOML array; in the environment one text with separators.
};

// What a setting holds, by its kind. monostate: a setting that may be unset, and is.
using SettingValue = std::variant<std::monostate, std::string, std::int64_t, double, bool, Duration,
                                  std::vector<std::string>>;

// What only some settings need.
struct SettingRules {
  std::string_view least = {};  // Bounds, in the words of the kind: "1s", "65535". Empty: none.
  std::string_view most = {};
  std::string_view choices = {};  // "auto|text|json". Empty: anything.
  bool optional = false;          // An empty default means unset.
  bool secret = false;            // Never printed; may be read from a file.
  char separator = ',';           // Between the texts of a list outside of TOML.
  std::string_view alias = {};    // The platform's name in the environment.
  std::string_view example = {};  // Of an optional one, as TOML gives it.
  // A problem beyond kind and bounds, as the end of a sentence; "" for none.
  std::string (*problem)(const SettingValue& value) = nullptr;
};

struct Setting : SettingRules {
  std::string_view key;  // "server.port"
  SettingKind kind;
  std::string_view fallback;  // The default, as the environment would give it.
  std::string_view help;      // One line.
};

// In the order of the documentation, sections together.
std::span<const Setting> Settings();

// Null if there is none.
const Setting* FindSetting(std::string_view key);

// "TIPOFF_SERVER_PORT".
std::string EnvironmentName(const Setting& setting);

// "duration", "list of texts".
std::string_view ToString(SettingKind kind);

// The value that `text` stands for, as an environment variable or a flag gives it. kInvalid says
// what is wrong with it and what to write, without key and origin.
Result<SettingValue> ParseSetting(const Setting& setting, std::string_view text);

// kInvalid if `value`, which has the right kind, is out of bounds or none of the choices.
Status CheckSetting(const Setting& setting, const SettingValue& value);

}  // namespace tipoff
