#include "api/sessions.h"

#include <gtest/gtest.h>

#include "api/keys.h"
#include "support/api_world.h"

namespace tipoff {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

constexpr char kHost[] = "localhost:8080";

class SessionsTest : public testing::Test {
 protected:
  NewApiKey Add(const std::string& name, Role role) {
    NewApiKey made = *MakeKey(name, role, api_.world.loop.Now());
    EXPECT_TRUE(Await<Done>(api_.world.loop, [&](auto done) {
                  StoreKey(api_.process->store, made.key, done);
                }).ok());
    api_.world.loop.Advance(seconds(6));  // Keys are read every 5 s.
    return made;
  }

  HttpResponse Ask(const std::string& method, const std::string& path, const std::string& body = "",
                   ApiWorld::Headers headers = {}) {
    headers.emplace_back("host", kHost);
    if (!cookie_.empty()) headers.emplace_back("cookie", "theme=dark; " + cookie_);
    return api_.Ask(method, path, body, headers);
  }

  // Its cookie is sent from then on.
  HttpResponse SignIn(const std::string& key) {
    HttpResponse response = Ask("POST", "/v1/session", R"({"key":")" + key + R"("})");
    std::string set = SetCookie(response);
    cookie_ = set.substr(0, set.find(';'));
    return response;
  }

  static std::string SetCookie(const HttpResponse& response) {
    for (const auto& [name, value] : response.headers) {
      if (name == "Set-Cookie") return value;
    }
    return "";
  }

  ApiWorld api_{{}, {.open = true}};
  std::string cookie_;
};

TEST_F(SessionsTest, AKeyIsExchangedForACookieThatNoScriptReadsAndNoOtherSiteSends) {
  NewApiKey key = Add("board", Role::kRead);
  HttpResponse response = SignIn(key.text);
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(ApiWorld::Json(response).at("name"), "key:board");
  std::string set = SetCookie(response);
  EXPECT_NE(set.find("HttpOnly; SameSite=Strict"), set.npos) << set;
  EXPECT_EQ(set.find(key.text), set.npos) << set;
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 200);
  EXPECT_EQ(ApiWorld::Json(Ask("GET", "/v1/session")).at("role"), "read");
}

TEST_F(SessionsTest, ItIsMarkedSecureBehindTls) {
  NewApiKey key = Add("board", Role::kRead);
  HttpResponse response = Ask("POST", "/v1/session", R"({"key":")" + key.text + R"("})",
                              {{"x-forwarded-proto", "https"}});
  EXPECT_TRUE(SetCookie(response).ends_with("; Secure")) << SetCookie(response);
}

TEST_F(SessionsTest, AWrongKeyGivesNone) {
  Add("board", Role::kRead);
  HttpResponse response = SignIn("tip_aaaaaaaa_" + std::string(36, 'x'));
  EXPECT_EQ(response.status, 401);
  EXPECT_EQ(SetCookie(response), "");
  EXPECT_EQ(SignIn("").status, 401);
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 401);
}

TEST_F(SessionsTest, ItMayDoWhatItsKeyMayAndNoMore) {
  SignIn(Add("board", Role::kRead).text);
  EXPECT_EQ(Ask("POST", "/v1/batches/b:finish").status, 403);
  SignIn(Add("operator", Role::kOperate).text);
  EXPECT_EQ(Ask("POST", "/v1/batches/b:finish").status, 404);
}

TEST_F(SessionsTest, APageOfAnotherPortOrdersNothing) {
  SignIn(Add("operator", Role::kOperate).text);
  auto finish = [&](const std::string& origin) {
    return Ask("POST", "/v1/batches/b:finish", "", {{"origin", origin}}).status;
  };
  EXPECT_EQ(finish("http://localhost:3000"), 403);
  EXPECT_EQ(finish("null"), 403);
  EXPECT_EQ(finish("https://localhost:8080"), 404);
}

TEST_F(SessionsTest, ItEndsWhenItsKeyIsRevoked) {
  NewApiKey key = Add("board", Role::kRead);
  SignIn(key.text);
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 200);
  Add("another", Role::kRead);  // So that the doors do not open again.
  EXPECT_TRUE(Await<ApiKey>(api_.world.loop, [&](auto done) {
                RevokeKey(api_.process->store, key.key.id, done);
              }).ok());
  api_.world.loop.Advance(seconds(6));  // Keys are read every 5 s.
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 401);
}

