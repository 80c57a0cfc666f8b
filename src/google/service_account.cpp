#include "google/service_account.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fstream>
#include <iterator>

#include "base/base64.h"
#include "base/json.h"
#include "base/panic.h"

namespace tipoff::gcloud {

struct ServiceAccount::Key {
  explicit Key(EVP_PKEY* its_key) : key(its_key) {}
  ~Key() { EVP_PKEY_free(key); }
  Key(const Key&) = delete;
  Key& operator=(const Key&) = delete;
  EVP_PKEY* key;
};

ServiceAccount::ServiceAccount(std::string email, std::string key_id, std::unique_ptr<Key> key)
    : email_(std::move(email)), key_id_(std::move(key_id)), key_(std::move(key)) {}
ServiceAccount::ServiceAccount(ServiceAccount&&) noexcept = default;
ServiceAccount& ServiceAccount::operator=(ServiceAccount&&) noexcept = default;
ServiceAccount::~ServiceAccount() = default;

Result<ServiceAccount> ServiceAccount::Parse(const std::string& text) {
  auto json = ParseJson(text);
  if (!json.ok()) return Error{Errc::kInvalid, "is not JSON"};
  JsonReader reader(*json);
  std::string type = reader.Text("type"), email = reader.Text("client_email");
  std::string pem = reader.Text("private_key");
  if (type != "service_account" || email.empty()) {
    return Error{Errc::kInvalid, fmt::format("is of type '{}', not 'service_account'", type)};
  }
  BIO* bytes = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
  EVP_PKEY* key = PEM_read_bio_PrivateKey(bytes, nullptr, nullptr, nullptr);
  BIO_free(bytes);
  if (key == nullptr) return Error{Errc::kInvalid, "holds no usable private key"};
  return ServiceAccount(std::move(email), reader.Text("private_key_id"),
                        std::make_unique<Key>(key));
}

Result<ServiceAccount> ServiceAccount::Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{Errc::kDenied, fmt::format("credentials_file: '{}' can't be read", path)};
  auto account = Parse({std::istreambuf_iterator<char>(file), {}});
  if (account.ok()) return account;
  return Error{account.error().code,
               fmt::format("credentials_file: '{}' {}", path, account.error().message)};
}

std::string ServiceAccount::SignFor(const std::string& audience, Instant now) const {
  auto seconds = [](Instant at) {
    return std::chrono::duration_cast<std::chrono::seconds>(at - Instant()).count();
  };
  std::string header =
      DumpJson(boost::json::object{{"alg", "RS256"}, {"typ", "JWT"}, {"kid", key_id_}});
  std::string claims = DumpJson(boost::json::object{{"iss", email_},
                                                    {"sub", email_},
                                                    {"aud", audience},
                                                    {"iat", seconds(now)},
                                                    {"exp", seconds(now + kSelfSignedTokenLife)}});
  std::string text = Base64UrlEncode(header) + "." + Base64UrlEncode(claims);
  auto bytes = [](const std::string& of) {
    return reinterpret_cast<const unsigned char*>(of.data());
  };
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  std::size_t size = 0;
  bool sized = EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_->key) == 1 &&
               EVP_DigestSign(context, nullptr, &size, bytes(text), text.size()) == 1;
  TIPOFF_CHECK(sized, "a private key that can't sign");
  std::string signature(size, '\0');
  bool is_signed = EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()),
                                  &size, bytes(text), text.size()) == 1;
  EVP_MD_CTX_free(context);
  TIPOFF_CHECK(is_signed, "a private key that can't sign");
  signature.resize(size);
  return text + "." + Base64UrlEncode(signature);
}

}  // namespace tipoff::gcloud
