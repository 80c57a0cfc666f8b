#include "config/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

namespace tipoff {
namespace {

constexpr std::size_t kTextBytesMax = 1u << 20;

TomlValue ReadArray(const toml::array& array) {
  std::vector<std::string> texts;
  for (const toml::node& element : array) {
    const auto* text = element.as_string();
    if (text == nullptr) return OddToml{"an array of something else than texts"};
    texts.push_back(text->get());
  }
  return texts;
}

TomlValue ReadNode(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return integer->get();
  if (const auto* number = node.as_floating_point()) return number->get();
  if (const auto* boolean = node.as_boolean()) return boolean->get();
  if (const auto* array = node.as_array()) return ReadArray(*array);
  return OddToml{"a date or a time"};
}

// The parser limits the depth of `table`.
void Flatten(const toml::table& table, const std::string& prefix, std::vector<TomlEntry>& entries) {
  for (const auto& [name, node] : table) {
    std::string key = prefix + std::string(name.str());
    if (const toml::table* inner = node.as_table()) {
      Flatten(*inner, key + ".", entries);
    } else {
      entries.push_back({key, ReadNode(node), name.source().begin.line});
    }
  }
}

}  // namespace

Result<std::vector<TomlEntry>> ReadToml(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return Error{Errc::kInvalid,
                 fmt::format("{} bytes: at most {} are read", text.size(), kTextBytesMax)};
  }
  try {
    toml::table table = toml::parse(text);
    std::vector<TomlEntry> entries;
    Flatten(table, "", entries);
    std::stable_sort(entries.begin(), entries.end(),
                     [](const TomlEntry& a, const TomlEntry& b) { return a.line < b.line; });
    return entries;
  } catch (const toml::parse_error& problem) {
    return Error{Errc::kInvalid, fmt::format("line {}: not TOML: {}", problem.source().begin.line,
                                             problem.description())};
  }
}

}  // namespace tipoff
