#include "api/auth.h"

#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include "base/hash.h"
#include "store/memory/memory_store.h"
#include "support/faulty_store.h"
#include "support/manual_loop.h"
#include "support/token_signer.h"

namespace {
int digests_compared = 0;
}

// Stands in front of OpenSSL's own, to see that it is what compares digests.
extern "C" int CRYPTO_memcmp(const void* a, const void* b, std::size_t size) {
  if (size == 64) ++digests_compared;
  auto left = static_cast<const unsigned char*>(a);
  auto right = static_cast<const unsigned char*>(b);
  int differ = 0;
  for (std::size_t i = 0; i < size; ++i) differ |= left[i] ^ right[i];
  return differ;
}

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kAudience[] = "https://tipoff.example/complete";

HttpRequest Plain() {
  HttpRequest request{.method = "GET", .path = "/v1/batches"};
  request.headers["host"] = "tipoff.example";
  return request;
}
HttpRequest WithKey(const std::string& key) {
  HttpRequest request = Plain();
  request.headers["x-api-key"] = key;
  return request;
}
HttpRequest WithBearer(const std::string& text) {
  HttpRequest request = Plain();
  request.headers["authorization"] = "Bearer " + text;
  return request;
}

class AuthTest : public testing::Test {
 protected:
  AuthTest() { Make({}); }

  void Make(Auth::Options options) { auth_ = std::make_unique<Auth>(loop_, store_, options); }

  NewApiKey Add(const std::string& name, Role role) {
    NewApiKey made = *MakeKey(name, role, loop_.Now());
    EXPECT_TRUE(Await<Done>(loop_, [&](auto done) { StoreKey(memory_, made.key, done); }).ok());
    return made;
  }
  void Revoke(const NewApiKey& key) {
    EXPECT_TRUE(
        Await<ApiKey>(loop_, [&](auto done) { RevokeKey(memory_, key.key.id, done); }).ok());
  }
  Result<Principal> Ask(const HttpRequest& request) {
    std::optional<Result<Principal>> answer;
    auth_->Authenticate(request, [&](Result<Principal> result) { answer = std::move(result); });
    EXPECT_FALSE(answer.has_value()) << "answered inline";
    loop_.RunUntil([&] { return answer.has_value(); });
    return *answer;
  }
  void ExpectIs(const HttpRequest& request, const std::string& name, Role role) {
    auto answer = Ask(request);
    ASSERT_TRUE(answer.ok()) << answer.error().message;
    EXPECT_EQ(answer->name, name);
    EXPECT_EQ(answer->role, role);
  }
  void ExpectRefused(const HttpRequest& request, Errc code = Errc::kDenied) {
    auto answer = Ask(request);
    ASSERT_FALSE(answer.ok()) << answer->name;
    EXPECT_EQ(answer.error().code, code) << answer.error().message;
    for (const auto& [name, value] : request.headers) {
      if (name == "host") continue;
      EXPECT_EQ(answer.error().message.find(value), std::string::npos);
    }
  }

  ManualLoop loop_;
  MemoryDatabase database_;
  MemoryStore memory_{database_, loop_};
  FaultyStore store_{memory_, loop_};
  std::unique_ptr<Auth> auth_;
};

TEST_F(AuthTest, F47_WithoutAKeyNobodyIsAnybody) {
  ExpectIs(Plain(), "anonymous", Role::kNone);
  EXPECT_EQ(store_.calls["ListRecords"], 0);
}

TEST_F(AuthTest, AKeyHasItsNameAndRoleInEitherHeader) {
  NewApiKey made = Add("scheduler", Role::kWork);
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
  ExpectIs(WithBearer(made.text), "key:scheduler", Role::kWork);
  HttpRequest request = Plain();
  request.headers["authorization"] = "bearer   " + made.text;
  ExpectIs(request, "key:scheduler", Role::kWork);
}

TEST_F(AuthTest, F47_AWrongKeyIsRefused) {
  NewApiKey made = Add("scheduler", Role::kWork);
  std::string wrong = made.text;
  wrong.back() = wrong.back() == 'a' ? 'b' : 'a';
  for (const std::string& key :
       {wrong, made.text.substr(0, 20), made.text + "x", "tip_00000000_" + std::string(36, 'a'),
        std::string("secret"), made.key.hash, made.key.id, std::string(5000, 'k')}) {
    ExpectRefused(WithKey(key));
    ExpectRefused(WithBearer(key));
  }
}

