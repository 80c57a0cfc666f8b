#include "api/oidc.h"

#include <fmt/format.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include <algorithm>
#include <fstream>
#include <iterator>

#include "base/base64.h"
#include "base/json.h"
#include "base/log.h"

namespace tipoff {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr std::size_t kTokenBytesMax = 8192;
constexpr std::size_t kJwkSetBytesMax = 1u << 20;
constexpr std::size_t kJwksMax = 100;
constexpr int kRsaBitsMin = 2048;
// Verifying takes a time that grows with the square of the size; nobody signs with more.
constexpr int kRsaBitsMax = 8192;
constexpr std::int64_t kLeewaySeconds = 60;
constexpr Duration kKeysFresh = hours(1);
constexpr Duration kKeysUsable = hours(24);
constexpr Duration kReadsApart = minutes(1);
// Tokens that wait while the key set is read: more than the server has connections.
constexpr std::size_t kWaitingMax = 5000;

template <auto Free>
struct Freer {
  template <class T>
  void operator()(T* freed) const {
    Free(freed);
  }
};
template <class T, auto Free>
using Owned = std::unique_ptr<T, Freer<Free>>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

Owned<BIGNUM, BN_free> ToNumber(std::string_view bytes) {
  return Owned<BIGNUM, BN_free>(BN_bin2bn(Bytes(bytes), static_cast<int>(bytes.size()), nullptr));
}

Error Refused(std::string_view why) {
  return {Errc::kDenied, fmt::format("the token is refused: {}", why)};
}

}  // namespace

class RsaPublicKey {
 public:
  // Big-endian modulus and exponent. Null if they make no key that we would trust.
  static std::shared_ptr<const RsaPublicKey> From(std::string_view modulus,
                                                  std::string_view exponent) {
    auto n = ToNumber(modulus);
    auto e = ToNumber(exponent);
    Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> build(OSSL_PARAM_BLD_new());
    if (!n || !e || !build || BN_num_bits(n.get()) < kRsaBitsMin ||
        BN_num_bits(n.get()) > kRsaBitsMax || BN_num_bits(e.get()) > 64 || !BN_is_odd(e.get()) ||
        BN_is_one(e.get()) ||
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(build.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
      return nullptr;
    }
    Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(build.get()));
    Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(
        EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
    EVP_PKEY* made = nullptr;
    if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
      return nullptr;
    }
    auto key = std::make_shared<RsaPublicKey>();
    key->key_.reset(made);
    return key;
  }

  // RS256: RSASSA-PKCS1-v1_5 with SHA-256.
  bool Signed(std::string_view text, std::string_view signature) const {
    Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
    bool good =
        context &&
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1 &&
        EVP_DigestVerify(context.get(), Bytes(signature), signature.size(), Bytes(text),
                         text.size()) == 1;
    ERR_clear_error();  // Else a later user of this thread's OpenSSL would find our error.
    return good;
  }

 private:
  Owned<EVP_PKEY, EVP_PKEY_free> key_;
};

