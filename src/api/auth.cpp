#include "api/auth.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "base/log.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Duration kReadsApart = seconds(5);
// How long a request waits for keys to be read before what is known must do.
constexpr Duration kPatience = seconds(2);
constexpr Duration kKeysUsable = minutes(5);
// Requests that wait while keys are read: more than the server has connections.
constexpr std::size_t kWaitingMax = 5000;
// Longer than any key; an HTTP header may be longer still.
constexpr std::size_t kKeyBytesMax = 1024;
// Compared with where there is no key to compare with, so that this takes as long.
constexpr std::string_view kNoHash =
    "0000000000000000000000000000000000000000000000000000000000000000";

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool KeyInQuery(const HttpRequest& request) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "key", "apikey", "api_key", "api-key", "x-api-key", "access_token", "token", "authorization"};
  for (const auto& [name, value] : request.query) {
    if (std::find(kNames.begin(), kNames.end(), Lower(name)) != kNames.end()) return true;
    if (!KeyIdOf(value).empty()) return true;
  }
  return false;
}

// What a request presents. At most one is not empty.
struct Credential {
  std::string key;
  std::string bearer;
  std::string session;
};

Result<Credential> FindCredential(const HttpRequest& request) {
  if (KeyInQuery(request)) {
    return Error{Errc::kDenied,
                 "a key does not belong in the URL, where it is logged: send it in the header "
                 "X-API-Key, and revoke it if it is in use"};
  }
  if (std::string_view key = request.Header("x-api-key"); !key.empty()) {
    return Credential{.key = std::string(key)};
  }
  std::string_view authorization = request.Header("authorization");
  if (authorization.empty()) return Credential{.session = SessionToken(request)};
  static constexpr std::string_view kScheme = "bearer ";
  std::string_view rest = authorization.substr(std::min(kScheme.size(), authorization.size()));
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (!Lower(authorization).starts_with(kScheme) || rest.empty()) {
    return Error{Errc::kDenied, "Authorization: must be 'Bearer KEY'"};
  }
  return Credential{.bearer = std::string(rest)};
}

Error WrongKey() {
  return {Errc::kDenied,
          "the key is wrong or revoked: `tipoff keys list` shows those that are good"};
}

// "localhost:8080" -> "localhost", "[::1]:8080" -> "[::1]".
std::string_view WithoutPort(std::string_view authority) {
  std::size_t colon = authority.rfind(':');
  bool has_port = colon != std::string_view::npos &&
                  authority.find_first_not_of("0123456789", colon + 1) == std::string_view::npos;
  return has_port ? authority.substr(0, colon) : authority;
}

bool IsAllowedHost(const std::string& authority, const std::vector<std::string>& allowed_hosts) {
  std::string_view host = WithoutPort(authority);
  if (host == "localhost" || host == "127.0.0.1" || host == "[::1]") return true;
  return std::any_of(allowed_hosts.begin(), allowed_hosts.end(), [&](const std::string& allowed) {
    return Lower(allowed) == host || Lower(allowed) == authority;
  });
}

}  // namespace

Auth::Auth(Loop& loop, Store& store, Options options)
    : loop_(loop),
      store_(store),
      open_(options.open && options.coordinator_key.empty()),
      coordinator_hash_(options.coordinator_key.empty() ? "" : Sha256Hex(options.coordinator_key)),
      oidc_(loop, std::move(options.oidc)) {}

Auth::~Auth() { loop_.Cancel(patience_); }

