// From a request to the one route that answers it. Knows paths, methods and roles; no batches.
#pragma once

#include <boost/json/fwd.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "api/principal.h"
#include "base/result.h"
#include "http/message.h"

namespace tipoff {

// A request that has found its route, with who asks. Copy it into callbacks; answer it once, on the
// loop or not.
struct Call {
  HttpRequest request;
  std::map<std::string, std::string> params;  // Of the path: "id" -> "batch_2025-...".
  Principal who;
  std::string idempotency_key;  // "" without one.
  std::shared_ptr<Responder> responder;

  const std::string& Param(const std::string& name) const { return params.at(name); }
  // The body as an object; {} where there is none. Its content type does not matter: schedulers
  // send JSON without one. kInvalid: no JSON, or no object.
  Result<boost::json::object> Body() const;

  void Answer(int status, const boost::json::value& body,
              std::vector<std::pair<std::string, std::string>> headers = {}) const;
  // 204.
  void Empty() const;
  // The problem+json that fits the error: kInvalid 400, kNotFound 404, kConflict and kExists 409,
  // kDenied 403, kUnsupported 501; what may work later, a full disk too, 503 with Retry-After.
  void Fail(const Error& error) const;
};

// An RFC 9457 problem. The detail names the field and the remedy.
HttpResponse MakeProblem(int status, std::string_view detail);
HttpResponse MakeProblem(const Error& error);
HttpResponse MakeJson(int status, const boost::json::value& body);

struct Route {
  std::string method;
  std::string path;  // "/v1/batches/{id}:finish"; a parameter ends at '/' or ':'.
  Role role = Role::kRead;
  std::function<void(Call)> handler;
};

class Router {
 public:
  void Add(std::string method, std::string path, Role role, std::function<void(Call)> handler);
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;  // nullptr: answer with `problem`.
    std::map<std::string, std::string> params;
    HttpResponse problem;  // 404 without such a path; 405 with Allow; 204 for OPTIONS.
  };
  // HEAD finds the route of GET.
  Match Find(const HttpRequest& request) const;

 private:
  std::vector<Route> routes_;
};

}  // namespace tipoff
