#include "app/api_client.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/fields.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::size_t kPage = 500;

Errc CodeFor(int status) {
  switch (status) {
    case 400:
    case 413:
    case 422: return Errc::kInvalid;
    case 401:
    case 403: return Errc::kDenied;
    case 404: return Errc::kNotFound;
    case 409: return Errc::kConflict;
    default: return Errc::kUnavailable;
  }
}

// The `detail` of a problem, or what there is instead.
std::string Words(const HttpResponse& response) {
  auto problem = ParseObject(response.body);
  if (problem.ok()) {
    for (const char* field : {"detail", "message", "title"}) {
      if (std::string words = FieldText(*problem, field); !words.empty()) return words;
    }
  }
  return fmt::format("the server answered {}", response.status);
}

bool IdLike(const std::string& id) {
  return !id.empty() && std::all_of(id.begin(), id.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '_' || c == '-' || c == '.';
  });
}

}  // namespace

Result<Answer> CheckAnswer(const HttpResponse& response) {
  if (response.status < 200 || response.status > 299) {
    std::string words = Words(response);
    if (response.status == 401) words += "; name a key with --key or $TIPOFF_KEY";
    return Error{CodeFor(response.status), std::move(words)};
  }
  Answer answer{response.status, response.body, ""};
  for (const auto& [name, value] : response.headers) {
    if (name == "location" || name == "Location") answer.location = value;
  }
  return answer;
}

Result<json::object> ParseObject(const std::string& text) {
  auto value = ParseJson(text);
  if (!value.ok() || !value->is_object()) {
    return Error{Errc::kUnavailable, "the answer is no JSON object; is this a tipoff server?"};
  }
  return std::move(value->as_object());
}

Result<json::object> GetObject(ApiClient& client, const std::string& path,
                               const ApiClient::Pairs& query) {
  TIPOFF_TRY(HttpResponse response, client.Call("GET", path, query, "", {}));
  TIPOFF_TRY(Answer answer, CheckAnswer(response));
  return ParseObject(answer.body);
}

Result<Answer> PostObject(ApiClient& client, const std::string& path, const json::object& body,
                          const ApiClient::Pairs& headers) {
  ApiClient::Pairs all = headers;
  all.emplace_back("content-type", "application/json");
  TIPOFF_TRY(HttpResponse response, client.Call("POST", path, {}, DumpJson(body), all));
  return CheckAnswer(response);
}

Result<json::array> GetPages(ApiClient& client, const std::string& path, ApiClient::Pairs query,
                             const PagedList& list) {
  json::array all;
  std::string cursor;
  if (list.more != nullptr) *list.more = false;
  while (all.size() < list.limit) {
    ApiClient::Pairs page_query = query;
    page_query.emplace_back("limit", fmt::to_string(std::min(kPage, list.limit - all.size())));
    if (!cursor.empty()) page_query.emplace_back(list.after, cursor);
    TIPOFF_TRY(json::object page, GetObject(client, path, page_query));
    const json::value* elements = page.if_contains(list.name);
    if (elements == nullptr || !elements->is_array()) {
      return Error{Errc::kUnavailable, fmt::format("the answer has no list '{}'", list.name)};
    }
    for (const json::value& element : elements->as_array()) all.push_back(element);
    std::string next = FieldText(page, "next_cursor");
    if (list.more != nullptr) *list.more = !next.empty();
    // A server that repeats itself must not hold us for ever.
    if (next.empty() || next == cursor) break;
    cursor = std::move(next);
  }
  return all;
}

Result<std::string> BatchPath(const std::string& id, const std::string& rest) {
  if (!IdLike(id)) return Error{Errc::kNotFound, fmt::format("there is no batch '{}'", id)};
  return "/v1/batches/" + id + rest;
}

}  // namespace tipoff
