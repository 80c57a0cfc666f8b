#include "http/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "http/events.h"
#include "support/raw_client.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

TEST(Server, AnswersWithSafeHeadersAndKeepsTheConnection) {
  auto server = ServeHttp(EchoHttp);
  RawClient client(*server);
  for (int i = 0; i < 3; ++i) {
    client.Send(GetText("/a%20b"));
    std::string answer = client.ReadAnswer();
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, EndsWith("\r\n\r\nGET /a b 0"));
    for (const char* header : {"Server: tipoff\r\n", "X-Content-Type-Options: nosniff\r\n",
                               "Cache-Control: no-store\r\n", "Content-Type: text/plain\r\n"}) {
      EXPECT_THAT(answer, HasSubstr(header));
    }
  }
  EXPECT_EQ(server->statistics().connections, 1u);
  EXPECT_EQ(server->statistics().requests, 3u);
}

TEST(Server, TellsTheTimeIfItKnowsIt) {
  HttpServerOptions options;
  options.now = [] { return Instant::FromMicros(784'111'777'000'000); };
  auto server = ServeHttp(EchoHttp, options);
  RawClient client(*server);
  client.Send(GetText("/"));
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n"));
}

TEST(Server, AHandlersHeadersArePassedOnButCanNotBeForged) {
  auto server = ServeHttp([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Send({.status = 202,
                     .headers = {{"Cache-Control", "max-age=60"},
                                 {"Location", "/x\r\nSet-Cookie: forged"},
                                 {"Set-Cookie", "a=1"},
                                 {"Set-Cookie", "b=2"}}});
  });
  RawClient client(*server);
  client.Send(GetText("/"));
  std::string answer = client.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 202 Accepted\r\n"));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: max-age=60\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("no-store")));
  EXPECT_THAT(answer, HasSubstr("Location: /x  Set-Cookie: forged\r\n"));
  EXPECT_THAT(answer, HasSubstr("Set-Cookie: a=1\r\n"));
  EXPECT_THAT(answer, HasSubstr("Set-Cookie: b=2\r\n"));
}

TEST(Server, F48_HeadIsAnsweredAsGetWithoutItsBody) {
  auto server = ServeHttp(EchoHttp);
  RawClient client(*server);
  client.Send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string answer = client.ReadAnswer(false);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
  client.Send(GetText("/y"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("GET /y 0"));
}

TEST(Server, AnAnswerWithoutContentHasNoLength) {
  auto server = ServeHttp([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Send({.status = 204, .body = "dropped"});
  });
  RawClient client(*server);
  client.Send(GetText("/") + GetText("/"));
  EXPECT_THAT(client.ReadAnswer(), Not(HasSubstr("Content-Length")));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 204 No Content\r\n"));
}

TEST(Server, Http10ClosesUnlessAskedToKeep) {
  auto server = ServeHttp(EchoHttp);
  RawClient client(*server);
  client.Send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("Connection: keep-alive\r\n"));
  client.Send("GET /2 HTTP/1.0\r\n\r\n");
  std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("GET /2 0"));
}

TEST(Server, PipelinedRequestsAreAnsweredInTheirOrder) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  RawClient client(*server);
  std::string all;
  for (int i = 0; i < 50; ++i) all += GetText("/" + std::to_string(i)) + PostText("body");
  client.Send(all);
  for (int i = 0; i < 100; ++i) {
    auto [request, responder] = inbox.Next();
    EXPECT_EQ(request.body, i % 2 == 1 ? "body" : "");
    responder->Send({.body = std::to_string(i) + request.path});
    EXPECT_THAT(client.ReadAnswer(), EndsWith("\r\n" + std::to_string(i) +
                                              (i % 2 == 1 ? "/" : "/" + std::to_string(i / 2))));
  }
}

TEST(Server, TellsAClientThatWaitsToGoOn) {
  auto server = ServeHttp(EchoHttp);
  RawClient client(*server);
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.ReadTo("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("body");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("POST / 4"));
}

TEST(Server, AResponderThatIsDroppedAnswers500) {
  auto server = ServeHttp([](const HttpRequest& request, const std::shared_ptr<Responder>&) {
    if (request.path == "/throw") throw std::runtime_error("a handler's bug");
  });
  RawClient client(*server);
  client.Send(GetText("/") + GetText("/throw"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
}

// Who asks "/gone" is told whether the client of the request before has left; repeated, because
// nobody is told when the server notices.
bool IsSeenToLeave(const HttpServer& server, HttpInbox& inbox, const Responder& of) {
  RawClient other(server);
  for (int i = 0; i < 20'000 && of.alive(); ++i) {
    other.Send(GetText("/gone"));
    inbox.Next().second->Send({});
    other.ReadAnswer();
  }
  return !of.alive();
}

TEST(Server, AClientThatLeavesWhileItsRequestIsHandledIsNoticed) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  {
    RawClient client(*server);
    client.Send(GetText("/"));
    auto [request, responder] = inbox.Next();
    EXPECT_TRUE(responder->alive());
    client.Vanish();
    EXPECT_TRUE(IsSeenToLeave(*server, inbox, *responder));
  }
  // Pipelined requests hide nothing, and are kept.
  RawClient client(*server);
  client.Send(GetText("/1") + GetText("/2"));
  auto [request, responder] = inbox.Next();
  EXPECT_TRUE(responder->alive());
  client.Send(GetText("/3"));
  client.SayNoMore();
  EXPECT_TRUE(IsSeenToLeave(*server, inbox, *responder));
  responder->Send({});
  for (const char* path : {"/2", "/3"}) {
    auto [next, answer] = inbox.Next();
    EXPECT_EQ(next.path, path);
    answer->Send({});
  }
  EXPECT_THAT(client.ReadAll(), HasSubstr("200 OK"));
}

TEST(Server, AClientThatVanishesHarmsNobody) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  RawClient client(*server);
  client.Send(GetText("/"));
  auto gone = inbox.Next();
  client.Vanish();
  gone.second->Send({.body = std::string(1'000'000, 'x')});
  RawClient other(*server);
  other.Send(GetText("/"));
  inbox.Next().second->Send({.body = "served"});
  EXPECT_THAT(other.ReadAnswer(), EndsWith("served"));
}

TEST(Server, RemoteAndHostAreToldToTheHandler) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  RawClient client(*server);
  client.Send(GetText("/"));
  auto [request, responder] = inbox.Next();
  EXPECT_THAT(request.remote, StartsWith("127.0.0.1:"));
  EXPECT_EQ(request.Header("host"), "h");
}

