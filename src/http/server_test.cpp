#include "http/server.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>

#include "base/json.h"
#include "http/events.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::uint16_t PortOf(const HttpServer& server) {
  return static_cast<std::uint16_t>(std::stoi(server.url().substr(server.url().rfind(':') + 1)));
}

// A client that sends exactly what it is told, as slowly as it is told. Its waits end after 20 s.
class RawClient {
 public:
  explicit RawClient(const HttpServer& server, int receive_buffer = 0)
      : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    timeval limit{.tv_sec = 20, .tv_usec = 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (receive_buffer > 0) {
      setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    }
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(PortOf(server));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  RawClient(RawClient&& other) noexcept
      : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}
  ~RawClient() {
    if (socket_ >= 0) close(socket_);
  }

  bool connected() const { return connected_; }
  // False once the server has reset the connection.
  bool Send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  void SayNoMore() { shutdown(socket_, SHUT_WR); }
  // With its reset, as a process that is killed with unread bytes.
  void Vanish() {
    linger reset{.l_onoff = 1, .l_linger = 0};
    setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(std::exchange(socket_, -1));
  }
  // Reads until `text` has come, and returns everything up to its end.
  std::string ReadTo(std::string_view text) {
    std::size_t at = received_.find(text);
    while (at == received_.npos && Receive()) at = received_.find(text);
    EXPECT_NE(at, received_.npos) << "waited for \"" << text << "\", got \"" << received_ << "\"";
    std::size_t end = at == received_.npos ? received_.size() : at + text.size();
    std::string read = received_.substr(0, end);
    received_.erase(0, end);
    return read;
  }
  // One answer with its body, by its content-length.
  std::string ReadAnswer(bool has_body = true) {
    std::string head = ReadTo("\r\n\r\n");
    std::size_t at = head.find("Content-Length: ");
    std::size_t length = at == head.npos || !has_body ? 0 : std::stoul(head.substr(at + 16));
    while (received_.size() < length && Receive()) {
    }
    EXPECT_GE(received_.size(), length);
    std::string answer = head + received_.substr(0, length);
    received_.erase(0, length);
    return answer;
  }
  // Everything until the server closes; a reset counts as such.
  std::string ReadAll() {
    while (Receive()) {
    }
    EXPECT_TRUE(ended_) << "the server did not close within 20 s";
    return std::exchange(received_, "");
  }

 private:
  bool Receive() {
    char bytes[65536];
    ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
    if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
    ended_ = count == 0 || (count < 0 && errno == ECONNRESET);
    return count > 0;
  }

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

// Hands requests from the server's thread to the test.
class Inbox {
 public:
  using Item = std::pair<HttpRequest, std::shared_ptr<Responder>>;

