// Who sends a request: by key, by token, or by being on this machine.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/keys.h"
#include "api/oidc.h"
#include "api/principal.h"
#include "api/sessions.h"
#include "base/loop.h"
#include "base/result.h"
#include "http/message.h"
#include "store/store.h"

namespace tipoff {

// Principal::name of whoever comes without a key to a server whose doors are open.
inline constexpr std::string_view kLocalName = "local";
inline constexpr std::string_view kAnonymousName = "anonymous";

// On the loop. No answer, error or log line of it holds a key or a token.
class Auth {
 public:
  struct Options {
    // Lets everybody in with the role operate while there is no key at all: for loopback only.
    // As soon as there is a coordinator_key, or the store holds a key that is not revoked, the
    // doors are closed; they open again when the last one is revoked.
    bool open = false;
    std::string coordinator_key;  // COORDINATOR_API_KEY: operates. "": there is none.
    OidcOptions oidc;
  };

  Auth(Loop& loop, Store& store, Options options);
  ~Auth();  // What is still waiting is not answered.

  // Posts who it is. X-API-Key counts before Authorization, whose Bearer is a key or a token; both
  // before a page's session, which may do what its key may. A session that is over is as none.
  //  - Nothing presented: "anonymous" with kNone, or "local" with kOperate where doors are open.
  //  - A key: "key:" + its name with its role, or "coordinator-key" with kOperate.
  //  - A token: see OidcVerifier.
  //  - kDenied: the key or token is wrong, revoked or expired; another scheme than Bearer; a key in
  //    the query, where every proxy would log it. Also where doors are open: what is presented is
  //    verified.
  //  - kUnavailable: it can't be judged now, because the store or the key set can't be read.
  //
  // Keys are read at most every 5 s, so that a new or revoked one is known within that. While the
  // store can't be read, keys known good serve for up to 5 min; doors are not open then, since
  // nobody can say that there is no key.
  void Authenticate(const HttpRequest& request, DoneWith<Principal> done);

  // Reads the keys now, so that `open` knows before anybody has come.
  void Warm() { Refresh(); }
  // Whether the doors are open, as far as is known: also until the keys were read once.
  bool open() const { return open_ && keys_.empty(); }

 private:
  struct Known {
    std::string name;
    Role role = Role::kNone;
    std::string hash;
  };
  struct Waiting {
    std::string key;  // "": came without one.
    std::optional<PageSession> session;
    DoneWith<Principal> done;
  };

  void BySession(const std::string& token, DoneWith<Principal> done);
  void ByKey(std::string key, std::optional<PageSession> session, DoneWith<Principal> done);
  bool IsCoordinatorKey(std::string_view key) const;
  void Refresh();
  void TakeKeys(Result<std::vector<ApiKey>> keys);
  void AnswerWaiting();
  Result<Principal> Judge(const std::string& key, const std::optional<PageSession>& session) const;
  Result<Principal> JudgeSession(const PageSession& session) const;
  void Post(DoneWith<Principal> done, Result<Principal> answer);

  Loop& loop_;
  Store& store_;
  bool open_;
  std::string coordinator_hash_;  // "": none.
  OidcVerifier oidc_;

  std::unordered_map<std::string, Known> keys_;  // Not revoked, by id.
  bool ever_read_ = false;
  bool last_read_ok_ = false;
  bool tried_ = false;
  bool reading_ = false;
  Duration tried_at_{};  // Steady.
  Duration read_at_{};   // Steady; when the last successful read began.
  Loop::TimerId patience_ = 0;
  std::vector<Waiting> waiting_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // Answers after our end find it gone.
};

// Protects a server without keys from web pages that the operator visits elsewhere, by DNS
// rebinding or by posting across sites. Where `open` (the answer's name is kLocalName): Host must
// be localhost, 127.0.0.1 or [::1], at any port, or one of `allowed_hosts`, and Origin, if there is
// one, must be of that very host and port; else kDenied. Where keys are required all is Ok: a
// foreign page has none. Requests from within the process ("local") need no Host. Pure.
Status CheckOrigin(const HttpRequest& request, const std::vector<std::string>& allowed_hosts,
                   bool open);

// For what came by a page's session: cookies are sent from pages of other ports, too. Origin, if
// there is one, must be of the request's Host, or one of `allowed_hosts`; else kDenied. Reading is
// free.
Status CheckSameOrigin(const HttpRequest& request, const std::vector<std::string>& allowed_hosts);

}  // namespace tipoff
