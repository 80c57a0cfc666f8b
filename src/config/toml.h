// A TOML file as a flat list of keys, each with its line.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

namespace tipoff {

// Something that no setting can be: a date, an array of numbers, a table eight tables deep.
struct OddToml {
  std::string what;
};

using TomlValue =
    std::variant<std::string, std::int64_t, double, bool, std::vector<std::string>, OddToml>;

struct TomlEntry {
  std::string key;  // "server.port"
  TomlValue value;
  unsigned line = 0;
};

// In the order of their lines. kInvalid with the line if `text` is no TOML, or over 64 KiB.
Result<std::vector<TomlEntry>> ReadToml(std::string_view text);

}  // namespace tipoff
