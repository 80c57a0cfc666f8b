#include "google/service_account.h"

#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <fstream>

#include "base/base64.h"
#include "base/json.h"
#include "support/temp_folder.h"

namespace tipoff::gcloud {
namespace {

std::string PemOf(EVP_PKEY* key) {
  BIO* bytes = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bytes, key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  long size = BIO_get_mem_data(bytes, &text);
  std::string pem(text, static_cast<std::size_t>(size));
  BIO_free(bytes);
  return pem;
}

bool Verifies(EVP_PKEY* key, const std::string& text, const std::string& signature) {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  bool good =
      EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                       text.size()) == 1;
  EVP_MD_CTX_free(context);
  return good;
}

TEST(ServiceAccount, SignsTokensForOneApiForAnHour) {
  EVP_PKEY* key = EVP_RSA_gen(2048);
  std::string file = DumpJson(boost::json::object{{"type", "service_account"},
                                                  {"client_email", "tipoff@example.com"},
                                                  {"private_key_id", "k1"},
                                                  {"private_key", PemOf(key)}});
  auto account = ServiceAccount::Parse(file);
  ASSERT_TRUE(account.ok()) << account.error().message;
  Instant now = ParseInstant("2025-01-15T12:00:00Z").value();
  std::string token = account->SignFor("https://bigquery.googleapis.com/", now);
  std::size_t first = token.find('.'), last = token.rfind('.');
  auto part = [&](std::size_t from, std::size_t to) {
    return Base64Decode(token.substr(from, to - from)).value();
  };
  EXPECT_EQ(part(0, first), R"({"alg":"RS256","typ":"JWT","kid":"k1"})");
  boost::json::value claims = ParseJson(part(first + 1, last)).value();
  EXPECT_EQ(claims.at("iss").as_string(), "tipoff@example.com");
  EXPECT_EQ(claims.at("sub").as_string(), "tipoff@example.com");
  EXPECT_EQ(claims.at("aud").as_string(), "https://bigquery.googleapis.com/");
  EXPECT_EQ(claims.at("iat").as_int64(), 1736942400);
  EXPECT_EQ(claims.at("exp").as_int64(), 1736946000);
  EXPECT_TRUE(Verifies(key, token.substr(0, last), part(last + 1, token.size())));
  EVP_PKEY_free(key);
}

TEST(ServiceAccount, AFileThatIsNoKeyIsNamed) {
  TempFolder folder;
  EXPECT_EQ(ServiceAccount::Read(folder / "none.json").error().code, Errc::kDenied);
  std::ofstream(folder / "user.json") << R"({"type":"authorized_user"})";
  auto user = ServiceAccount::Read(folder / "user.json");
  EXPECT_EQ(user.error().code, Errc::kInvalid);
  EXPECT_NE(user.error().message.find("user.json"), std::string::npos);
  for (const char* text : {"", "{",
                           R"({"type":"service_account","client_email":"a@b",)"
                           R"("private_key":"nonsense"})"}) {
    EXPECT_FALSE(ServiceAccount::Parse(text).ok()) << text;
  }
}

}  // namespace
}  // namespace tipoff::gcloud
