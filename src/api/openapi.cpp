#include "api/openapi.h"

#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <vector>

#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::string_view kListParameters =
    "phase string, date string, live boolean, stuck boolean, older_than string, limit integer, "
    "cursor string";

constexpr OperationText kOperations[] = {
    {"GET", "/v1/batches", "List batches, newest first", "", "200 BatchList, 400 Problem",
     kListParameters},
    {"POST", "/v1/batches", "Start a batch", "Start",
     "202 StartedBatch, 200 StartAnswer, 404 Problem, 503 Problem", ""},
    {"GET", "/v1/batches/{id}", "One batch; an overdue one is ended first", "",
     "200 Batch, 400 Problem, 404 Problem", ""},
    {"PATCH", "/v1/batches/{id}", "Change a live batch's policy, or bring its end forward",
     "PolicyPatch", "200 Batch, 400 Problem, 404 Problem, 409 Problem", ""},
    {"GET", "/v1/batches/{id}/requests", "Its requests, each with its state and hops", "",
     "200 RequestList, 400 Problem, 404 Problem", "state string, cursor string, limit integer"},
    {"GET", "/v1/batches/{id}/predictions", "The predictions of its requests that succeeded", "",
     "200 PredictionList, 400 Problem, 404 Problem", ""},
    {"GET", "/v1/batches/{id}/journal", "Its life, commit by commit", "",
     "200 JournalList, 400 Problem, 404 Problem", "after integer, limit integer"},
    {"GET", "/v1/batches/{id}/journal:verify",
     "Whether its journal is whole and folds to what is stored", "",
     "200 JournalProof, 400 Problem, 404 Problem, 409 Problem", ""},
    {"GET", "/v1/batches/{id}/autopsy", "What was written down about a batch that did not succeed",
     "", "200 Autopsy, 400 Problem, 404 Problem", ""},
    {"GET", "/v1/batches/{id}/why",
     "Which layer is at fault, with the evidence; now, or `at` a time in the past", "",
     "200 Why, 400 Problem, 404 Problem", "at string"},
    {"GET", "/v1/batches/{id}/events",
     "Its changes as server-sent events; Last-Event-ID resumes; ends after the terminal event", "",
     "200 EventStream, 400 Problem, 404 Problem", "last_event_id integer"},
    {"POST", "/v1/batches/{id}:cancel", "End it as cancelled", "Order", "200 Batch, 404 Problem",
     ""},
    {"POST", "/v1/batches/{id}:clear", "End it as cleared", "Order", "200 Batch, 404 Problem", ""},
    {"POST", "/v1/batches/{id}:finish", "End it now, keeping what has arrived", "Order",
     "200 Batch, 404 Problem", ""},
    {"POST", "/v1/batches/{id}:check-stalled",
     "Do what the sweep would; end it if it is stalled and enough is done", "StallCheck",
     "200 StallAnswer, 404 Problem", ""},
    {"POST", "/v1/batches/{id}:retry", "A new batch of what failed, expired or was not delivered",
     "Order", "202 StartedBatch, 200 StartAnswer, 404 Problem, 409 Problem, 503 Problem", ""},
    {"GET", "/v1/slots/{game_date}/predictions", "What is published for a game date", "",
     "200 SlotPredictions, 400 Problem", "dataset string"},
    {"POST", "/v1/leases", "Take requests to work on", "Lease", "200 LeaseList, 503 Problem", ""},
    {"POST", "/v1/leases/{token}:heartbeat", "Keep a request for longer", "Heartbeat",
     "200 LeaseKept, 410 Problem", ""},
    {"POST", "/v1/leases/{token}:complete", "Hand in predictions; durable when answered",
     "LeaseComplete", "200 LeaseSettled, 404 Problem, 503 Problem", ""},
    {"POST", "/v1/leases/{token}:fail", "Say that a request can't be predicted", "LeaseFail",
     "200 LeaseSettled, 404 Problem, 503 Problem", ""},
    {"POST", "/v1/leases/{token}:release", "Give a request back", "", "200 LeaseSettled", ""},
    {"GET", "/v1/announcements", "What was told to receivers, what not yet, and what was given up",
     "", "200 AnnouncementList, 400 Problem",
     "state string, target string, limit integer, cursor string"},
    {"POST", "/v1/announcements/{id}:resend", "Send one again, under its id", "Order",
     "200 Announcement, 404 Problem", ""},
    {"GET", "/v1/canaries", "No-op requests that went the whole way, or got lost, newest first", "",
     "200 CanaryList, 400 Problem", "limit integer"},
    {"GET", "/v1/workers", "Workers seen lately", "", "200 WorkerList, 400 Problem", ""},
    {"GET", "/v1/coordinators", "Coordinators seen lately, and which of them sweeps", "",
     "200 CoordinatorList, 400 Problem", ""},
    {"GET", "/v1/quarantine", "Messages that nobody could use", "",
     "200 QuarantineList, 400 Problem", "limit integer"},
    {"GET", "/v1/backlog", "What lies on the bus", "", "200 Backlog, 400 Problem", ""},
    {"GET", "/v1/audit", "Who ordered what", "", "200 AuditList, 400 Problem",
     "limit integer, cursor string"},
    {"POST", "/start", "Start a batch (the platform's form)", "PlatformStart",
     "202 PlatformStarted, 200 PlatformNoGames, 404 PlatformError, "
     "409 PlatformAlreadyRunning, 503 PlatformError",
     ""},
    {"POST", "/complete", "Push door for completions: a Pub/Sub envelope", "PushEnvelope",
     "204 Nothing, 503 Problem", ""},
    {"POST", "/predict", "Push door for requests: a Pub/Sub envelope", "PushEnvelope",
     "204 Nothing, 404 Problem, 503 Problem", ""},
    {"GET", "/status", "Progress of a batch, or of the newest live one", "",
     "200 PlatformStatus, 404 Problem", "batch_id string"},
    {"POST", "/check-stalled", "Check one batch, or every live one", "PlatformStallCheck",
     "200 PlatformStallAnswer, 404 Problem", ""},
    {"POST", "/reset", "End a batch now, keeping what has arrived", "PlatformReset",
     "200 PlatformEnded, 404 Problem, 409 Problem", ""},
    {"POST", "/admin/clear-batch", "End a batch as cleared", "PlatformClear",
     "200 PlatformEnded, 404 Problem", ""},
    {"GET", "/v1/session", "Who is asking, and what he may do", "", "200 Session", ""},
    {"POST", "/v1/session", "Exchange a key for the web page's session cookie", "SessionStart",
     "200 Session, 401 Problem, 503 Problem", ""},
    {"DELETE", "/v1/session", "End the session of the cookie", "", "204 Nothing, 503 Problem", ""},
    {"GET", "/", "The web page", "", "200 PageText, 304 Nothing, 404 Problem", ""},
    {"GET", "/assets/{name}", "A file of the web page", "",
     "200 AssetText, 304 Nothing, 404 Problem", ""},
    {"GET", "/livez", "Is the process alive", "", "200 Alive", ""},
    {"GET", "/health", "Is the process alive (the platform's name)", "", "200 Alive", ""},
    {"GET", "/readyz", "Can it do work, and do its batches move", "",
     "200 Ready, 503 Ready, 400 Problem", "canary boolean"},
    {"GET", "/ready", "The same (the platform's name)", "", "200 Ready, 503 Ready, 400 Problem",
     "canary boolean"},
    {"GET", "/health/deep", "The same; an overdue batch or a dead path fails it, too", "",
     "200 Ready, 503 Ready, 400 Problem", "canary boolean"},
    {"GET", "/metrics", "Prometheus text", "", "200 MetricsText", ""},
    {"GET", "/openapi.json", "This description", "", "200 OpenApi", ""},
};

