// JSON at the doors: the library's parser with our limits, and one way to print.
// Include it in .cpp files of adapters only.
#pragma once

#include <boost/json.hpp>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

// Rejects what the standard rejects (NaN, trailing text, invalid UTF-8), nesting deeper than 32 and
// texts over 16 MiB: kInvalid with the position.
Result<boost::json::value> ParseJson(std::string_view text);

// Compact; numbers as people write them (23.4, not 2.34E1); NaN and infinities as null; bytes that
// are no UTF-8 as U+FFFD.
std::string DumpJson(const boost::json::value& value);
// The same, indented by two spaces.
std::string DumpJsonPretty(const boost::json::value& value);

// Reads fields of one object and keeps the first problem, which names the field: read all fields,
// then ask `status()` once. A null counts as absent.
class JsonReader {
 public:
  // `where` is put in front of field names in messages: "players[3]".
  explicit JsonReader(const boost::json::value& value, std::string where = "");

  bool Has(std::string_view field) const;
  std::string Text(std::string_view field, std::string fallback = "");
  std::int64_t Integer(std::string_view field, std::int64_t fallback = 0);
  double Number(std::string_view field, double fallback = 0);
  bool Boolean(std::string_view field, bool fallback = false);
  Instant At(std::string_view field);  // never if absent
  Day Date(std::string_view field);    // Day() if absent
  // The member itself, or null.
  const boost::json::value* Find(std::string_view field) const;
  const boost::json::array* Array(std::string_view field);

  // Records a problem with a field unless there is one already.
  void Fail(std::string_view field, std::string_view problem);
  Status status() const;

 private:
  const boost::json::object* object_ = nullptr;
  std::string where_;
  Status status_ = Ok();
};

// never becomes null.
boost::json::value InstantToJson(Instant at);

}  // namespace tipoff
