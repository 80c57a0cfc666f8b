// Reading what callers send: query parameters and body fields, each error naming its field.
#pragma once

#include <boost/json.hpp>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "api/router.h"
#include "base/instant.h"
#include "base/result.h"
#include "store/store.h"

namespace tipoff {

// kInvalid for a member that is not among `known`: a misspelt field is never ignored.
Status OnlyFields(const boost::json::object& body, std::initializer_list<std::string_view> known);

// "5m" in a field or parameter; `fallback` if it is absent.
Result<Duration> DurationField(const boost::json::object& body, std::string_view field,
                               Duration fallback);

struct QueryReader {
  explicit QueryReader(const HttpRequest& a_request) : request(a_request) {}

  // kInvalid for a parameter that is not among `known`.
  Status Only(std::initializer_list<std::string_view> known) const;
  // An integer in [min, max].
  Result<std::int64_t> Integer(const std::string& name, std::int64_t fallback, std::int64_t min,
                               std::int64_t max) const;
  // "true" or "1", "false" or "0", or empty: true.
  Result<bool> Flag(const std::string& name) const;

  const HttpRequest& request;
};

}  // namespace tipoff
