#include <boost/json.hpp>

#include "api/fields.h"
#include "api/routes.h"
#include "api/sessions.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

json::object SessionToJson(const Principal& who) {
  return {{"name", who.name}, {"role", ToString(who.role)}, {"open", who.name == kLocalName}};
}

Result<std::string> ReadKey(const Call& call) {
  TIPOFF_TRY(json::object body, call.Body());
  TIPOFF_TRY_STATUS(OnlyFields(body, {"key"}));
  json::value value(std::move(body));
  JsonReader reader(value);
  std::string key = reader.Text("key");
  TIPOFF_TRY_STATUS(reader.status());
  if (!call.idempotency_key.empty() || !call.request.Header("idempotency-key").empty()) {
    return Error{Errc::kInvalid, "Idempotency-Key: a session is not kept for repeats"};
  }
  return key;
}

// The key goes the way of any key; a wrong one is told as everywhere.
void Begin(const ApiParts& parts, const Call& call) {
  auto key = ReadKey(call);
  if (!key.ok()) return call.Fail(key.error());
  HttpRequest presented{.method = "POST", .path = call.request.path};
  presented.headers["x-api-key"] = *key;
  Store& store = parts.store;
  parts.auth.Authenticate(presented, [&store, call, key = *key](Result<Principal> who) {
    if (!who.ok()) {
      bool denied = who.error().code == Errc::kDenied;
      return call.responder->Send(denied ? MakeProblem(401, who.error().message)
                                         : MakeProblem(who.error()));
    }
    if (key.empty() || who->role == Role::kNone) {
      return call.responder->Send(MakeProblem(401, "key: a key is needed"));
    }
    BeginSession(store, key, [call, who = *who](Result<std::string> token) {
      if (!token.ok()) return call.Fail(token.error());
      call.Answer(
          200, SessionToJson(who),
          {{"Set-Cookie", SessionCookie(call.request, *token)}, {"Cache-Control", "no-store"}});
    });
  });
}

void End(const ApiParts& parts, const Call& call) {
  auto answer = [call](Result<Done> ended) {
    if (!ended.ok()) return call.Fail(ended.error());
    HttpResponse response;
    response.status = 204;
    response.headers.emplace_back("Set-Cookie", SessionCookie(call.request, ""));
    call.responder->Send(std::move(response));
  };
  std::string token = SessionToken(call.request);
  if (token.empty()) return answer(Ok());
  FindSession(parts.store, token, [&store = parts.store, token, answer](Result<PageSession> found) {
    if (!found.ok() && found.error().code == Errc::kNotFound) return answer(Ok());
    EndSession(store, token, answer);
  });
}

}  // namespace

void AddSessionRoutes(Router& router, const ApiParts& parts) {
  router.Add("GET", "/v1/session", Role::kRead,
             [](const Call& call) { call.Answer(200, SessionToJson(call.who)); });
  router.Add("POST", "/v1/session", Role::kNone, [parts](const Call& call) { Begin(parts, call); });
  router.Add("DELETE", "/v1/session", Role::kNone, [parts](const Call& call) { End(parts, call); });
}

}  // namespace tipoff
