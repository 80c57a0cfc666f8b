#include "config/toml.h"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>

namespace tipoff {
namespace {

// A key of so many bytes can be tens of thousands of tables deep, which the parser's recursion
// survives; of a megabyte it does not.
constexpr std::size_t kTextBytesMax = 64u << 10;
// Below the deepest setting nothing is looked at.
constexpr int kDepthMax = 8;

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

void Flatten(const toml::table& table, const std::string& prefix, int depth,
             std::vector<TomlEntry>& entries) {
  for (const auto& [name, node] : table) {
    std::string key = prefix + std::string(name.str());
    const toml::table* inner = node.as_table();
    if (inner != nullptr && depth == kDepthMax) {
      entries.push_back({key, OddToml{"a table"}, name.source().begin.line});
    } else if (inner != nullptr) {
      Flatten(*inner, key + ".", depth + 1, entries);
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
    Flatten(table, "", 1, entries);
    std::stable_sort(entries.begin(), entries.end(),
                     [](const TomlEntry& a, const TomlEntry& b) { return a.line < b.line; });
    return entries;
  } catch (const toml::parse_error& problem) {
    return Error{Errc::kInvalid, fmt::format("line {}: not TOML: {}", problem.source().begin.line,
                                             problem.description())};
  }
}

}  // namespace tipoff