void Auth::Post(DoneWith<Principal> done, Result<Principal> answer) {
  loop_.Post([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

void Auth::Authenticate(const HttpRequest& request, DoneWith<Principal> done) {
  auto credential = FindCredential(request);
  if (!credential.ok()) return Post(std::move(done), credential.error());
  if (!credential->session.empty()) return BySession(credential->session, std::move(done));
  std::string& bearer = credential->bearer;
  if (LooksLikeToken(bearer) && !IsCoordinatorKey(bearer)) {
    return oidc_.Verify(std::move(bearer), loop_.Now(), std::move(done));
  }
  ByKey(bearer.empty() ? std::move(credential->key) : std::move(bearer), {}, std::move(done));
}

void Auth::BySession(const std::string& token, DoneWith<Principal> done) {
  FindSession(
      store_, token, [this, alive = std::weak_ptr(alive_), done](Result<PageSession> found) {
        if (alive.expired()) return;
        if (found.ok()) return ByKey("", std::move(*found), done);
        if (found.error().code == Errc::kNotFound) return ByKey("", {}, done);
        Post(done, Error{Errc::kUnavailable, "who you are can't be told: the store can't be read"});
      });
}

bool Auth::IsCoordinatorKey(std::string_view key) const {
  return !coordinator_hash_.empty() && SameDigest(Sha256Hex(key), coordinator_hash_);
}

void Auth::ByKey(std::string key, std::optional<PageSession> session, DoneWith<Principal> done) {
  if (key.empty() && !session && !open_) return Post(std::move(done), Judge(key, session));
  if (key.size() > kKeyBytesMax) return Post(std::move(done), WrongKey());
  if (!key.empty() && IsCoordinatorKey(key)) {
    return Post(std::move(done), Principal{"coordinator-key", Role::kOperate});
  }
  // A read that has run out of patience is not waited for again.
  bool due = !tried_ || loop_.Steady() - tried_at_ >= kReadsApart;
  bool wait = reading_ ? patience_ != 0 : due;
  if (!wait) return Post(std::move(done), Judge(key, session));
  if (waiting_.size() >= kWaitingMax) {
    return Post(std::move(done),
                Error{Errc::kUnavailable, "too many requests wait for the keys: try again"});
  }
  waiting_.push_back({std::move(key), std::move(session), std::move(done)});
  Refresh();
}

void Auth::Refresh() {
  if (reading_) return;
  patience_ = loop_.After(kPatience, [this] {
    last_read_ok_ = false;
    AnswerWaiting();
  });
  reading_ = true;
  tried_ = true;
  tried_at_ = loop_.Steady();
  ListKeys(store_, [this, alive = std::weak_ptr(alive_),
                    began = tried_at_](Result<std::vector<ApiKey>> keys) {
    if (alive.expired()) return;
    if (keys.ok()) read_at_ = began;
    TakeKeys(std::move(keys));
  });
}

void Auth::TakeKeys(Result<std::vector<ApiKey>> keys) {
  reading_ = false;
  last_read_ok_ = keys.ok();
  if (keys.ok()) {
    ever_read_ = true;
    keys_.clear();
    for (ApiKey& key : *keys) {
      if (!key.revoked_at.never()) continue;
      keys_[key.id] = {std::move(key.name), key.role, std::move(key.hash)};
    }
  } else {
    Log(Severity::kWarning, "keys can't be read; those known still serve for a while",
        {{"problem", keys.error().message}});
  }
  AnswerWaiting();
}

void Auth::AnswerWaiting() {
  loop_.Cancel(patience_);
  patience_ = 0;
  std::vector<Waiting> waiting = std::move(waiting_);
  waiting_.clear();
  for (Waiting& call : waiting) Post(std::move(call.done), Judge(call.key, call.session));
}

Result<Principal> Auth::JudgeSession(const PageSession& session) const {
  auto good = [&](std::string_view hash) {
    return !hash.empty() && SameDigest(SessionProof(hash), session.proof);
  };
  if (session.key_id.empty() && good(coordinator_hash_)) {
    return Principal{"coordinator-key", Role::kOperate, true};
  }
  if (!ever_read_ || loop_.Steady() - read_at_ >= kKeysUsable) {
    return Error{Errc::kUnavailable, "who you are can't be told: the store can't be read"};
  }
  auto found = keys_.find(session.key_id);
  if (found != keys_.end() && good(found->second.hash)) {
    return Principal{"key:" + found->second.name, found->second.role, true};
  }
  return Judge("", {});  // Its key is revoked.
}

Result<Principal> Auth::Judge(const std::string& key,
                              const std::optional<PageSession>& session) const {
  if (session) return JudgeSession(*session);
  if (key.empty() && !open_) return Principal{std::string(kAnonymousName), Role::kNone};
  bool usable = ever_read_ && loop_.Steady() - read_at_ < kKeysUsable;
  Error unavailable{Errc::kUnavailable, "who you are can't be told: the store can't be read"};
  if (key.empty()) {
    if (!last_read_ok_) return unavailable;
    if (keys_.empty()) return Principal{std::string(kLocalName), Role::kOperate};
    return Principal{std::string(kAnonymousName), Role::kNone};
  }
  if (!usable) return unavailable;
  auto found = keys_.find(std::string(KeyIdOf(key)));
  bool known = found != keys_.end() && found->second.hash.size() == kNoHash.size();
  bool same = SameDigest(Sha256Hex(key), known ? std::string_view(found->second.hash) : kNoHash);
  if (known && same) return Principal{"key:" + found->second.name, found->second.role};
  // A key made since the last successful read looks wrong too.
  if (!last_read_ok_) return unavailable;
  return WrongKey();
}

Status CheckOrigin(const HttpRequest& request, const std::vector<std::string>& allowed_hosts,
                   bool open) {
  if (!open) return Ok();
  std::string host = Lower(request.Header("host"));
  if (host.empty() && request.remote == "local") return Ok();
  if (!IsAllowedHost(host, allowed_hosts)) {
    return Error{Errc::kDenied,
                 "Host: a server without keys answers only as localhost, 127.0.0.1 or [::1]: use "
                 "that address, or add a key with `tipoff keys add`"};
  }
  if (!request.headers.contains("origin")) return Ok();
  std::string origin = Lower(request.Header("origin"));
  if (origin == "http://" + host || origin == "https://" + host) return Ok();
  return Error{Errc::kDenied,
               "Origin: a server without keys takes no requests from other sites' pages"};
}

Status CheckSameOrigin(const HttpRequest& request, const std::vector<std::string>& allowed_hosts) {
  if (request.method == "GET" || request.method == "HEAD") return Ok();
  if (!request.headers.contains("origin")) return Ok();
  std::string origin = Lower(request.Header("origin"));
  std::string_view host = origin;
  host.remove_prefix(
      std::min(host.find("://") == host.npos ? 0 : host.find("://") + 3, host.size()));
  bool allowed =
      std::any_of(allowed_hosts.begin(), allowed_hosts.end(), [&](const std::string& one) {
        return Lower(one) == host || Lower(one) == WithoutPort(host);
      });
  if (allowed || host == Lower(request.Header("host"))) return Ok();
  return Error{Errc::kDenied, "Origin: a page of another site may not order anything"};
}

}  // namespace tipoff
