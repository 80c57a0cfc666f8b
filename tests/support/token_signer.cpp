#include "support/token_signer.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "base/base64.h"
#include "base/json.h"
#include "base/panic.h"

namespace tipoff {
namespace {

std::string NumberOf(EVP_PKEY* key, const char* name) {
  BIGNUM* number = nullptr;
  TIPOFF_CHECK(EVP_PKEY_get_bn_param(key, name, &number) == 1, "the key lacks a number");
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(number)), '\0');
  BN_bn2bin(number, reinterpret_cast<unsigned char*>(bytes.data()));
  BN_free(number);
  return Base64UrlEncode(bytes);
}

const unsigned char* Bytes(const std::string& text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string SignedPart(const std::string& header, const std::string& payload) {
  return Base64UrlEncode(header) + "." + Base64UrlEncode(payload);
}

}  // namespace

struct TokenSigner::Impl {
  EVP_PKEY* key;
};

TokenSigner::TokenSigner(std::string kid, unsigned bits)
    : kid_(std::move(kid)), impl_(new Impl{EVP_RSA_gen(bits)}) {
  TIPOFF_CHECK(impl_->key != nullptr, "no RSA key could be made");
}

TokenSigner::~TokenSigner() { EVP_PKEY_free(impl_->key); }

std::string TokenSigner::Jwks() const {
  boost::json::object key;
  key["kty"] = "RSA";
  key["alg"] = "RS256";
  key["use"] = "sig";
  key["kid"] = kid_;
  key["n"] = NumberOf(impl_->key, OSSL_PKEY_PARAM_RSA_N);
  key["e"] = NumberOf(impl_->key, OSSL_PKEY_PARAM_RSA_E);
  boost::json::object set;
  set["keys"] = boost::json::array{key};
  return DumpJson(set);
}

std::string TokenSigner::PublicPem() const {
  BIO* memory = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(memory, impl_->key);
  char* data = nullptr;
  auto size = static_cast<std::size_t>(BIO_get_mem_data(memory, &data));
  std::string pem(data, size);
  BIO_free(memory);
  return pem;
}

std::string TokenSigner::Sign(const std::string& header, const std::string& payload) const {
  std::string text = SignedPart(header, payload);
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(impl_->key)), '\0');
  std::size_t size = signature.size();
  bool done = EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, impl_->key) == 1 &&
              EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size,
                             Bytes(text), text.size()) == 1;
  EVP_MD_CTX_free(context);
  TIPOFF_CHECK(done, "signing failed");
  signature.resize(size);
  return text + "." + Base64UrlEncode(signature);
}

std::string TokenSigner::Sign(const std::string& payload) const {
  return Sign(R"({"alg":"RS256","typ":"JWT","kid":")" + kid_ + R"("})", payload);
}

std::string SignHs256(const std::string& header, const std::string& payload,
                      const std::string& secret) {
  std::string text = SignedPart(header, payload);
  std::string signature(32, '\0');
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), Bytes(text), text.size(),
       reinterpret_cast<unsigned char*>(signature.data()), nullptr);
  return text + "." + Base64UrlEncode(signature);
}

std::string GoodClaims(Instant now, const std::string& audience, const std::string& email) {
  std::int64_t seconds = now.micros() / 1'000'000;
  boost::json::object claims;
  claims["iss"] = "https://accounts.google.com";
  claims["aud"] = audience;
  claims["email"] = email;
  claims["email_verified"] = true;
  claims["iat"] = seconds - 60;
  claims["exp"] = seconds + 3600;
  return DumpJson(claims);
}

}  // namespace tipoff
