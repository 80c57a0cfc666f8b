// Google-signed OpenID Connect tokens, as Pub/Sub's pushes and Cloud Scheduler bring them.
//
// A token is taken only if all of this holds: at most 8 KB; alg RS256 (none and HS256 are refused,
// and no other field can choose the algorithm or the key's type); its kid is in the key set and
// that RSA key of 2048 bits or more has signed it; iss and aud are those configured; it is not
// expired, not of the future, with 60 s of leeway; email_verified is true, and the email is one of
// those allowed.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/principal.h"
#include "base/instant.h"
#include "base/loop.h"
#include "base/result.h"
#include "store/store.h"

namespace tipoff {

// Reads a URL and posts its body; must answer in time, exactly once.
using FetchText = std::function<void(std::string url, DoneWith<std::string> done)>;

struct OidcOptions {
  std::string audience;  // "": no token is taken.
  std::vector<std::string> issuers = {"https://accounts.google.com", "accounts.google.com"};
  // Who may come. Empty: whoever has a verified email, and since anybody can get Google to sign
  // him a token for any audience, that is anybody who knows the audience.
  std::vector<std::string> emails;
  std::vector<std::string> operators;  // Of these, whose role is operate; the others' is work.
  std::string jwks = "https://www.googleapis.com/oauth2/v3/certs";  // https URL, or a file.
  FetchText fetch;                                                  // For a URL only.
};

// One RSA key of a key set.
class RsaPublicKey;
using JwkSet = std::map<std::string, std::shared_ptr<const RsaPublicKey>>;  // By kid.

// The RS256 keys of a JSON web key set; others are left out. kInvalid: not a key set, or none of
// them is of use.
Result<JwkSet> ParseJwkSet(std::string_view text);

// Three parts of base64url between dots. Says nothing about its truth.
bool LooksLikeToken(std::string_view text);

class OidcVerifier {
 public:
  OidcVerifier(Loop& loop, OidcOptions options);
  ~OidcVerifier();  // What is still waiting is not answered.

  // Posts {"oidc:" + email, kWork}; kDenied with the reason; kUnavailable while there are no keys
  // to judge by. `now` is compared with the token's times. The key set is read again once it is an
  // hour old, and for a kid that it does not have, but at most once a minute; while that fails, the
  // keys that there are serve for up to a day.
  void Verify(std::string token, Instant now, DoneWith<Principal> done);

 private:
  struct Waiting;

  void Refresh();
  void TakeKeys(Result<std::string> text);
  bool NeedsKeys(std::string_view kid) const;
  Result<Principal> Judge(const Waiting& call) const;
  void Post(DoneWith<Principal> done, Result<Principal> answer);

  Loop& loop_;
  OidcOptions options_;
  JwkSet keys_;
  Status last_read_;  // Of the last try to read the key set.
  bool tried_ = false;
  bool reading_ = false;
  Duration tried_at_{};  // Steady.
  Duration read_at_{};   // Steady, of the last success.
  std::vector<Waiting> waiting_;
  std::shared_ptr<int> alive_ = std::make_shared<int>();  // Answers after our end find it gone.
};

}  // namespace tipoff
