// Tokens and key sets. The first byte says what the rest is:
//   {  a key set (this byte belongs to it)
//   s  header, line break, payload: signed here with the one trusted key
//   m  pairs of bytes, each a place in a good token and what to change there
//   anything else: a token, which nobody has signed
#include "api/oidc.h"

#include "base/base64.h"
#include "base/json.h"
#include "fuzz/fuzz.h"
#include "support/manual_loop.h"
#include "support/token_signer.h"

namespace tipoff {
namespace {

const char* const kAudience = "https://tipoff.example.com";
const char* const kEmail = "push@project.iam.gserviceaccount.com";
const Instant kNow = *ParseInstant("2025-01-15T17:00:00Z");

const TokenSigner& Signer() {
  static const TokenSigner signer("k1");
  return signer;
}

Result<Principal> Verify(const std::string& token) {
  ManualLoop loop;
  OidcOptions options;
  options.audience = kAudience;
  options.emails = {kEmail};
  options.fetch = [&](std::string, DoneWith<std::string> done) {
    loop.Post([done = std::move(done)] { done(Signer().Jwks()); });
  };
  OidcVerifier verifier(loop, options);
  int answers = 0;
  Result<Principal> answer = Error{Errc::kUnavailable, "no answer"};
  verifier.Verify(token, kNow, [&](Result<Principal> result) {
    ++answers;
    answer = std::move(result);
  });
  loop.RunIdle();
  TIPOFF_CHECK(answers == 1, "not answered exactly once");
  TIPOFF_CHECK(answer.ok() || answer.error().code == Errc::kDenied, answer.error().message);
  return answer;
}

// Whether the claims are those of a token that may come in, asked in another way than the product.
bool MayComeIn(std::string_view header, std::string_view payload) {
  auto head = ParseJson(header), body = ParseJson(payload);
  if (!head.ok() || !body.ok() || !head->is_object() || !body->is_object()) return false;
  auto is = [](const boost::json::value& object, const char* name, std::string_view text) {
    const auto* member = object.as_object().if_contains(name);
    return member != nullptr && member->is_string() &&
           std::string_view(member->as_string()) == text;
  };
  auto seconds = [&](const char* name) -> double {
    const auto* member = body->as_object().if_contains(name);
    return member != nullptr && member->is_number() ? member->to_number<double>() : 0;
  };
  const auto* verified = body->as_object().if_contains("email_verified");
  double now = static_cast<double>(kNow.micros()) / 1e6;
  return is(*head, "alg", "RS256") && is(*head, "kid", "k1") && is(*body, "aud", kAudience) &&
         is(*body, "email", kEmail) && verified != nullptr && verified->is_bool() &&
         verified->as_bool() && seconds("exp") > now - 60 && seconds("iat") <= now + 60;
}

void CheckSigned(std::string_view text) {
  std::size_t line = std::min(text.find('\n'), text.size());
  std::string header(text.substr(0, line));
  std::string payload(text.substr(std::min(line + 1, text.size())));
  auto answer = Verify(Signer().Sign(header, payload));
  TIPOFF_CHECK(!answer.ok() || MayComeIn(header, payload), "let in with " + payload);
}

void CheckChanged(std::string_view changes) {
  static const std::string good = Signer().Sign(GoodClaims(kNow, kAudience, kEmail));
  std::string token = good;
  for (std::size_t i = 0; i + 1 < changes.size(); i += 2) {
    std::size_t place = static_cast<unsigned char>(changes[i]) * 7919u % token.size();
    token[place] = changes[i + 1];
  }
  TIPOFF_CHECK(Verify(token).ok() == (token == good), "a changed token comes in: " + token);
}

void CheckKeySet(std::string_view text) {
  auto keys = ParseJwkSet(text);
  if (!keys.ok())
    return CheckRefusal(keys.error(), {"not valid JSON", "body:", "keys:", "a key set"});
  TIPOFF_CHECK(!keys->empty() && keys->size() <= 100, "too many keys, or none");
  for (const auto& [kid, key] : *keys) TIPOFF_CHECK(!kid.empty() && key != nullptr, "no key");
}

}  // namespace
}  // namespace tipoff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = tipoff::FuzzText(data, size);
  char kind = text.empty() ? ' ' : text.front();
  if (kind == '{') {
    tipoff::CheckKeySet(text);
  } else if (kind == 's') {
    tipoff::CheckSigned(text.substr(1));
  } else if (kind == 'm') {
    tipoff::CheckChanged(text.substr(1));
  } else {
    TIPOFF_CHECK(!tipoff::Verify(std::string(text)).ok(), "a token that nobody signed comes in");
  }
  return 0;
}
