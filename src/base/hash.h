// SHA-256, for what must be the same everywhere and for ever: prediction ids, journal chains,
// content fingerprints.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace tipoff {

// 64 lower-case hexadecimal digits.
std::string Sha256Hex(std::string_view bytes);

// HMAC-SHA-256: 32 bytes that only who knows `key` can make.
std::string HmacSha256(std::string_view key, std::string_view bytes);

// The same as Sha256Hex over a text that comes in pieces.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  void Add(std::string_view bytes);
  // Of all that was added; nothing may be added afterwards.
  std::string Hex();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
