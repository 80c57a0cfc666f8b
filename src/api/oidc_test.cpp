#include "api/oidc.h"

#include <gtest/gtest.h>

#include <fstream>
#include <limits>

#include "base/base64.h"
#include "base/json.h"
#include "support/manual_loop.h"
#include "support/temp_folder.h"
#include "support/token_signer.h"

namespace tipoff {
namespace {

namespace json = boost::json;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kAudience[] = "https://tipoff.example/complete";
constexpr char kEmail[] = "push@project.iam.gserviceaccount.com";
constexpr char kUrl[] = "https://keys.example/certs";

// Made once: RSA keys take their time.
const TokenSigner& Google() {
  static const TokenSigner signer("k1");
  return signer;
}
const TokenSigner& Stranger() {
  static const TokenSigner signer("k1");
  return signer;
}
const TokenSigner& Rotated() {
  static const TokenSigner signer("k2");
  return signer;
}

class OidcTest : public testing::Test {
 protected:
  OidcTest() { Make(); }

  void Make(std::vector<std::string> emails = {kEmail}, std::string audience = kAudience) {
    OidcOptions options{
        .audience = audience, .emails = emails, .operators = operators_, .jwks = kUrl};
    options.fetch = [this](const std::string& url, DoneWith<std::string> done) {
      EXPECT_EQ(url, kUrl);
      ++fetches_;
      if (hang_) return;
      loop_.Post([done, jwks = jwks_] { done(jwks); });
    };
    verifier_ = std::make_unique<OidcVerifier>(loop_, options);
  }

  Result<Principal> Verify(const std::string& token) {
    return Await<Principal>(
        loop_, [&](auto done) { verifier_->Verify(token, loop_.Now(), std::move(done)); });
  }
  void ExpectDenied(const std::string& token, const std::string& why) {
    auto answer = Verify(token);
    ASSERT_FALSE(answer.ok()) << why;
    EXPECT_EQ(answer.error().code, Errc::kDenied) << answer.error().message;
    EXPECT_NE(answer.error().message.find(why), std::string::npos) << answer.error().message;
    EXPECT_EQ(answer.error().message.find(token), std::string::npos);
  }

  std::string Good() { return GoodClaims(loop_.Now(), kAudience, kEmail); }
  // The good claims, one of them changed; null takes it out.
  std::string With(const std::string& claim, const json::value& value) {
    json::object claims = ParseJson(Good())->as_object();
    claims.erase(claim);
    if (!value.is_null()) claims[claim] = value;
    return DumpJson(claims);
  }
  std::int64_t SecondsNow() { return loop_.Now().micros() / 1'000'000; }

