// Signs OpenID Connect tokens in tests, as Google does in life.
#pragma once

#include <memory>
#include <string>

#include "base/instant.h"

namespace tipoff {

// A fresh RSA key with a name.
class TokenSigner {
 public:
  explicit TokenSigner(std::string kid, unsigned bits = 2048);
  ~TokenSigner();

  // The key set that holds just this key.
  std::string Jwks() const;
  // The public key as PEM text: what an attacker would use as an HS256 secret.
  std::string PublicPem() const;

  // Signed as RS256, whatever `header` says.
  std::string Sign(const std::string& header, const std::string& payload) const;
  std::string Sign(const std::string& payload) const;

 private:
  struct Impl;
  std::string kid_;
  std::unique_ptr<Impl> impl_;
};

// "header.payload.signature" with an HMAC-SHA-256 over the first two.
std::string SignHs256(const std::string& header, const std::string& payload,
                      const std::string& secret);

// The claims of a good token, from a minute before `now` to an hour after it.
std::string GoodClaims(Instant now, const std::string& audience, const std::string& email);

}  // namespace tipoff
