#include "api/router.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

int StatusFor(Errc code) {
  switch (code) {
    case Errc::kInvalid: return 400;
    case Errc::kNotFound: return 404;
    case Errc::kExists:
    case Errc::kConflict: return 409;
    case Errc::kUnavailable:
    case Errc::kUnknownOutcome:
    case Errc::kExhausted: return 503;  // Of the disk or a queue: no fault of the caller's.
    case Errc::kDenied: return 403;
    case Errc::kCorrupt: return 500;
    case Errc::kUnsupported: return 501;
  }
  return 500;
}

// "/v1/batches/{id}:finish" against "/v1/batches/b1:finish". A value is never empty.
std::optional<std::map<std::string, std::string>> MatchPath(std::string_view pattern,
                                                            std::string_view path) {
  std::map<std::string, std::string> params;
  while (!pattern.empty()) {
    if (pattern.front() != '{') {
      if (path.empty() || path.front() != pattern.front()) return std::nullopt;
      pattern.remove_prefix(1);
      path.remove_prefix(1);
      continue;
    }
    std::size_t close = pattern.find('}');
    std::string name(pattern.substr(1, close - 1));
    pattern.remove_prefix(close + 1);
    std::size_t end = std::min(path.find_first_of("/:"), path.size());
    if (end == 0) return std::nullopt;
    params[name] = std::string(path.substr(0, end));
    path.remove_prefix(end);
  }
  if (!path.empty()) return std::nullopt;
  return params;
}

}  // namespace

HttpResponse MakeJson(int status, const json::value& body) {
  HttpResponse response;
  response.status = status;
  response.body = DumpJson(body) + "\n";
  return response;
}

HttpResponse MakeProblem(int status, std::string_view detail) {
  HttpResponse response = HttpProblem(status, detail);
  if (status == 503) response.headers.emplace_back("Retry-After", "2");
  if (status == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

HttpResponse MakeProblem(const Error& error) {
  return MakeProblem(StatusFor(error.code), error.message);
}

Result<json::object> Call::Body() const {
  if (request.body.find_first_not_of(" \t\r\n") == std::string::npos) return json::object();
  TIPOFF_TRY(json::value value, ParseJson(request.body));
  if (!value.is_object()) return Error{Errc::kInvalid, "the body must be a JSON object"};
  return std::move(value.as_object());
}

void Call::Answer(int status, const json::value& body,
                  std::vector<std::pair<std::string, std::string>> headers) const {
  HttpResponse response = MakeJson(status, body);
  response.headers = std::move(headers);
  responder->Send(std::move(response));
}

void Call::Empty() const {
  HttpResponse response;
  response.status = 204;
  responder->Send(std::move(response));
}

void Call::Fail(const Error& error) const { responder->Send(MakeProblem(error)); }

void Router::Add(std::string method, std::string path, Role role,
                 std::function<void(Call)> handler) {
  routes_.push_back({std::move(method), std::move(path), role, std::move(handler)});
}

Router::Match Router::Find(const HttpRequest& request) const {
  Match match;
  std::string method = request.method == "HEAD" ? "GET" : request.method;
  std::set<std::string> allowed;
  for (const Route& route : routes_) {
    auto params = MatchPath(route.path, request.path);
    if (!params) continue;
    if (route.method == method) {
      match.route = &route;
      match.params = std::move(*params);
      return match;
    }
    allowed.insert(route.method);
    if (route.method == "GET") allowed.insert("HEAD");
  }
  if (allowed.empty()) {
    match.problem = MakeProblem(
        404, fmt::format("there is no '{}' here; /openapi.json lists what there is", request.path));
    return match;
  }
  allowed.insert("OPTIONS");
  std::string allow = fmt::format("{}", fmt::join(allowed, ", "));
  if (request.method == "OPTIONS") {
    match.problem.status = 204;
  } else {
    match.problem =
        MakeProblem(405, fmt::format("'{}' takes {}, not {}", request.path, allow, request.method));
  }
  match.problem.headers.emplace_back("Allow", allow);
  return match;
}

}  // namespace tipoff
