// Sessions of the web page: a key, shown once, is exchanged for a cookie that no script can read.
// Kept in the store, so that any server knows them and a restart ends none.
//
// A session is only as good as its key: it ends when that is revoked. What is stored opens nothing:
// the record's id is a digest of the token, and the key stands in it as the digest of its digest.
#pragma once

#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"
#include "http/message.h"
#include "store/store.h"

namespace tipoff {

inline constexpr char kSessionRecords[] = "session";
inline constexpr auto kSessionLength = std::chrono::hours(12);

struct PageSession {
  std::string key_id;  // "": of the coordinator key.
  std::string proof;   // SessionProof of the key's SHA-256.
  Instant expires_at;
};

// What a session keeps of its key, from the key's SHA-256 in hex.
std::string SessionProof(std::string_view key_hash);

// The token that a request's cookie carries; "" if there is none.
std::string SessionToken(const HttpRequest& request);
// Set-Cookie for it; Secure if the request came by way of TLS. "" as the token takes it away.
std::string SessionCookie(const HttpRequest& request, const std::string& token);

// Answers the new session's token, once it is stored. `key` must have been found good.
void BeginSession(Store& store, std::string_view key, DoneWith<std::string> done);
// kNotFound: there is none, it has expired or was ended.
void FindSession(Store& store, const std::string& token, DoneWith<PageSession> done);
// Twice is as once.
void EndSession(Store& store, const std::string& token, DoneWith<Done> done);

}  // namespace tipoff