std::vector<std::string_view> Split(std::string_view text) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    std::size_t comma = std::min(text.find(", "), text.size());
    parts.push_back(text.substr(0, comma));
    text.remove_prefix(std::min(comma + 2, text.size()));
  }
  return parts;
}

std::pair<std::string_view, std::string_view> Words(std::string_view text) {
  std::size_t space = text.find(' ');
  return {text.substr(0, space), text.substr(space + 1)};
}

json::object Ref(std::string_view schema) {
  return {{"$ref", "#/components/schemas/" + std::string(schema)}};
}

std::string_view ContentType(std::string_view schema) {
  if (schema == "Problem") return "application/problem+json";
  if (schema == "EventStream") return "text/event-stream";
  if (schema == "MetricsText") return "text/plain";
  if (schema == "PageText") return "text/html";
  if (schema == "AssetText") return "text/javascript";
  return "application/json";
}

json::array Parameters(const OperationText& text) {
  json::array parameters;
  std::string_view path = text.path;
  for (std::size_t open; (open = path.find('{')) != std::string_view::npos;) {
    std::size_t close = path.find('}', open);
    parameters.push_back({{"name", path.substr(open + 1, close - open - 1)},
                          {"in", "path"},
                          {"required", true},
                          {"schema", {{"type", "string"}}}});
    path.remove_prefix(close + 1);
  }
  for (std::string_view parameter : Split(text.parameters)) {
    auto [name, type] = Words(parameter);
    parameters.push_back({{"name", name}, {"in", "query"}, {"schema", {{"type", type}}}});
  }
  return parameters;
}

