#include "store/firestore/values.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "base/utf8.h"

namespace tipoff::firestore {
namespace {

constexpr std::int64_t kMicros = 1'000'000;
// Firestore allows 1,500 bytes.
constexpr std::size_t kIdBytes = 1000;

const fs::Value& Field(const fs::Document& document, const std::string& field) {
  static const fs::Value none;
  auto found = document.fields().find(field);
  return found == document.fields().end() ? none : found->second;
}

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_' || c == '.' || c == '~';
}

}  // namespace

fs::Value Text(std::string_view text) {
  fs::Value value;
  if (IsUtf8(text)) {
    value.set_string_value(std::string(text));
  } else {
    value.set_bytes_value(std::string(text));
  }
  return value;
}

fs::Value Bytes(std::string bytes) {
  fs::Value value;
  value.set_bytes_value(std::move(bytes));
  return value;
}

fs::Value Integer(std::int64_t number) {
  fs::Value value;
  value.set_integer_value(number);
  return value;
}

fs::Value Boolean(bool flag) {
  fs::Value value;
  value.set_boolean_value(flag);
  return value;
}

fs::Value Time(Instant at) {
  fs::Value value;
  SetTimestamp(at, *value.mutable_timestamp_value());
  return value;
}

fs::Value TimeOrNull(Instant at) {
  if (!at.never()) return Time(at);
  fs::Value value;
  value.set_null_value(::google::protobuf::NULL_VALUE);
  return value;
}

fs::Value Texts(const std::vector<std::string>& texts) {
  fs::Value value = NoTexts();
  for (const std::string& text : texts) *value.mutable_array_value()->add_values() = Text(text);
  return value;
}

fs::Value NoTexts() {
  fs::Value value;
  value.mutable_array_value();
  return value;
}

std::string TextOf(const fs::Value& value) {
  return value.has_bytes_value() ? value.bytes_value() : value.string_value();
}

std::string TextOf(const fs::Document& document, const std::string& field) {
  return TextOf(Field(document, field));
}

std::int64_t IntegerOf(const fs::Document& document, const std::string& field) {
  return Field(document, field).integer_value();
}

bool BooleanOf(const fs::Document& document, const std::string& field) {
  return Field(document, field).boolean_value();
}

Instant TimeOf(const fs::Document& document, const std::string& field) {
  return ToInstant(Field(document, field).timestamp_value());
}

const ::google::protobuf::Map<std::string, fs::Value>& MapOf(const fs::Document& document,
                                                             const std::string& field) {
  return Field(document, field).map_value().fields();
}

Instant ToInstant(const ::google::protobuf::Timestamp& time) {
  return Instant::FromMicros(time.seconds() * kMicros + time.nanos() / 1000);
}

void SetTimestamp(Instant at, ::google::protobuf::Timestamp& time) {
  std::int64_t micros = at.micros() % kMicros;
  std::int64_t seconds = at.micros() / kMicros;
  if (micros < 0) {
    micros += kMicros;
    --seconds;
  }
  time.set_seconds(seconds);
  time.set_nanos(static_cast<std::int32_t>(micros * 1000));
}

std::string SafeId(std::string_view text) {
  if (text.empty()) return "%";  // No escape of anything.
  std::string id;
  bool reserved = text == "." || text == ".." || text.starts_with("__");
  for (char c : text) {
    if (IsPlain(c) && !reserved) {
      id += c;
    } else {
      id += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      reserved = false;  // One escaped letter takes the meaning away.
    }
  }
  if (id.size() <= kIdBytes) return id;
  return id.substr(0, kIdBytes) + "%~" + Sha256Hex(text);
}

std::string NumberId(std::uint64_t number) { return fmt::format("{:010}", number); }

std::string_view LastSegment(std::string_view name) { return name.substr(name.rfind('/') + 1); }

}  // namespace tipoff::firestore