namespace {

// A token taken apart; nothing of it is true before its signature is verified.
struct Token {
  std::string kid;
  std::string payload;
  std::string signature;
  std::string_view signed_part;  // Of the text that it was made from.
};

Result<Token> TakeApart(std::string_view text) {
  if (text.size() > kTokenBytesMax) {
    return Refused(
        fmt::format("it has {} bytes, at most {} are read", text.size(), kTokenBytesMax));
  }
  if (!LooksLikeToken(text)) return Refused("it is not header.payload.signature");
  std::size_t first = text.find('.');
  std::size_t second = text.find('.', first + 1);
  auto header_text = Base64Decode(text.substr(0, first));
  auto payload = Base64Decode(text.substr(first + 1, second - first - 1));
  auto signature = Base64Decode(text.substr(second + 1));
  if (!header_text.ok() || !payload.ok() || !signature.ok()) {
    return Refused("it is not valid base64url");
  }
  auto header = ParseJson(*header_text);
  if (!header.ok()) return Refused("its header is not JSON");
  JsonReader reader(*header, "header");
  Token token;
  std::string algorithm = reader.Text("alg");
  token.kid = reader.Text("kid");
  if (!reader.status().ok()) return Refused(reader.status().error().message);
  if (algorithm != "RS256") return Refused("header.alg: only RS256 is taken");
  if (reader.Has("crit")) return Refused("header.crit: it asks for what is not known here");
  if (token.kid.empty()) return Refused("header.kid: missing");
  token.payload = std::move(*payload);
  token.signature = std::move(*signature);
  token.signed_part = text.substr(0, second);
  return token;
}

Status CheckTimes(JsonReader& claims, Instant now) {
  std::int64_t seconds = now.micros() / 1'000'000;
  std::int64_t expires = claims.Integer("exp");
  std::int64_t issued = claims.Integer("iat");
  std::int64_t not_before = claims.Integer("nbf", issued);
  if (!claims.status().ok()) return Refused(claims.status().error().message);
  if (!claims.Has("exp") || !claims.Has("iat")) return Refused("claims.exp or claims.iat: missing");
  // Only `seconds` is moved: a claim may be any number.
  if (expires <= seconds - kLeewaySeconds) return Refused("claims.exp: it has expired");
  if (issued > seconds + kLeewaySeconds) {
    return Refused("claims.iat: it was issued in the future: compare the clocks");
  }
  if (not_before > seconds + kLeewaySeconds) return Refused("claims.nbf: it is not valid yet");
  return Ok();
}

bool Contains(const std::vector<std::string>& list, const std::string& text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

// Of a payload whose signature is good.
Result<Principal> CheckClaims(const std::string& payload, const OidcOptions& options, Instant now) {
  auto parsed = ParseJson(payload);
  if (!parsed.ok()) return Refused("its payload is not JSON");
  JsonReader claims(*parsed, "claims");
  TIPOFF_TRY_STATUS(CheckTimes(claims, now));
  std::string issuer = claims.Text("iss");
  std::string audience = claims.Text("aud");
  std::string email = claims.Text("email");
  bool verified = claims.Boolean("email_verified");
  if (!claims.status().ok()) return Refused(claims.status().error().message);
  if (!Contains(options.issuers, issuer)) return Refused("claims.iss: not an issuer trusted here");
  if (audience != options.audience) {
    return Refused(
        "claims.aud: it is for somebody else: set the subscription's audience to the "
        "one configured here");
  }
  if (email.empty() || !verified) {
    return Refused(
        "claims.email: missing or not verified: let the subscription's token be made "
        "by a service account");
  }
  if (!options.emails.empty() && !Contains(options.emails, email)) {
    return Refused("claims.email: not one of those allowed here");
  }
  bool operates = Contains(options.operators, email);
  return Principal{"oidc:" + email, operates ? Role::kOperate : Role::kWork};
}

Result<std::string> ReadSmallFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Errc::kNotFound, fmt::format("the file '{}' can't be read", path)};
  std::string text(kJwkSetBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return Error{Errc::kNotFound, fmt::format("the file '{}' can't be read", path)};
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace

bool LooksLikeToken(std::string_view text) {
  static constexpr std::string_view kAllowed =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";
  return std::count(text.begin(), text.end(), '.') == 2 && text.starts_with("ey") &&
         text.find_first_not_of(kAllowed) == std::string_view::npos;
}

Result<JwkSet> ParseJwkSet(std::string_view text) {
  if (text.size() > kJwkSetBytesMax) {
    return Error{Errc::kInvalid, fmt::format("a key set of over {} bytes", kJwkSetBytesMax)};
  }
  TIPOFF_TRY(json::value parsed, ParseJson(text));
  JsonReader reader(parsed);
  const json::array* listed = reader.Array("keys");
  TIPOFF_TRY_STATUS(reader.status());
  if (listed == nullptr) return Error{Errc::kInvalid, "keys: missing: not a JSON web key set"};
  JwkSet set;
  for (const json::value& element : *listed) {
    if (set.size() == kJwksMax) break;
    JsonReader key(element, "keys[]");
    bool fits = key.Text("kty") == "RSA" && key.Text("use", "sig") == "sig" &&
                key.Text("alg", "RS256") == "RS256";
    std::string kid = key.Text("kid");
    auto modulus = Base64Decode(key.Text("n"));
    auto exponent = Base64Decode(key.Text("e"));
    if (!fits || !key.status().ok() || kid.empty() || !modulus.ok() || !exponent.ok()) continue;
    if (auto made = RsaPublicKey::From(*modulus, *exponent)) set[kid] = std::move(made);
  }
  if (set.empty()) {
    return Error{Errc::kInvalid,
                 "keys: none is an RS256 key of 2048 bits or more with kid, n and e"};
  }
  return set;
}

struct OidcVerifier::Waiting {
  std::string token;
  Instant now;
  DoneWith<Principal> done;
};

OidcVerifier::OidcVerifier(Loop& loop, OidcOptions options)
    : loop_(loop), options_(std::move(options)), last_read_(Ok()) {}

OidcVerifier::~OidcVerifier() = default;

void OidcVerifier::Post(DoneWith<Principal> done, Result<Principal> answer) {
  loop_.Post([done = std::move(done), answer = std::move(answer)] { done(answer); });
}

void OidcVerifier::Verify(std::string token, Instant now, DoneWith<Principal> done) {
  if (options_.audience.empty()) {
    return Post(std::move(done), Refused("no audience is configured here, so no token is taken"));
  }
  // What can't be true in any case asks for no keys.
  auto parts = TakeApart(token);
  if (!parts.ok()) return Post(std::move(done), parts.error());
  Waiting call{std::move(token), now, std::move(done)};
  if (!NeedsKeys(parts->kid)) return Post(std::move(call.done), Judge(call));
  if (waiting_.size() >= kWaitingMax) {
    return Post(std::move(call.done),
                Error{Errc::kUnavailable, "too many tokens wait for the key set: try again"});
  }
  waiting_.push_back(std::move(call));
  Refresh();
}

// Whether to wait for the key set before judging: it is unknown, old, or has no such key; but it is
// not read so soon after the last try that strangers could make us ask all the time.
bool OidcVerifier::NeedsKeys(std::string_view kid) const {
  Duration now = loop_.Steady();
  bool old = now - read_at_ >= kKeysFresh;
  if (!old && keys_.contains(std::string(kid))) return false;
  return reading_ || !tried_ || now - tried_at_ >= kReadsApart;
}

void OidcVerifier::Refresh() {
  if (reading_) return;
  reading_ = true;
  tried_ = true;
  tried_at_ = loop_.Steady();
  auto take = [this, alive = std::weak_ptr(alive_)](Result<std::string> text) {
    if (!alive.expired()) TakeKeys(std::move(text));
  };
  if (options_.jwks.starts_with("https://")) {
    if (options_.fetch) return options_.fetch(options_.jwks, std::move(take));
    loop_.Post([take] { take(Error{Errc::kUnsupported, "nothing here can read a URL"}); });
    return;
  }
  loop_.Post([take, path = options_.jwks] { take(ReadSmallFile(path)); });
}

void OidcVerifier::TakeKeys(Result<std::string> text) {
  reading_ = false;
  last_read_ = Ok();
  Result<JwkSet> set = text.ok() ? ParseJwkSet(*text) : Result<JwkSet>(text.error());
  if (set.ok()) {
    keys_ = std::move(*set);
    read_at_ = loop_.Steady();
  } else {
    last_read_ = set.error();
    Log(Severity::kWarning, "the keys that tokens are verified with can't be read",
        {{"jwks", options_.jwks}, {"problem", set.error().message}});
    if (loop_.Steady() - read_at_ >= kKeysUsable) keys_.clear();
  }
  std::vector<Waiting> waiting = std::move(waiting_);
  waiting_.clear();
  for (Waiting& call : waiting) Post(call.done, Judge(call));
}

Result<Principal> OidcVerifier::Judge(const Waiting& call) const {
  TIPOFF_TRY(Token token, TakeApart(call.token));
  auto key = keys_.find(token.kid);
  if (key == keys_.end()) {
    if (last_read_.ok()) return Refused("header.kid: no key of this name is in the key set");
    return Error{Errc::kUnavailable, fmt::format("the token can't be verified: key set '{}': {}",
                                                 options_.jwks, last_read_.error().message)};
  }
  if (!key->second->Signed(token.signed_part, token.signature)) {
    return Refused("its signature is not that of the key it names");
  }
  return CheckClaims(token.payload, options_, call.now);
}

}  // namespace tipoff