TEST_F(AuthTest, F47_AnyBearerIsNotEnough) {
  ExpectRefused(WithBearer("anything"));
  ExpectRefused(WithBearer("eyJhbGciOiJub25lIn0.e30.e30"));
  for (const char* text : {"Bearer", "Bearer ", "Basic dXNlcjpwYXNz", "Bearerkey", "x"}) {
    HttpRequest request = Plain();
    request.headers["authorization"] = text;
    auto answer = Ask(request);
    ASSERT_FALSE(answer.ok()) << text;
    EXPECT_EQ(answer.error().code, Errc::kDenied);
  }
}

TEST_F(AuthTest, F47_ARevokedKeyIsRefusedWithinFiveSeconds) {
  NewApiKey made = Add("scheduler", Role::kWork);
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
  Revoke(made);
  loop_.Advance(seconds(5));
  ExpectRefused(WithKey(made.text));
}

TEST_F(AuthTest, ANewKeyIsKnownWithinFiveSeconds) {
  ExpectRefused(WithKey("tip_00000000_x"));
  NewApiKey made = Add("scheduler", Role::kWork);
  loop_.Advance(seconds(5));
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
}

TEST_F(AuthTest, KeysAreReadAtMostEveryFiveSeconds) {
  NewApiKey made = Add("scheduler", Role::kWork);
  for (int i = 0; i < 10; ++i) EXPECT_TRUE(Ask(WithKey(made.text)).ok());
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(Ask(WithKey("tip_00000000_x")).ok());
  EXPECT_EQ(store_.calls["ListRecords"], 1);
  loop_.Advance(seconds(5));
  int answered = 0;
  for (int i = 0; i < 10; ++i) {
    auth_->Authenticate(WithKey(made.text), [&](auto answer) {
      EXPECT_TRUE(answer.ok());
      ++answered;
    });
  }
  loop_.RunUntil([&] { return answered == 10; });
  EXPECT_EQ(store_.calls["ListRecords"], 2);
}

TEST_F(AuthTest, F47_AKeyInTheQueryIsRefusedEvenIfItIsGood) {
  NewApiKey made = Add("scheduler", Role::kOperate);
  for (const char* name : {"key", "api_key", "API_KEY", "access_token", "x-api-key", "token"}) {
    HttpRequest request = WithKey(made.text);
    request.query[name] = "whatever";
    ExpectRefused(request);
  }
  HttpRequest request = Plain();
  request.query["anything"] = made.text;
  auto answer = Ask(request);
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::kDenied);
  EXPECT_NE(answer.error().message.find("X-API-Key"), std::string::npos);
  EXPECT_EQ(answer.error().message.find(made.text), std::string::npos);
}

TEST_F(AuthTest, F47_NoKeyGetsIntoTheLog) {
  std::string key = "tip_00000000_" + std::string(36, 'k');
  std::string token = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.e30.e30";
  HttpRequest in_query = Plain();
  in_query.query["key"] = key;
  Make({.oidc = {.audience = kAudience, .jwks = "/nowhere/jwks.json"}});
  store_.fault = [](const std::string&) { return Fault::kRefused; };
  testing::internal::CaptureStderr();
  for (const HttpRequest& request :
       {in_query, WithKey(key), WithBearer(key), WithBearer(token), WithKey(token)}) {
    EXPECT_FALSE(Ask(request).ok());
  }
  std::string log = testing::internal::GetCapturedStderr();
  EXPECT_NE(log.find("can't be read"), std::string::npos) << "nothing was captured: " << log;
  EXPECT_EQ(log.find(key), std::string::npos);
  EXPECT_EQ(log.find(token), std::string::npos);
}

TEST_F(AuthTest, TheCoordinatorKeyOperates) {
  Make({.coordinator_key = "a.b.c"});
  ExpectIs(WithKey("a.b.c"), "coordinator-key", Role::kOperate);
  ExpectIs(WithBearer("a.b.c"), "coordinator-key", Role::kOperate);
  ExpectRefused(WithKey("a.b.d"));
  ExpectRefused(WithKey("a.b."));
  EXPECT_EQ(Ask(Plain())->role, Role::kNone);
}

