#include "api/sessions.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/keys.h"
#include "base/hash.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::string_view kCookie = "tipoff_session";
constexpr std::size_t kTokenBytesMax = 100;

Result<PageSession> FromBody(const std::string& body) {
  TIPOFF_TRY(json::value value, ParseJson(body));
  JsonReader reader(value);
  PageSession session{reader.Text("key_id"), reader.Text("proof"), reader.At("expires_at")};
  TIPOFF_TRY_STATUS(reader.status());
  return session;
}

Error NoSession() { return {Errc::kNotFound, "the session has ended: sign in again"}; }

}  // namespace

std::string SessionProof(std::string_view key_hash) { return Sha256Hex(key_hash); }

std::string SessionToken(const HttpRequest& request) {
  std::string_view cookies = request.Header("cookie");
  while (!cookies.empty()) {
    std::string_view cookie = cookies.substr(0, cookies.find(';'));
    cookies.remove_prefix(std::min(cookie.size() + 1, cookies.size()));
    cookie.remove_prefix(std::min(cookie.find_first_not_of(' '), cookie.size()));
    std::size_t equals = cookie.find('=');
    if (equals == cookie.npos || cookie.substr(0, equals) != kCookie) continue;
    return std::string(cookie.substr(equals + 1, kTokenBytesMax));
  }
  return "";
}

std::string SessionCookie(const HttpRequest& request, const std::string& token) {
  auto age = token.empty() ? std::chrono::seconds(0) : std::chrono::seconds(kSessionLength);
  bool tls = request.Header("x-forwarded-proto") == "https";
  return fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Strict{}", kCookie, token,
                     age.count(), tls ? "; Secure" : "");
}

void BeginSession(Store& store, std::string_view key, DoneWith<std::string> done) {
  auto token = MakeSecret();
  if (!token.ok()) return done(token.error());
  json::object body{{"key_id", KeyIdOf(key)},
                    {"proof", SessionProof(Sha256Hex(key))},
                    {"expires_at", InstantToJson(store.Now() + kSessionLength)}};
  store.PutRecord({kSessionRecords, Sha256Hex(*token), {}, DumpJson(body)}, PutMode::kFirstStays,
                  [token = *token, done = std::move(done)](Result<Record> stored) {
                    if (!stored.ok()) return done(Annotate(stored.error(), "session"));
                    done(token);
                  });
}

void FindSession(Store& store, const std::string& token, DoneWith<PageSession> done) {
  store.GetRecord(kSessionRecords, Sha256Hex(token),
                  [&store, done = std::move(done)](Result<Record> record) {
                    if (!record.ok()) return done(record.error());
                    auto session = FromBody(record->body);
                    if (!session.ok()) return done(NoSession());
                    if (session->expires_at <= store.Now()) return done(NoSession());
                    done(std::move(session));
                  });
}

void EndSession(Store& store, const std::string& token, DoneWith<Done> done) {
  json::object body{{"key_id", ""}, {"proof", ""}, {"expires_at", InstantToJson(store.Now())}};
  store.PutRecord({kSessionRecords, Sha256Hex(token), {}, DumpJson(body)}, PutMode::kReplace,
                  [done = std::move(done)](Result<Record> stored) {
                    if (!stored.ok()) return done(Annotate(stored.error(), "session"));
                    done(Ok());
                  });
}

}  // namespace tipoff