TEST(ServerStop, ARequestUnderWayIsStillAnswered) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  RawClient idle(*server);
  RawClient handled(*server);
  handled.Send(GetText("/handled"));
  auto item = inbox.Next();
  RawClient streaming(*server);
  streaming.Send(GetText("/stream"));
  auto sink = inbox.Next().second->Stream();
  streaming.ReadTo("\r\n\r\n");
  std::promise<void> stopped;
  server->BeginStop(seconds(20), [&] { stopped.set_value(); });
  EXPECT_EQ(idle.ReadAll(), "");
  EXPECT_EQ(streaming.ReadAll(), "0\r\n\r\n");
  EXPECT_FALSE(sink->Send("x"));
  EXPECT_FALSE(RawClient(*server).connected());
  item.second->Send({.body = "answered"});
  std::string answer = handled.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_THAT(answer, EndsWith("answered"));
  stopped.get_future().wait();
  server->Stop(seconds(20));
  server->Stop(seconds(20));
}

TEST(ServerStop, AfterTheGraceEverythingIsClosed) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  RawClient handled(*server);
  handled.Send(GetText("/handled"));
  auto item = inbox.Next();
  server->Stop(milliseconds(20));
  EXPECT_EQ(handled.ReadAll(), "");
  item.second->Send({.body = "nobody hears it"});
}

TEST(ServerStop, RespondersAndSinksOutliveTheServer) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(*server);
    clients.back().Send(GetText("/"));
  }
  auto sent = inbox.Next().second;
  auto streamed = inbox.Next().second;
  auto dropped = inbox.Next().second;
  auto sink = inbox.Next().second->Stream();
  server.reset();
  sent->Send({.body = "x"});
  EXPECT_FALSE(streamed->Stream()->Send("x"));
  dropped.reset();
  EXPECT_FALSE(sink->Send("x"));
  sink->Close();
}

TEST(ServerStop, ThreadsMayAnswerWhileTheServerEnds) {
  for (int round = 0; round < 20; ++round) {
    HttpInbox inbox;
    auto server = ServeHttp(inbox.handler());
    RawClient client(*server);
    RawClient watcher(*server);
    client.Send(GetText("/"));
    auto responder = inbox.Next().second;
    watcher.Send(GetText("/"));
    auto sink = inbox.Next().second->Stream();
    std::thread answering([&] {
      responder->Send({.body = "x"});
      while (sink->Send("data: x\n\n")) {
      }
    });
    server.reset();
    answering.join();
  }
}

TEST(ServerListen, APortThatIsTakenIsNamedWithItsRemedy) {
  auto first = ServeHttp(EchoHttp);
  HttpServerOptions options;
  options.port = PortOf(*first);
  auto second = HttpServer::Listen(options, EchoHttp);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Errc::kExists);
  EXPECT_THAT(second.error().message, HasSubstr("127.0.0.1:" + std::to_string(options.port)));
  EXPECT_THAT(second.error().message, HasSubstr("--port"));
  first.reset();
  EXPECT_TRUE(HttpServer::Listen(options, EchoHttp).ok());
}

TEST(ServerListen, AddressesThatAreNotOursAreRefused) {
  auto foreign = HttpServer::Listen({.host = "192.0.2.1", .port = 0}, EchoHttp);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, Errc::kDenied);
  EXPECT_THAT(foreign.error().message, HasSubstr("192.0.2.1:0"));
  auto unknown = HttpServer::Listen({.host = "no.such.host.invalid", .port = 0}, EchoHttp);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Errc::kInvalid);
}

TEST(ServerListen, ListensOnNamesAndBracketsIpv6) {
  EXPECT_THAT(ServeHttp(EchoHttp, {.host = "localhost"})->url(), StartsWith("http://localhost:"));
  for (const char* host : {"::1", "[::1]"}) {
    auto server = HttpServer::Listen({.host = host, .port = 0}, EchoHttp);
    if (!server.ok()) GTEST_SKIP() << "no IPv6 here: " << server.error().message;
    EXPECT_THAT((*server)->url(), StartsWith("http://[::1]:"));
  }
}

}  // namespace
}  // namespace tipoff