TEST_F(AuthTest, ACoordinatorKeyThatLooksLikeATokenIsAKey) {
  std::string key = "eyJhbGciOiJub25lIn0.e30.e30";
  Make({.coordinator_key = key});
  ExpectIs(WithBearer(key), "coordinator-key", Role::kOperate);
}

TEST_F(AuthTest, F47_DigestsAreComparedInConstantTimeWhateverIsPresented) {
  NewApiKey made = Add("scheduler", Role::kWork);
  Make({.coordinator_key = "coordinator"});
  ASSERT_TRUE(Ask(WithKey(made.text)).ok());
  // One comparison with the coordinator's key, one with the key of the id or a stand-in for it.
  for (const std::string& key :
       {made.text, made.text + "x", std::string("tip_00000000_x"), std::string("x")}) {
    digests_compared = 0;
    EXPECT_EQ(Ask(WithKey(key)).ok(), key == made.text);
    EXPECT_EQ(digests_compared, 2) << key;
  }
}

TEST_F(AuthTest, OpenDoorsLetEverybodyOperate) {
  Make({.open = true});
  ExpectIs(Plain(), "local", Role::kOperate);
}

TEST_F(AuthTest, F47_OpenDoorsStillVerifyWhatIsPresented) {
  Make({.open = true});
  ExpectRefused(WithKey("tip_00000000_x"));
  ExpectRefused(WithBearer("eyJhbGciOiJub25lIn0.e30.e30"));
}

TEST_F(AuthTest, TheFirstKeyClosesTheDoorsWithinFiveSeconds) {
  Make({.open = true});
  ExpectIs(Plain(), "local", Role::kOperate);
  NewApiKey made = Add("a", Role::kRead);
  loop_.Advance(seconds(5));
  ExpectIs(Plain(), "anonymous", Role::kNone);
  Revoke(made);
  loop_.Advance(seconds(5));
  ExpectIs(Plain(), "local", Role::kOperate);
}

TEST_F(AuthTest, ADamagedKeyClosesTheDoorsToo) {
  database_.records[{"key", "abcd1234"}] = {"key", "abcd1234", loop_.Now(), "{"};
  Make({.open = true});
  ExpectIs(Plain(), "anonymous", Role::kNone);
  ExpectRefused(WithKey("tip_abcd1234_x"));
}

TEST_F(AuthTest, ACoordinatorKeyClosesTheDoors) {
  Make({.open = true, .coordinator_key = "secret"});
  ExpectIs(Plain(), "anonymous", Role::kNone);
}

TEST_F(AuthTest, F47_OpenDoorsAreClosedWhileNobodyKnowsWhetherThereIsAKey) {
  Make({.open = true});
  store_.fault = [](const std::string&) { return Fault::kRefused; };
  ExpectRefused(Plain(), Errc::kUnavailable);
  store_.fault = [](const std::string&) { return Fault::kNone; };
  loop_.Advance(seconds(5));
  ExpectIs(Plain(), "local", Role::kOperate);
  store_.fault = [](const std::string&) { return Fault::kRefused; };
  loop_.Advance(seconds(5));
  ExpectRefused(Plain(), Errc::kUnavailable);
}

TEST_F(AuthTest, KnownKeysServeForFiveMinutesWithoutTheStore) {
  NewApiKey made = Add("scheduler", Role::kWork);
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
  store_.fault = [](const std::string&) { return Fault::kRefused; };
  loop_.Advance(minutes(5) - milliseconds(1));
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
  ExpectRefused(WithKey("tip_00000000_x"), Errc::kUnavailable);
  loop_.Advance(milliseconds(1));
  ExpectRefused(WithKey(made.text), Errc::kUnavailable);
  store_.fault = [](const std::string&) { return Fault::kNone; };
  loop_.Advance(seconds(5));
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
}

TEST_F(AuthTest, AStoreThatHangsHoldsARequestForTwoSecondsAndOnlyTheFirst) {
  NewApiKey made = Add("scheduler", Role::kWork);
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
  store_.fault = [](const std::string&) { return Fault::kHang; };
  loop_.Advance(seconds(5));
  bool answered = false;
  auth_->Authenticate(WithKey(made.text), [&](Result<Principal> answer) {
    EXPECT_TRUE(answer.ok());
    answered = true;
  });
  loop_.RunIdle();
  EXPECT_FALSE(answered);
  loop_.Advance(seconds(2));
  EXPECT_TRUE(answered);
  ExpectIs(WithKey(made.text), "key:scheduler", Role::kWork);
}

