#include "base/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

#include <array>

#include "base/panic.h"

namespace tipoff {
namespace {

std::string ToHex(const unsigned char* bytes, std::size_t size) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string hex;
  hex.reserve(size * 2);
  for (std::size_t i = 0; i < size; ++i) {
    hex += kDigits[bytes[i] >> 4];
    hex += kDigits[bytes[i] & 15];
  }
  return hex;
}

}  // namespace

struct Sha256::Impl {
  struct Free {
    void operator()(EVP_MD_CTX* freed) const { EVP_MD_CTX_free(freed); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> context{EVP_MD_CTX_new()};
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {
  TIPOFF_CHECK(impl_->context && EVP_DigestInit_ex(impl_->context.get(), EVP_sha256(), nullptr),
               "SHA-256 is not available");
}

Sha256::~Sha256() = default;

void Sha256::Add(std::string_view bytes) {
  TIPOFF_CHECK(EVP_DigestUpdate(impl_->context.get(), bytes.data(), bytes.size()) == 1,
               "SHA-256 failed");
}

std::string Sha256::Hex() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  TIPOFF_CHECK(EVP_DigestFinal_ex(impl_->context.get(), digest.data(), &size) == 1,
               "SHA-256 failed");
  return ToHex(digest.data(), size);
}

std::string Sha256Hex(std::string_view bytes) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(), digest.data());
  return ToHex(digest.data(), digest.size());
}

std::string HmacSha256(std::string_view key, std::string_view bytes) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  TIPOFF_CHECK(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
                    digest.data(), &size) != nullptr,
               "HMAC-SHA-256 failed");
  return std::string(reinterpret_cast<const char*>(digest.data()), size);
}

}  // namespace tipoff