TEST_F(SessionsTest, ItEndsWhenItIsEnded) {
  SignIn(Add("board", Role::kRead).text);
  HttpResponse response = Ask("DELETE", "/v1/session");
  EXPECT_EQ(response.status, 204);
  EXPECT_NE(SetCookie(response).find("Max-Age=0"), std::string::npos);
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 401);  // Though the cookie is sent once more.
  EXPECT_EQ(Ask("DELETE", "/v1/session").status, 204);
}

TEST_F(SessionsTest, ItEndsByItself) {
  SignIn(Add("board", Role::kRead).text);
  api_.world.loop.Advance(kSessionLength - hours(1));
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 200);
  api_.world.loop.Advance(hours(1));
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 401);
}

TEST_F(SessionsTest, WhatIsStoredOpensNothing) {
  NewApiKey key = Add("board", Role::kRead);
  SignIn(key.text);
  auto records = Await<std::vector<Record>>(api_.world.loop, [&](auto done) {
    api_.process->store.ListRecords({.kind = kSessionRecords}, done);
  });
  ASSERT_EQ(records->size(), 1u);
  const Record& record = records->front();
  std::string token = cookie_.substr(cookie_.find('=') + 1);
  EXPECT_EQ((record.id + record.body).find(token), std::string::npos);
  EXPECT_EQ(record.body.find(key.key.hash), std::string::npos);
  cookie_ = "tipoff_session=" + record.id;
  EXPECT_EQ(Ask("GET", "/v1/batches").status, 401);
}

TEST_F(SessionsTest, AnOldCookieIsNoHindranceWhereDoorsAreOpen) {
  cookie_ = "tipoff_session=of-another-day";
  HttpResponse response =
      api_.Ask("GET", "/v1/session", "", {{"host", "localhost:8080"}, {"cookie", cookie_}});
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(ApiWorld::Json(response).at("open"), true);
}

TEST_F(SessionsTest, ASignInIsNotKeptForRepeats) {
  NewApiKey key = Add("board", Role::kRead);
  HttpResponse response =
      Ask("POST", "/v1/session", R"({"key":")" + key.text + R"("})", {{"idempotency-key", "once"}});
  EXPECT_EQ(response.status, 400);
}

constexpr PageFile kFiles[] = {{"/", "text/html", "\"e1\"", "<p>plain</p>", "(gzip)"},
                               {"/assets/a.js", "text/javascript", "\"e2\"", "a", "(gzip)"}};

std::string HeaderOf(const HttpResponse& response, std::string_view name) {
  for (const auto& [key, value] : response.headers) {
    if (key == name) return value;
  }
  return "";
}

TEST(Page, ItsFilesNeedNoKeyAndAreKeptByTheBrowser) {
  ApiOptions options;
  options.page = kFiles;
  ApiWorld api(options, {.coordinator_key = "secret"});
  ApiWorld::Headers gzip = {{"host", kHost}, {"accept-encoding", "gzip, br"}};
  HttpResponse page = api.Ask("GET", "/", "", gzip);
  EXPECT_EQ(page.status, 200);
  EXPECT_EQ(page.body, "(gzip)");
  EXPECT_EQ(HeaderOf(page, "Content-Encoding"), "gzip");
  EXPECT_EQ(HeaderOf(page, "Cache-Control"), "no-cache");
  EXPECT_TRUE(HeaderOf(page, "Content-Security-Policy").starts_with("default-src 'none'"));
  EXPECT_EQ(api.Ask("GET", "/", "", {{"host", kHost}}).body, "<p>plain</p>");
  HttpResponse again = api.Ask("GET", "/", "", {{"host", kHost}, {"if-none-match", "\"e1\""}});
  EXPECT_EQ(again.status, 304);
  EXPECT_EQ(again.body, "");
  HttpResponse asset = api.Ask("GET", "/assets/a.js", "", gzip);
  EXPECT_NE(HeaderOf(asset, "Cache-Control").find("immutable"), std::string::npos);
  EXPECT_EQ(api.Ask("GET", "/assets/b.js", "", gzip).status, 404);
}

}  // namespace
}  // namespace tipoff