TEST_F(AuthTest, AnAnswerAfterItsEndIsIgnored) {
  auth_->Authenticate(WithKey("x"), [](auto) { FAIL(); });
  auth_.reset();
  loop_.RunIdle();
  loop_.Advance(seconds(10));
}

TEST_F(AuthTest, ATokenOfGoogleMayWork) {
  TokenSigner google("k1");
  OidcOptions oidc{.audience = kAudience, .emails = {"push@x"}, .jwks = "https://keys"};
  oidc.fetch = [&](const std::string&, DoneWith<std::string> done) {
    loop_.Post([&google, done] { done(google.Jwks()); });
  };
  Make({.oidc = oidc});
  std::string token = google.Sign(GoodClaims(loop_.Now(), kAudience, "push@x"));
  ExpectIs(WithBearer(token), "oidc:push@x", Role::kWork);
  ExpectRefused(WithKey(token));  // A token is no key.
  NewApiKey made = Add("cloud-run", Role::kOperate);
  HttpRequest both = WithBearer(token);
  both.headers["x-api-key"] = made.text;
  loop_.Advance(seconds(5));
  ExpectIs(both, "key:cloud-run", Role::kOperate);
  loop_.Advance(minutes(62));
  ExpectRefused(WithBearer(token));
}

Status Check(const std::string& host, const std::optional<std::string>& origin = {},
             std::vector<std::string> allowed = {}, bool open = true) {
  HttpRequest request{.method = "POST", .path = "/start", .remote = "127.0.0.1:5432"};
  if (!host.empty()) request.headers["host"] = host;
  if (origin) request.headers["origin"] = *origin;
  return CheckOrigin(request, allowed, open);
}

TEST(CheckOrigin, ThisMachineUnderItsNamesIsLetIn) {
  for (const char* host : {"localhost", "localhost:8080", "LocalHost:1", "127.0.0.1",
                           "127.0.0.1:65535", "[::1]", "[::1]:8080"}) {
    EXPECT_TRUE(Check(host).ok()) << host;
    EXPECT_TRUE(Check(host, std::string("http://") + host).ok()) << host;
  }
}

TEST(CheckOrigin, F47_AForeignHostIsRefused) {
  for (const char* host :
       {"", "evil.example", "evil.example:8080", "localhost.evil.example", "localhost:80.evil",
        "127.0.0.1.nip.io", "127.0.0.1@evil.example", "::1", "0.0.0.0", "evil.example:localhost"}) {
    Status status = Check(host);
    ASSERT_FALSE(status.ok()) << host;
    EXPECT_EQ(status.error().code, Errc::kDenied);
  }
}

TEST(CheckOrigin, F47_AForeignOriginIsRefused) {
  for (const char* origin :
       {"", "null", "http://evil.example", "https://localhost.evil.example:8080",
        "http://localhost", "http://localhost:3000", "ftp://localhost:8080", "localhost:8080",
        "http://localhost:8080/", "http://localhost:8080.evil.example"}) {
    Status status = Check("localhost:8080", origin);
    ASSERT_FALSE(status.ok()) << origin;
    EXPECT_EQ(status.error().code, Errc::kDenied);
  }
}

TEST(CheckOrigin, AnAllowedHostIsLetInWithItsPages) {
  EXPECT_TRUE(Check("tipoff.lan:8080", "http://tipoff.lan:8080", {"Tipoff.lan"}).ok());
  EXPECT_TRUE(Check("tipoff.lan:8080", {}, {"tipoff.lan:8080"}).ok());
  EXPECT_FALSE(Check("tipoff.lan:8081", {}, {"tipoff.lan:8080"}).ok());
  EXPECT_FALSE(Check("other.lan", {}, {"tipoff.lan"}).ok());
}

TEST(CheckOrigin, WhereKeysAreRequiredTheHostIsFree) {
  EXPECT_TRUE(Check("tipoff.example", "https://elsewhere.example", {}, false).ok());
}

TEST(CheckOrigin, FromWithinTheProcessThereIsNoHost) {
  HttpRequest request{.method = "POST", .path = "/start", .remote = "local"};
  EXPECT_TRUE(CheckOrigin(request, {}, true).ok());
}

}  // namespace
}  // namespace tipoff
