#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/json.h"
#include "http/events.h"
#include "http/server.h"
#include "support/raw_client.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

// The whole answer is a problem of this status, after which the connection is closed.
void ExpectProblem(RawClient& client, int status) {
  std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  auto body = ParseJson(answer.substr(answer.find("\r\n\r\n") + 4));
  ASSERT_TRUE(body.ok()) << answer;
  EXPECT_EQ(body->at("type"), "about:blank");
  EXPECT_EQ(body->at("title").as_string(), HttpTitle(status));
  EXPECT_EQ(body->at("status"), status);
  EXPECT_FALSE(body->at("detail").as_string().empty());
}

TEST(ServerLimits, F48_AMalformedRequestIsAnswered400) {
  auto server = ServeHttp(EchoHttp);
  for (const char* bytes : {"rubbish\r\n\r\n", "GET /%zz HTTP/1.1\r\nHost: h\r\n\r\n"}) {
    RawClient client(*server);
    client.Send(bytes);
    ExpectProblem(client, 400);
  }
  RawClient cut_off(*server);
  cut_off.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nbo");
  cut_off.SayNoMore();
  ExpectProblem(cut_off, 400);
  EXPECT_EQ(server->statistics().refused, 3u);
  EXPECT_EQ(server->statistics().requests, 0u);
}

TEST(ServerLimits, F48_LongTargetsAndHeadersAreAnswered414And431) {
  auto server = ServeHttp(EchoHttp);
  RawClient target(*server);
  target.Send(GetText("/" + std::string(100'000, 'a')));
  ExpectProblem(target, 414);
  RawClient header(*server);
  header.Send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n");
  ExpectProblem(header, 431);
}

// Such a client sends all of its body before it reads: the answer must still reach it.
TEST(ServerLimits, F48_ABodyOf10MBIsAnswered413) {
  auto server = ServeHttp(EchoHttp);
  RawClient client(*server);
  EXPECT_TRUE(client.Send(PostText(std::string(10'000'000, 'x'))));
  ExpectProblem(client, 413);
}

TEST(ServerLimits, F48_AnAnnouncedBodyThatIsTooLongIsRefusedUnsent) {
  auto server = ServeHttp(EchoHttp);
  RawClient client(*server);
  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n");
  ExpectProblem(client, 413);
}

TEST(ServerLimits, F48_ASlowLorisIsAnswered408WhileOthersAreServed) {
  HttpServerOptions options;
  options.request_timeout = milliseconds(50);
  auto server = ServeHttp(EchoHttp, options);
  RawClient in_header(*server);
  RawClient in_body(*server);
  in_body.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  // Byte after byte does not help: what counts is the time since the first one.
  int others = 0;
  RawClient other(*server);
  for (char c : std::string("GET / HTTP/1.1\r\nX: ") + std::string(1'000'000, 'x')) {
    if (!in_header.Send(std::string_view(&c, 1)) || !in_body.Send("x")) break;
    other.Send(GetText("/other"));
    others += other.ReadAnswer().ends_with("GET /other 0") ? 1 : 0;
    if (server->statistics().refused == 2) break;
  }
  EXPECT_GT(others, 0);
  ExpectProblem(in_header, 408);
  ExpectProblem(in_body, 408);
}

TEST(ServerLimits, F48_FiveHundredIdleConnectionsStopNobody) {
  auto server = ServeHttp(EchoHttp);
  std::vector<RawClient> idle;
  for (int i = 0; i < 500; ++i) idle.emplace_back(*server);
  for (RawClient& client : idle) ASSERT_TRUE(client.connected());
  RawClient other(*server);
  for (int i = 0; i < 100; ++i) {
    other.Send(GetText("/other"));
    ASSERT_THAT(other.ReadAnswer(), EndsWith("GET /other 0"));
  }
  EXPECT_EQ(server->statistics().connections, 501u);
  idle[250].Send(GetText("/idle"));
  EXPECT_THAT(idle[250].ReadAnswer(), EndsWith("GET /idle 0"));
}

TEST(ServerLimits, F48_ConnectionsOverTheLimitAreAnswered503) {
  HttpServerOptions options;
  options.connections_max = 2;
  auto server = ServeHttp(EchoHttp, options);
  RawClient first(*server);
  {
    RawClient second(*server);
    RawClient third(*server);
    third.Send(GetText("/"));
    ExpectProblem(third, 503);
    second.Send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(second.ReadAll(), EndsWith("GET / 0"));
  }
  RawClient fourth(*server);
  fourth.Send(GetText("/4"));
  EXPECT_THAT(fourth.ReadAnswer(), EndsWith("GET /4 0"));
}

TEST(ServerLimits, AnIdleConnectionIsClosedSilently) {
  HttpServerOptions options;
  options.idle_timeout = milliseconds(50);
  auto server = ServeHttp(EchoHttp, options);
  RawClient never(*server);
  RawClient once(*server);
  once.Send(GetText("/") + "\r\n\r\n");
  once.ReadAnswer();
  EXPECT_EQ(never.ReadAll(), "");
  EXPECT_EQ(once.ReadAll(), "");
}

TEST(ServerLimits, ASlowHandlerIsAnswered504AndItsLateAnswerIsIgnored) {
  HttpInbox inbox;
  HttpServerOptions options;
  options.answer_timeout = milliseconds(50);
  auto server = ServeHttp(inbox.handler(), options);
  RawClient client(*server);
  client.Send(GetText("/slow"));
  auto slow = inbox.Next();
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 504 Gateway Timeout\r\n"));
  client.Send(GetText("/next"));
  auto next = inbox.Next();
  slow.second->Send({.body = "too late"});
  auto sink = slow.second->Stream();
  EXPECT_FALSE(sink->Send(FormatEvent("1", "too late")));
  next.second->Send({.body = "in time"});
  next.second->Send({.body = "twice"});
  EXPECT_THAT(client.ReadAnswer(), EndsWith("in time"));
  client.Send(GetText("/last"));
  inbox.Next().second->Send({.body = "last"});
  EXPECT_THAT(client.ReadAnswer(), EndsWith("last"));
}

TEST(ServerLimits, AClientThatDoesNotTakeItsAnswerIsClosed) {
  HttpServerOptions options;
  options.idle_timeout = milliseconds(50);
  auto server = ServeHttp(
      [](HttpRequest, std::shared_ptr<Responder> responder) {
        responder->Send({.body = std::string(50'000'000, 'x')});
      },
      options);
  RawClient client(*server, 4096);
  client.Send(GetText("/"));
  while (server->statistics().requests == 0 || server->statistics().connections > 0) {
    std::this_thread::yield();
  }
  EXPECT_LT(client.ReadAll().size(), 50'000'000u);
}

}  // namespace
}  // namespace tipoff