json::object Answers(const OperationText& text, const Route& route) {
  json::object responses;
  for (std::string_view answer : Split(text.answers)) {
    auto [status, schema] = Words(answer);
    json::object response{{"description", schema}};
    if (schema != "Nothing") {
      response["content"] =
          json::object{{ContentType(schema), json::object{{"schema", Ref(schema)}}}};
    }
    responses[status] = std::move(response);
  }
  json::object problem{{"description", "Problem"},
                       {"content", json::object{{"application/problem+json",
                                                 json::object{{"schema", Ref("Problem")}}}}}};
  if (route.role != Role::kNone) {
    responses["401"] = problem;
    responses["403"] = problem;
  }
  if (route.method == "POST") {  // Of the body, and of the Idempotency-Key.
    responses.emplace("400", problem);
    responses.emplace("422", problem);
  }
  responses["default"] = std::move(problem);
  return responses;
}

json::object Operation(const Route& route, const OperationText& text) {
  json::object operation{{"summary", text.summary}, {"responses", Answers(text, route)}};
  json::array parameters = Parameters(text);
  if (route.method == "POST") {
    parameters.push_back({{"name", "Idempotency-Key"},
                          {"in", "header"},
                          {"schema", {{"type", "string"}, {"maxLength", 255}}}});
  }
  if (!parameters.empty()) operation["parameters"] = std::move(parameters);
  if (!text.request.empty()) {
    operation["requestBody"] = {
        {"content",
         json::object{{"application/json", json::object{{"schema", Ref(text.request)}}}}}};
  }
  if (route.role != Role::kNone) {
    operation["security"] =
        json::array{json::object{{"key", json::array{}}}, json::object{{"bearer", json::array{}}}};
    operation["x-role"] = ToString(route.role);
  }
  return operation;
}

std::string Lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

const OperationText* FindOperation(std::string_view method, std::string_view path) {
  for (const OperationText& text : kOperations) {
    if (text.method == method && text.path == path) return &text;
  }
  return nullptr;
}

json::object OpenApi(const Router& router, const std::string& version) {
  json::object paths;
  for (const Route& route : router.routes()) {
    const OperationText* text = FindOperation(route.method, route.path);
    if (text == nullptr) continue;
    json::value& path = paths[route.path];
    if (!path.is_object()) path = json::object();
    path.as_object()[Lower(route.method)] = Operation(route, *text);
  }
  json::object schemes{{"key", {{"type", "apiKey"}, {"in", "header"}, {"name", "X-API-Key"}}},
                       {"bearer", {{"type", "http"}, {"scheme", "bearer"}}}};
  auto schemas = ParseJson(SchemasText());
  TIPOFF_CHECK(schemas.ok(), "the schemas are JSON");
  return {
      {"openapi", "3.1.0"},
      {"info",
       {{"title", "tipoff"},
        {"version", version},
        {"description",
         "Predicts every NBA player's points of a game day, as one "
         "batch that ends by a promised time."}}},
      {"paths", std::move(paths)},
      {"components", {{"schemas", std::move(*schemas)}, {"securitySchemes", std::move(schemes)}}}};
}

}  // namespace tipoff