  ManualLoop loop_;
  Result<std::string> jwks_ = Google().Jwks();
  std::vector<std::string> operators_;
  bool hang_ = false;
  int fetches_ = 0;
  std::unique_ptr<OidcVerifier> verifier_;
};

TEST_F(OidcTest, AGoodTokenMayWork) {
  auto answer = Verify(Google().Sign(Good()));
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_EQ(answer->name, std::string("oidc:") + kEmail);
  EXPECT_EQ(answer->role, Role::kWork);
}

TEST_F(OidcTest, OnlyANamedOneMayOperate) {
  operators_ = {"somebody@else"};
  Make();
  EXPECT_EQ(Verify(Google().Sign(Good()))->role, Role::kWork);
  operators_ = {kEmail};
  Make();
  EXPECT_EQ(Verify(Google().Sign(Good()))->role, Role::kOperate);
}

TEST_F(OidcTest, BothWritingsOfGoogleAreTrusted) {
  EXPECT_TRUE(Verify(Google().Sign(With("iss", "accounts.google.com"))).ok());
}

TEST_F(OidcTest, F47_AlgNoneIsRefused) {
  for (const char* header : {R"({"alg":"none","kid":"k1"})", R"({"alg":"None","kid":"k1"})",
                             R"({"alg":"","kid":"k1"})", R"({"kid":"k1"})"}) {
    std::string unsigned_part = Base64UrlEncode(header) + "." + Base64UrlEncode(Good()) + ".";
    ExpectDenied(unsigned_part, "alg");
    ExpectDenied(Google().Sign(header, Good()), "alg");
  }
}

TEST_F(OidcTest, F47_ThePublicKeyAsAnHs256SecretIsRefused) {
  ExpectDenied(SignHs256(R"({"alg":"HS256","kid":"k1"})", Good(), Google().PublicPem()), "alg");
  ExpectDenied(SignHs256(R"({"alg":"RS256","kid":"k1"})", Good(), Google().PublicPem()),
               "signature");
}

TEST_F(OidcTest, F47_OtherAlgorithmsAndCriticalExtensionsAreRefused) {
  ExpectDenied(Google().Sign(R"({"alg":"RS512","kid":"k1"})", Good()), "alg");
  ExpectDenied(Google().Sign(R"({"alg":"PS256","kid":"k1"})", Good()), "alg");
  ExpectDenied(Google().Sign(R"({"alg":"RS256","kid":"k1","crit":["b64"]})", Good()), "crit");
}

TEST_F(OidcTest, F47_ATamperedPayloadIsRefused) {
  std::string token = Google().Sign(With("email", "stranger@example.com"));
  std::size_t first = token.find('.');
  std::size_t second = token.find('.', first + 1);
  ExpectDenied(token.substr(0, first + 1) + Base64UrlEncode(Good()) + token.substr(second),
               "signature");
}

TEST_F(OidcTest, F47_AnotherKeyOfTheSameNameIsRefused) {
  ExpectDenied(Stranger().Sign(Good()), "signature");
}

TEST_F(OidcTest, F47_AKeyThatTheTokenBringsAlongIsNotUsed) {
  std::string jwk = DumpJson(ParseJson(Stranger().Jwks())->at("keys").at(0));
  ExpectDenied(Stranger().Sign(R"({"alg":"RS256","kid":"k1","jwk":)" + jwk + "}", Good()),
               "signature");
}

TEST_F(OidcTest, F47_AWrongAudienceIsRefused) {
  ExpectDenied(Google().Sign(With("aud", "https://other.example")), "aud");
  ExpectDenied(Google().Sign(With("aud", nullptr)), "aud");
  ExpectDenied(Google().Sign(With("aud", json::array{kAudience, "x"})), "aud");
}

TEST_F(OidcTest, F47_AWrongIssuerIsRefused) {
  ExpectDenied(Google().Sign(With("iss", "https://accounts.google.com.evil.example")), "iss");
  ExpectDenied(Google().Sign(With("iss", nullptr)), "iss");
}

TEST_F(OidcTest, F47_AnExpiredTokenIsRefused) {
  EXPECT_TRUE(Verify(Google().Sign(With("exp", SecondsNow() - 59))).ok());
  ExpectDenied(Google().Sign(With("exp", SecondsNow() - 60)), "exp");
  ExpectDenied(Google().Sign(With("exp", std::numeric_limits<std::int64_t>::min())), "exp");
  ExpectDenied(Google().Sign(With("exp", nullptr)), "exp");
  ExpectDenied(Google().Sign(With("exp", "tomorrow")), "exp");
}

TEST_F(OidcTest, F47_ATokenOfTheFutureIsRefused) {
  EXPECT_TRUE(Verify(Google().Sign(With("iat", SecondsNow() + 60))).ok());
  ExpectDenied(Google().Sign(With("iat", SecondsNow() + 61)), "iat");
  ExpectDenied(Google().Sign(With("iat", std::numeric_limits<std::int64_t>::max())), "iat");
  ExpectDenied(Google().Sign(With("iat", nullptr)), "iat");
  EXPECT_TRUE(Verify(Google().Sign(With("nbf", SecondsNow() + 60))).ok());
  ExpectDenied(Google().Sign(With("nbf", SecondsNow() + 61)), "nbf");
}

TEST_F(OidcTest, F47_TheEmailMustBeVerifiedAndAllowed) {
  ExpectDenied(Google().Sign(With("email", "stranger@example.com")), "email");
  ExpectDenied(Google().Sign(With("email", nullptr)), "email");
  ExpectDenied(Google().Sign(With("email_verified", false)), "email");
  ExpectDenied(Google().Sign(With("email_verified", nullptr)), "email");
  ExpectDenied(Google().Sign(With("email_verified", "true")), "email_verified");
}

TEST_F(OidcTest, WithoutAListAnyVerifiedEmailMayCome) {
  Make({});
  EXPECT_EQ(Verify(Google().Sign(With("email", "any@example.com")))->name, "oidc:any@example.com");
}

TEST_F(OidcTest, F47_WithoutAnAudienceNoTokenIsTaken) {
  Make({kEmail}, "");
  ExpectDenied(Google().Sign(With("aud", "")), "audience");
  EXPECT_EQ(fetches_, 0);
}

TEST_F(OidcTest, F47_RubbishIsRefusedWithoutAskingForKeys) {
  std::string good = Google().Sign(Good());
  for (const std::string& rubbish :
       {std::string(), std::string("ey.."), std::string("eyJ.eyJ.x"), std::string("a.b.c"),
        good + ".x", good.substr(0, good.rfind('.')), "x" + good,
        Base64UrlEncode("{}x") + ".e30.e30", Base64UrlEncode("[]") + ".e30.e30"}) {
    auto answer = Verify(rubbish);
    ASSERT_FALSE(answer.ok()) << rubbish;
    EXPECT_EQ(answer.error().code, Errc::kDenied);
  }
  EXPECT_EQ(fetches_, 0);
}

TEST_F(OidcTest, F47_APayloadThatIsNotAnObjectIsRefused) {
  for (const char* payload : {"", "[]", "7", "{\"exp\":"}) {
    auto answer = Verify(Google().Sign(payload));
    ASSERT_FALSE(answer.ok()) << payload;
    EXPECT_EQ(answer.error().code, Errc::kDenied);
  }
}

TEST_F(OidcTest, F47_ATokenOverTheLimitIsRefused) {
  ExpectDenied(Google().Sign(With("pad", json::string(8192, 'x'))), "bytes");
}

TEST_F(OidcTest, TheKeySetIsReadOnceForManyTokens) {
  int answered = 0;
  std::string token = Google().Sign(Good());
  for (int i = 0; i < 20; ++i) {
    verifier_->Verify(token, loop_.Now(), [&](Result<Principal> answer) {
      EXPECT_TRUE(answer.ok());
      ++answered;
    });
    EXPECT_EQ(answered, 0) << "never inline";
  }
  loop_.RunUntil([&] { return answered == 20; });
  EXPECT_TRUE(Verify(token).ok());
  EXPECT_EQ(fetches_, 1);
}

TEST_F(OidcTest, F47_AnUnknownKidAsksAtMostOnceAMinute) {
  ASSERT_TRUE(Verify(Google().Sign(Good())).ok());
  for (int i = 0; i < 5; ++i) ExpectDenied(Rotated().Sign(Good()), "kid");
  EXPECT_EQ(fetches_, 1);
  loop_.Advance(minutes(1));
  for (int i = 0; i < 5; ++i) ExpectDenied(Rotated().Sign(Good()), "kid");
  EXPECT_EQ(fetches_, 2);
}

TEST_F(OidcTest, ANewKeyIsFoundWhenATokenNamesIt) {
  ASSERT_TRUE(Verify(Google().Sign(Good())).ok());
  jwks_ = Rotated().Jwks();
  loop_.Advance(minutes(1));
  EXPECT_TRUE(Verify(Rotated().Sign(Good())).ok());
  EXPECT_EQ(fetches_, 2);
}

TEST_F(OidcTest, AKeyThatWasWithdrawnServesForAnHourAtMost) {
  ASSERT_TRUE(Verify(Google().Sign(Good())).ok());
  jwks_ = Rotated().Jwks();
  loop_.Advance(minutes(59));
  EXPECT_TRUE(Verify(Google().Sign(Good())).ok());
  loop_.Advance(minutes(1));
  ExpectDenied(Google().Sign(Good()), "kid");
}

TEST_F(OidcTest, WhileTheKeySetCannotBeReadItsKeysServeForADay) {
  ASSERT_TRUE(Verify(Google().Sign(Good())).ok());
  jwks_ = Error{Errc::kUnavailable, "no route"};
  loop_.Advance(hours(23));
  EXPECT_TRUE(Verify(Google().Sign(Good())).ok());
  loop_.Advance(hours(1));
  auto answer = Verify(Google().Sign(Good()));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
  EXPECT_NE(answer.error().message.find("no route"), std::string::npos);
}

TEST_F(OidcTest, WithoutAnyKeysATokenIsNotCalledWrong) {
  jwks_ = std::string("<html>");
  auto answer = Verify(Google().Sign(Good()));
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::kUnavailable);
  jwks_ = Google().Jwks();
  EXPECT_FALSE(Verify(Google().Sign(Good())).ok()) << "asked again too soon";
  EXPECT_EQ(fetches_, 1);
  loop_.Advance(minutes(1));
  EXPECT_TRUE(Verify(Google().Sign(Good())).ok());
}

TEST_F(OidcTest, AStrangersKidMakesNobodyElseWait) {
  ASSERT_TRUE(Verify(Google().Sign(Good())).ok());
  loop_.Advance(minutes(1));
  hang_ = true;
  bool answered = false;
  verifier_->Verify(Rotated().Sign(Good()), loop_.Now(), [&](auto) { answered = true; });
  EXPECT_TRUE(Verify(Google().Sign(Good())).ok());
  EXPECT_FALSE(answered);
}

TEST_F(OidcTest, AnAnswerAfterItsEndIsIgnored) {
  verifier_->Verify(Google().Sign(Good()), loop_.Now(), [](auto) { FAIL(); });
  verifier_.reset();
  loop_.RunIdle();
}

TEST_F(OidcTest, TheKeySetMayBeAFile) {
  TempFolder folder;
  std::string path = folder.path() + "/jwks.json";
  OidcOptions options{.audience = kAudience, .jwks = path};
  verifier_ = std::make_unique<OidcVerifier>(loop_, options);
  auto missing = Verify(Google().Sign(Good()));
  ASSERT_FALSE(missing.ok());
  EXPECT_NE(missing.error().message.find(path), std::string::npos);
  std::ofstream(path) << Google().Jwks();
  loop_.Advance(minutes(1));
  EXPECT_TRUE(Verify(Google().Sign(Good())).ok());
}

TEST(JwkSet, F47_KeysThatAreNoUseAreLeftOut) {
  std::string weak = TokenSigner("weak", 1024).Jwks();
  EXPECT_FALSE(ParseJwkSet(weak).ok());
  json::value set = *ParseJson(Google().Jwks());
  json::array& keys = set.at("keys").as_array();
  json::object good = keys[0].as_object();
  auto add = [&](const char* field, const json::value& value) {
    json::object key = good;
    key["kid"] = std::string("bad-") + field;
    key[field] = value;
    keys.push_back(key);
  };
  add("kty", "EC");
  add("kty", "oct");
  add("use", "enc");
  add("alg", "RS512");
  add("n", "");
  add("n", "!");
  add("n", 7);
  add("e", "AQ");  // 1: anything would be its own signature.
  add("e", "Ag");  // Even.
  add("e", "");
  add("kid", "");
  keys.push_back(json::value(7));
  auto parsed = ParseJwkSet(DumpJson(set));
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  ASSERT_EQ(parsed->size(), 1u);
  EXPECT_EQ(parsed->begin()->first, "k1");
}

TEST(JwkSet, WhatIsNoneIsRefused) {
  for (const char* text : {"", "{}", "[]", R"({"keys":7})", R"({"keys":[]})", "<html>"}) {
    auto parsed = ParseJwkSet(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error().code, Errc::kInvalid);
  }
}

}  // namespace
}  // namespace tipoff