  HttpHandler handler() {
    return [this](HttpRequest request, std::shared_ptr<Responder> responder) {
      std::scoped_lock guard(mutex_);
      items_.emplace_back(std::move(request), std::move(responder));
      came_.notify_all();
    };
  }
  Item Next() {
    std::unique_lock guard(mutex_);
    bool came = came_.wait_for(guard, seconds(20), [&] { return !items_.empty(); });
    if (!came) throw std::runtime_error("no request came within 20 s");
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Item> items_;
};

// Answers what was asked, at once.
void Echo(HttpRequest request, std::shared_ptr<Responder> responder) {
  responder->Send(
      {.content_type = "text/plain",
       .body = request.method + " " + request.path + " " + std::to_string(request.body.size())});
}

std::unique_ptr<HttpServer> Serve(HttpHandler handler, HttpServerOptions options = {}) {
  options.port = 0;
  auto server = HttpServer::Listen(std::move(options), std::move(handler));
  EXPECT_TRUE(server.ok()) << server.error().message;
  return std::move(*server);
}

std::string Get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string Post(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

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

TEST(Server, AnswersWithSafeHeadersAndKeepsTheConnection) {
  auto server = Serve(Echo);
  RawClient client(*server);
  for (int i = 0; i < 3; ++i) {
    client.Send(Get("/a%20b"));
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

TEST(Server, AHandlersHeadersArePassedOnButCanNotBeForged) {
  auto server = Serve([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Send({.status = 202,
                     .headers = {{"Cache-Control", "max-age=60"},
                                 {"Location", "/x\r\nSet-Cookie: forged"},
                                 {"Set-Cookie", "a=1"},
                                 {"Set-Cookie", "b=2"}}});
  });
  RawClient client(*server);
  client.Send(Get("/"));
  std::string answer = client.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 202 Accepted\r\n"));
  EXPECT_THAT(answer, HasSubstr("Cache-Control: max-age=60\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("no-store")));
  EXPECT_THAT(answer, HasSubstr("Location: /x  Set-Cookie: forged\r\n"));
  EXPECT_THAT(answer, HasSubstr("Set-Cookie: a=1\r\n"));
  EXPECT_THAT(answer, HasSubstr("Set-Cookie: b=2\r\n"));
}

TEST(Server, F48_HeadIsAnsweredAsGetWithoutItsBody) {
  auto server = Serve(Echo);
  RawClient client(*server);
  client.Send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  std::string answer = client.ReadAnswer(false);
  EXPECT_THAT(answer, HasSubstr("Content-Length: 9\r\n"));
  client.Send(Get("/y"));
  EXPECT_THAT(client.ReadAnswer(), EndsWith("GET /y 0"));
}

TEST(Server, AnAnswerWithoutContentHasNoLength) {
  auto server = Serve([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Send({.status = 204, .body = "dropped"});
  });
  RawClient client(*server);
  client.Send(Get("/") + Get("/"));
  EXPECT_THAT(client.ReadAnswer(), Not(HasSubstr("Content-Length")));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 204 No Content\r\n"));
}

TEST(Server, Http10ClosesUnlessAskedToKeep) {
  auto server = Serve(Echo);
  RawClient client(*server);
  client.Send("GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(client.ReadAnswer(), HasSubstr("Connection: keep-alive\r\n"));
  client.Send("GET /2 HTTP/1.0\r\n\r\n");
  std::string answer = client.ReadAll();
  EXPECT_THAT(answer, StartsWith("HTTP/1.0 200 OK\r\n"));
  EXPECT_THAT(answer, EndsWith("GET /2 0"));
}

TEST(Server, PipelinedRequestsAreAnsweredInTheirOrder) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  RawClient client(*server);
  std::string all;
  for (int i = 0; i < 50; ++i) all += Get("/" + std::to_string(i)) + Post("body");
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
  auto server = Serve(Echo);
  RawClient client(*server);
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.ReadTo("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("body");
  EXPECT_THAT(client.ReadAnswer(), EndsWith("POST / 4"));
}

TEST(Server, F48_AMalformedRequestIsAnswered400) {
  auto server = Serve(Echo);
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

TEST(Server, F48_LongTargetsAndHeadersAreAnswered414And431) {
  auto server = Serve(Echo);
  RawClient target(*server);
  target.Send(Get("/" + std::string(100'000, 'a')));
  ExpectProblem(target, 414);
  RawClient header(*server);
  header.Send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n");
  ExpectProblem(header, 431);
}

// Such a client sends all of its body before it reads: the answer must still reach it.
TEST(Server, F48_ABodyOf10MBIsAnswered413) {
  auto server = Serve(Echo);
  RawClient client(*server);
  EXPECT_TRUE(client.Send(Post(std::string(10'000'000, 'x'))));
  ExpectProblem(client, 413);
}

TEST(Server, F48_AnAnnouncedBodyThatIsTooLongIsRefusedUnsent) {
  auto server = Serve(Echo);
  RawClient client(*server);
  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 99999999999\r\n\r\n");
  ExpectProblem(client, 413);
}

TEST(Server, F48_ASlowLorisIsAnswered408WhileOthersAreServed) {
  HttpServerOptions options;
  options.request_timeout = milliseconds(50);
  auto server = Serve(Echo, options);
  RawClient in_header(*server);
  RawClient in_body(*server);
  in_body.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000\r\n\r\n");
  // Byte after byte does not help: what counts is the time since the first one.
  int others = 0;
  RawClient other(*server);
  for (char c : std::string("GET / HTTP/1.1\r\nX: ") + std::string(1'000'000, 'x')) {
    if (!in_header.Send(std::string_view(&c, 1)) || !in_body.Send("x")) break;
    other.Send(Get("/other"));
    others += other.ReadAnswer().ends_with("GET /other 0") ? 1 : 0;
    if (server->statistics().refused == 2) break;
  }
  EXPECT_GT(others, 0);
  ExpectProblem(in_header, 408);
  ExpectProblem(in_body, 408);
}

TEST(Server, F48_FiveHundredIdleConnectionsStopNobody) {
  auto server = Serve(Echo);
  std::vector<RawClient> idle;
  for (int i = 0; i < 500; ++i) idle.emplace_back(*server);
  for (RawClient& client : idle) ASSERT_TRUE(client.connected());
  RawClient other(*server);
  for (int i = 0; i < 100; ++i) {
    other.Send(Get("/other"));
    ASSERT_THAT(other.ReadAnswer(), EndsWith("GET /other 0"));
  }
  EXPECT_EQ(server->statistics().connections, 501u);
  idle[250].Send(Get("/idle"));
  EXPECT_THAT(idle[250].ReadAnswer(), EndsWith("GET /idle 0"));
}

TEST(Server, F48_ConnectionsOverTheLimitAreAnswered503) {
  HttpServerOptions options;
  options.connections_max = 2;
  auto server = Serve(Echo, options);
  RawClient first(*server);
  {
    RawClient second(*server);
    RawClient third(*server);
    third.Send(Get("/"));
    ExpectProblem(third, 503);
    second.Send("GET / HTTP/1.0\r\n\r\n");
    EXPECT_THAT(second.ReadAll(), EndsWith("GET / 0"));
  }
  RawClient fourth(*server);
  fourth.Send(Get("/4"));
  EXPECT_THAT(fourth.ReadAnswer(), EndsWith("GET /4 0"));
}

TEST(Server, AnIdleConnectionIsClosedSilently) {
  HttpServerOptions options;
  options.idle_timeout = milliseconds(50);
  auto server = Serve(Echo, options);
  RawClient never(*server);
  RawClient once(*server);
  once.Send(Get("/") + "\r\n\r\n");
  once.ReadAnswer();
  EXPECT_EQ(never.ReadAll(), "");
  EXPECT_EQ(once.ReadAll(), "");
}

TEST(Server, ASlowHandlerIsAnswered504AndItsLateAnswerIsIgnored) {
  Inbox inbox;
  HttpServerOptions options;
  options.answer_timeout = milliseconds(50);
  auto server = Serve(inbox.handler(), options);
  RawClient client(*server);
  client.Send(Get("/slow"));
  auto slow = inbox.Next();
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 504 Gateway Timeout\r\n"));
  client.Send(Get("/next"));
  auto next = inbox.Next();
  slow.second->Send({.body = "too late"});
  auto sink = slow.second->Stream();
  EXPECT_FALSE(sink->Send(FormatEvent("1", "too late")));
  next.second->Send({.body = "in time"});
  next.second->Send({.body = "twice"});
  EXPECT_THAT(client.ReadAnswer(), EndsWith("in time"));
  client.Send(Get("/last"));
  inbox.Next().second->Send({.body = "last"});
  EXPECT_THAT(client.ReadAnswer(), EndsWith("last"));
}

TEST(Server, AResponderThatIsDroppedAnswers500) {
  auto server = Serve([](const HttpRequest& request, const std::shared_ptr<Responder>&) {
    if (request.path == "/throw") throw std::runtime_error("a handler's bug");
  });
  RawClient client(*server);
  client.Send(Get("/") + Get("/throw"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST(Server, AClientThatVanishesHarmsNobody) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  RawClient client(*server);
  client.Send(Get("/"));
  auto gone = inbox.Next();
  client.Vanish();
  gone.second->Send({.body = std::string(1'000'000, 'x')});
  RawClient other(*server);
  other.Send(Get("/"));
  inbox.Next().second->Send({.body = "served"});
  EXPECT_THAT(other.ReadAnswer(), EndsWith("served"));
}

TEST(Server, AClientThatDoesNotTakeItsAnswerIsClosed) {
  HttpServerOptions options;
  options.idle_timeout = milliseconds(50);
  auto server = Serve(
      [](HttpRequest, std::shared_ptr<Responder> responder) {
        responder->Send({.body = std::string(50'000'000, 'x')});
      },
      options);
  RawClient client(*server, 4096);
  client.Send(Get("/"));
  while (server->statistics().requests == 0 || server->statistics().connections > 0) {
    std::this_thread::yield();
  }
  EXPECT_LT(client.ReadAll().size(), 50'000'000u);
}

TEST(Server, RemoteAndHostAreToldToTheHandler) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  RawClient client(*server);
  client.Send(Get("/"));
  auto [request, responder] = inbox.Next();
  EXPECT_THAT(request.remote, StartsWith("127.0.0.1:"));
  EXPECT_EQ(request.Header("host"), "h");
}

TEST(ServerStream, DeliversEventsUntilItIsClosed) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  RawClient client(*server);
  client.Send(Get("/events"));
  auto sink = inbox.Next().second->Stream();
  std::string head = client.ReadTo("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(head, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(head, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(head, HasSubstr("Transfer-Encoding: chunked\r\n"));
  EXPECT_THAT(head, HasSubstr("Connection: close\r\n"));
  EXPECT_TRUE(sink->Send(FormatEvent("1", "one")));
  EXPECT_EQ(client.ReadTo("one\n\n\r\n"), "11\r\nid: 1\ndata: one\n\n\r\n");
  EXPECT_TRUE(sink->Send(FormatEvent("2", "two")));
  sink->Close();
  sink->Close();
  EXPECT_FALSE(sink->Send(FormatEvent("3", "three")));
  EXPECT_EQ(client.ReadAll(), "11\r\nid: 2\ndata: two\n\n\r\n0\r\n\r\n");
}

TEST(ServerStream, Http10GetsItUnchunkedAndADroppedSinkEndsIt) {
  auto server = Serve([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Stream()->Send(FormatEvent("", "x"));
  });
  RawClient client(*server);
  client.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), EndsWith("\r\n\r\ndata: x\n\n"));
}

TEST(ServerStream, AHeadOfAStreamIsOnlyItsHeader) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  RawClient client(*server);
  client.Send("HEAD / HTTP/1.1\r\nHost: h\r\n\r\n");
  auto sink = inbox.Next().second->Stream();
  std::string answer = client.ReadAll();
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
  EXPECT_FALSE(sink->Send(FormatEvent("1", "x")));
}

TEST(ServerStream, AQuietStreamHasAHeartbeat) {
  HttpServerOptions options;
  options.stream_heartbeat = milliseconds(10);
  options.answer_timeout = milliseconds(10);
  options.request_timeout = milliseconds(10);
  options.idle_timeout = milliseconds(10);
  Inbox inbox;
  auto server = Serve(inbox.handler(), options);
  RawClient client(*server);
  client.Send(Get("/"));
  auto sink = inbox.Next().second->Stream();
  for (int i = 0; i < 5; ++i) client.ReadTo("3\r\n:\n\n\r\n");
  EXPECT_TRUE(sink->Send(FormatEvent("1", "x")));
  client.ReadTo("data: x\n\n");
}

TEST(ServerStream, ATooSlowClientIsCutOff) {
  HttpServerOptions options;
  options.stream_bytes_max = 100'000;
  Inbox inbox;
  auto server = Serve(inbox.handler(), options);
  RawClient client(*server, 4096);
  client.Send(Get("/"));
  auto sink = inbox.Next().second->Stream();
  std::string event = FormatEvent("1", std::string(10'000, 'x'));
  std::size_t sent = 0;
  while (sink->Send(event)) ++sent;
  EXPECT_GE(sent, 9u);
  EXPECT_FALSE(sink->Send("x"));
  EXPECT_LE(client.ReadAll().size(), sent * (event.size() + 20) + 1000);
}

TEST(ServerStream, AClientThatWentAwayIsNoticed) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  for (bool politely : {true, false}) {
    RawClient client(*server);
    client.Send(Get("/"));
    auto sink = inbox.Next().second->Stream();
    client.ReadTo("\r\n\r\n");
    if (politely) {
      client.SayNoMore();
      EXPECT_EQ(client.ReadAll(), "");
    } else {
      client.Vanish();
    }
    while (server->statistics().connections > 0) std::this_thread::yield();
    EXPECT_FALSE(sink->Send(FormatEvent("1", "x")));
  }
}

TEST(ServerStop, ARequestUnderWayIsStillAnswered) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  RawClient idle(*server);
  RawClient handled(*server);
  handled.Send(Get("/handled"));
  auto item = inbox.Next();
  RawClient streaming(*server);
  streaming.Send(Get("/stream"));
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
  Inbox inbox;
  auto server = Serve(inbox.handler());
  RawClient handled(*server);
  handled.Send(Get("/handled"));
  auto item = inbox.Next();
  server->Stop(milliseconds(20));
  EXPECT_EQ(handled.ReadAll(), "");
  item.second->Send({.body = "nobody hears it"});
}

TEST(ServerStop, RespondersAndSinksOutliveTheServer) {
  Inbox inbox;
  auto server = Serve(inbox.handler());
  std::vector<RawClient> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back(*server);
    clients.back().Send(Get("/"));
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
    Inbox inbox;
    auto server = Serve(inbox.handler());
    RawClient client(*server);
    RawClient watcher(*server);
    client.Send(Get("/"));
    auto responder = inbox.Next().second;
    watcher.Send(Get("/"));
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
  auto first = Serve(Echo);
  HttpServerOptions options;
  options.port = PortOf(*first);
  auto second = HttpServer::Listen(options, Echo);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, Errc::kExists);
  EXPECT_THAT(second.error().message, HasSubstr("127.0.0.1:" + std::to_string(options.port)));
  EXPECT_THAT(second.error().message, HasSubstr("--port"));
  first.reset();
  EXPECT_TRUE(HttpServer::Listen(options, Echo).ok());
}

TEST(ServerListen, AddressesThatAreNotOursAreRefused) {
  auto foreign = HttpServer::Listen({.host = "192.0.2.1", .port = 0}, Echo);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().code, Errc::kDenied);
  EXPECT_THAT(foreign.error().message, HasSubstr("192.0.2.1:0"));
  auto unknown = HttpServer::Listen({.host = "no.such.host.invalid", .port = 0}, Echo);
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().code, Errc::kInvalid);
}

TEST(ServerListen, ListensOnNamesAndBracketsIpv6) {
  EXPECT_THAT(Serve(Echo, {.host = "localhost"})->url(), StartsWith("http://localhost:"));
  for (const char* host : {"::1", "[::1]"}) {
    auto server = HttpServer::Listen({.host = host, .port = 0}, Echo);
    if (!server.ok()) GTEST_SKIP() << "no IPv6 here: " << server.error().message;
    EXPECT_THAT((*server)->url(), StartsWith("http://[::1]:"));
  }
}

}  // namespace
}  // namespace tipoff
