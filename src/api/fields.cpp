#include "api/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace tipoff {
namespace {

namespace json = boost::json;

template <class Names>
Status Unknown(std::string_view kind, std::string_view name, const Names& known) {
  return Error{Errc::kInvalid,
               fmt::format("{} '{}' is unknown: one of {}", kind, name, fmt::join(known, ", "))};
}

}  // namespace

Status OnlyFields(const json::object& body, std::initializer_list<std::string_view> known) {
  for (const auto& member : body) {
    std::string_view key = member.key();
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Unknown("field", key, known);
    }
  }
  return Ok();
}

Result<Duration> DurationField(const json::object& body, std::string_view field,
                               Duration fallback) {
  const json::value* value = body.if_contains(field);
  if (value == nullptr || value->is_null()) return fallback;
  if (!value->is_string()) {
    return Error{Errc::kInvalid,
                 fmt::format("{}: must be text with a unit, such as \"5m\"", field)};
  }
  auto parsed = ParseDuration(std::string_view(value->as_string()));
  if (!parsed.ok()) return Annotate(parsed.error(), field);
  return *parsed;
}

Status QueryReader::Only(std::initializer_list<std::string_view> known) const {
  for (const auto& [name, value] : request.query) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return Unknown("parameter", name, known);
    }
  }
  return Ok();
}

Result<std::int64_t> QueryReader::Integer(const std::string& name, std::int64_t fallback,
                                          std::int64_t min, std::int64_t max) const {
  std::string_view text = request.Query(name);
  if (text.empty()) return fallback;
  std::int64_t value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    return Error{Errc::kInvalid,
                 fmt::format("{}: '{}' is not a whole number from {} to {}", name, text, min, max)};
  }
  return value;
}

Result<bool> QueryReader::Flag(const std::string& name) const {
  if (!request.query.contains(name)) return false;
  std::string_view text = request.Query(name);
  if (text.empty() || text == "true" || text == "1") return true;
  if (text == "false" || text == "0") return false;
  return Error{Errc::kInvalid, fmt::format("{}: '{}' is neither true nor false", name, text)};
}

}  // namespace tipoff
