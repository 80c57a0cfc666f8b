#include "base/json.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/utf8.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::size_t kDepthMax = 32;
constexpr std::size_t kTextBytesMax = 16u << 20;

void Print(const json::value& value, int indent, int depth, std::string& out);

void Newline(int indent, int depth, std::string& out) {
  if (indent == 0) return;
  out += '\n';
  out.append(static_cast<std::size_t>(indent * depth), ' ');
}

void PrintNumber(double number, std::string& out) {
  if (!std::isfinite(number)) {
    out += "null";
    return;
  }
  fmt::format_to(std::back_inserter(out), "{}", number);
}

// What is no UTF-8 would make the whole text unreadable; U+FFFD stands for it.
void PrintString(std::string_view text, std::string& out) {
  if (IsUtf8(text)) {
    out += json::serialize(json::string_view(text));
    return;
  }
  std::string mended;
  while (!text.empty()) {
    std::size_t size = Utf8CharacterSize(text);
    mended += size > 0 ? text.substr(0, size) : "\xEF\xBF\xBD";
    text.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += json::serialize(json::string_view(mended));
}

void PrintArray(const json::array& array, int indent, int depth, std::string& out) {
  out += '[';
  bool first = true;
  for (const json::value& element : array) {
    if (!first) out += ',';
    first = false;
    Newline(indent, depth + 1, out);
    Print(element, indent, depth + 1, out);
  }
  if (!first) Newline(indent, depth, out);
  out += ']';
}

void PrintObject(const json::object& object, int indent, int depth, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& member : object) {
    if (!first) out += ',';
    first = false;
    Newline(indent, depth + 1, out);
    PrintString(member.key(), out);
    out += indent == 0 ? ":" : ": ";
    Print(member.value(), indent, depth + 1, out);
  }
  if (!first) Newline(indent, depth, out);
  out += '}';
}

void Print(const json::value& value, int indent, int depth, std::string& out) {
  switch (value.kind()) {
    case json::kind::double_: return PrintNumber(value.get_double(), out);
    case json::kind::array: return PrintArray(value.get_array(), indent, depth, out);
    case json::kind::object: return PrintObject(value.get_object(), indent, depth, out);
    case json::kind::string: return PrintString(value.get_string(), out);
    case json::kind::int64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_int64());
      return;
    case json::kind::uint64:
      fmt::format_to(std::back_inserter(out), "{}", value.get_uint64());
      return;
    case json::kind::bool_: out += value.get_bool() ? "true" : "false"; return;
    case json::kind::null: out += "null"; return;
  }
}

}  // namespace

Result<json::value> ParseJson(std::string_view text) {
  if (text.size() > kTextBytesMax) {
    return Error{Errc::kInvalid, fmt::format("JSON text of {} bytes: at most {} are read",
                                             text.size(), kTextBytesMax)};
  }
  json::parse_options options;
  options.max_depth = kDepthMax;
  json::stream_parser parser({}, options);
  json::error_code problem;
  std::size_t read = parser.write_some(text.data(), text.size(), problem);
  if (!problem && read < text.size()) problem = json::error::extra_data;
  if (!problem) parser.finish(problem);
  if (problem) {
    return Error{Errc::kInvalid,
                 fmt::format("not valid JSON at byte {}: {}", read, problem.message())};
  }
  return parser.release();
}

std::string DumpJson(const json::value& value) {
  std::string out;
  Print(value, 0, 0, out);
  return out;
}

std::string DumpJsonPretty(const json::value& value) {
  std::string out;
  Print(value, 2, 0, out);
  return out;
}

JsonReader::JsonReader(const json::value& value, std::string where) : where_(std::move(where)) {
  object_ = value.if_object();
  if (object_ == nullptr) {
    status_ = Error{Errc::kInvalid,
                    fmt::format("{}: must be a JSON object", where_.empty() ? "body" : where_)};
  }
}

const json::value* JsonReader::Find(std::string_view field) const {
  if (object_ == nullptr) return nullptr;
  const json::value* found = object_->if_contains(field);
  return found == nullptr || found->is_null() ? nullptr : found;
}

bool JsonReader::Has(std::string_view field) const { return Find(field) != nullptr; }

std::string JsonReader::Text(std::string_view field, std::string fallback) {
  const json::value* found = Find(field);
  if (found == nullptr) return fallback;
  if (const json::string* text = found->if_string()) return std::string(*text);
  Fail(field, "must be a string");
  return fallback;
}

std::int64_t JsonReader::Integer(std::string_view field, std::int64_t fallback) {
  const json::value* found = Find(field);
  if (found == nullptr) return fallback;
  json::error_code problem;
  auto number = found->to_number<std::int64_t>(problem);
  if (!problem) return number;
  Fail(field, "must be a whole number");
  return fallback;
}

double JsonReader::Number(std::string_view field, double fallback) {
  const json::value* found = Find(field);
  if (found == nullptr) return fallback;
  json::error_code problem;
  auto number = found->to_number<double>(problem);
  // The parser makes infinity of 1e999, and NaN of 0e999.
  if (!problem && std::isfinite(number)) return number;
  Fail(field, "must be a number");
  return fallback;
}

bool JsonReader::Boolean(std::string_view field, bool fallback) {
  const json::value* found = Find(field);
  if (found == nullptr) return fallback;
  if (const bool* flag = found->if_bool()) return *flag;
  Fail(field, "must be true or false");
  return fallback;
}

Instant JsonReader::At(std::string_view field) {
  std::string text = Text(field);
  if (text.empty()) return Instant();
  auto parsed = ParseInstant(text);
  if (parsed.ok()) return *parsed;
  Fail(field, parsed.error().message);
  return Instant();
}

Day JsonReader::Date(std::string_view field) {
  std::string text = Text(field);
  if (text.empty()) return Day();
  auto parsed = ParseDay(text);
  if (parsed.ok()) return *parsed;
  Fail(field, parsed.error().message);
  return Day();
}

const json::array* JsonReader::Array(std::string_view field) {
  const json::value* found = Find(field);
  if (found == nullptr) return nullptr;
  if (const json::array* array = found->if_array()) return array;
  Fail(field, "must be an array");
  return nullptr;
}

void JsonReader::Fail(std::string_view field, std::string_view problem) {
  if (!status_.ok()) return;
  status_ = Error{Errc::kInvalid,
                  fmt::format("{}{}{}: {}", where_, where_.empty() ? "" : ".", field, problem)};
}

Status JsonReader::status() const { return status_; }

json::value InstantToJson(Instant at) {
  if (at.never()) return nullptr;
  return json::value(FormatInstant(at));
}

}  // namespace tipoff
