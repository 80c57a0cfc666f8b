// The OpenAPI 3.1 description of the routes, made from the router: nothing can be listed there that
// is not here, or the other way round.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "api/router.h"

namespace tipoff {

boost::json::object OpenApi(const Router& router, const std::string& version);

// What is known of one route beside its method, path and role.
struct OperationText {
  std::string_view method;
  std::string_view path;
  std::string_view summary;
  std::string_view request;  // Name of the body's schema; "" for no body.
  // "202 Batch, 200 Batch, 404 Problem": statuses and the names of their schemas.
  std::string_view answers;
  std::string_view parameters;  // Of the query: "limit integer, cursor string".
};

// nullptr for a route that nobody has described: a test finds it.
const OperationText* FindOperation(std::string_view method, std::string_view path);

// The components' schemas, as JSON.
std::string_view SchemasText();

}  // namespace tipoff
