#include "http/client.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <thread>

#include "base/asio_loop.h"
#include "http/events.h"
#include "http/transfer.h"
#include "support/raw_client.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::Pair;

// A port of which certainly nobody answers: bound, not listening.
class DeadPort {
 public:
  DeadPort() : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    url_ = "http://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
  }
  ~DeadPort() { close(socket_); }
  int socket() const { return socket_; }
  const std::string& url() const { return url_; }

 private:
  static int socket(int domain, int type, int protocol) { return ::socket(domain, type, protocol); }
  int socket_;
  std::string url_;
};

// Accepts one connection, answers it with `bytes` whatever it asks, and closes.
class OneAnswer {
 public:
  explicit OneAnswer(std::string bytes) {
    listen(port_.socket(), 1);
    thread_ = std::thread([this, bytes = std::move(bytes)] {
      int connection = accept4(port_.socket(), nullptr, nullptr, SOCK_CLOEXEC);
      char request[4096];
      if (recv(connection, request, sizeof request, 0) > 0) {
        send(connection, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      }
      close(connection);
    });
  }
  ~OneAnswer() { thread_.join(); }
  const std::string& url() const { return port_.url(); }

 private:
  DeadPort port_;
  std::thread thread_;
};

// Answers with what it was asked.
void Mirror(HttpRequest request, std::shared_ptr<Responder> responder) {
  HttpResponse response{.status = 201,
                        .content_type = "text/x",
                        .body = request.method + " " + request.path + " " + request.body,
                        .headers = {{"X-Key", std::string(request.Header("x-key"))},
                                    {"X-Type", std::string(request.Header("content-type"))},
                                    {"X-Length", std::string(request.Header("content-length"))},
                                    {"Set-Cookie", "a"},
                                    {"Set-Cookie", "b"}}};
  responder->Send(std::move(response));
}

TEST(Client, CallsAndReturnsTheWholeAnswer) {
  auto server = ServeHttp(Mirror);
  auto response = CallHttp({.method = "PATCH",
                            .url = server->url() + "/a%20b?c=d",
                            .headers = {{"X-Key", "secret"}},
                            .body = std::string("nul\0byte", 8)});
  ASSERT_TRUE(response.ok()) << response.error().message;
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(response->content_type, "text/x");
  EXPECT_EQ(response->body, "PATCH /a b " + std::string("nul\0byte", 8));
  EXPECT_THAT(
      response->headers,
      testing::IsSupersetOf({Pair("x-key", "secret"), Pair("x-type", ""), Pair("x-length", "8"),
                             Pair("set-cookie", "a"), Pair("set-cookie", "b")}));
}

TEST(Client, EveryMethodIsSentAsItIs) {
  auto server = ServeHttp(Mirror);
  for (const char* method : {"GET", "POST", "PUT", "DELETE", "OPTIONS"}) {
    auto response = CallHttp({.method = method, .url = server->url() + "/x"});
    ASSERT_TRUE(response.ok()) << response.error().message;
    EXPECT_EQ(response->body, std::string(method) + " /x ");
  }
  auto head = CallHttp({.method = "HEAD", .url = server->url() + "/x"});
  ASSERT_TRUE(head.ok()) << head.error().message;
  EXPECT_EQ(head->body, "");
  EXPECT_THAT(head->headers, testing::Contains(Pair("content-length", "8")));
}

TEST(Client, ALongBodyIsSentAfterContinueAndARefusalIsHeard) {
  auto server = ServeHttp(Mirror, {.body_bytes_max = 3'000'000});
  HttpCall call{.method = "POST", .url = server->url() + "/", .body = std::string(2'000'000, 'x')};
  EXPECT_EQ(CallHttp(call)->body.size(), 2'000'007u);
  call.body.resize(4'000'000, 'x');
  EXPECT_EQ(CallHttp(call)->status, 413);
}

TEST(Client, RedirectsAreAnswers) {
  auto server = ServeHttp([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Send({.status = 307, .headers = {{"Location", "/elsewhere"}}});
  });
  EXPECT_EQ(CallHttp({.url = server->url()})->status, 307);
  EXPECT_EQ(server->statistics().requests, 1u);
}

TEST(Client, WhereNobodyListensTheMessageSaysWhatToDo) {
  DeadPort port;
  auto response = CallHttp({.url = port.url() + "/v1/batches?key=secret"});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Errc::kUnavailable);
  EXPECT_EQ(response.error().message, "nobody answers at " + port.url() +
                                          " (connection refused): is `tipoff serve` running "
                                          "there?");
}

TEST(Client, WhatIsNoUrlIsInvalid) {
  for (const char* url : {"", "127.0.0.1", "ftp://h/", "file:///etc/passwd", "http://",
                          "http://h:x", "http://h/a b"}) {
    auto response = CallHttp({.url = url});
    ASSERT_FALSE(response.ok()) << url;
    EXPECT_EQ(response.error().code, Errc::kInvalid) << url;
  }
  auto forged = CallHttp({.url = "http://127.0.0.1/", .headers = {{"X", "a\r\nY: b"}}});
  EXPECT_EQ(forged.error().code, Errc::kInvalid);
}

TEST(Client, AnUnknownHostIsUnavailable) {
  auto response = CallHttp({.url = "http://no.such.host.invalid/"});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Errc::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("no.such.host.invalid"));
}

TEST(Client, AnAnswerThatDoesNotComeIsUnavailable) {
  std::vector<std::shared_ptr<Responder>> kept;
  auto server = ServeHttp([&](HttpRequest, std::shared_ptr<Responder> responder) {
    kept.push_back(std::move(responder));
  });
  auto response = CallHttp({.url = server->url(), .timeout = milliseconds(50)});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Errc::kUnavailable);
  EXPECT_THAT(response.error().message, HasSubstr("did not answer within 50ms"));
  server.reset();
}

TEST(Client, AnAnswerThatIsNoneIsUnavailable) {
  for (const char* bytes : {"", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort", "rubbish"}) {
    OneAnswer server(bytes);
    auto response = CallHttp({.url = server.url()});
    ASSERT_FALSE(response.ok()) << bytes;
    EXPECT_EQ(response.error().code, Errc::kUnavailable) << bytes;
    EXPECT_THAT(response.error().message, HasSubstr(server.url()));
  }
}

TEST(Client, ALongAnswerIsExhausted) {
  auto server = ServeHttp([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Send({.body = std::string(1000, 'x')});
  });
  EXPECT_TRUE(CallHttp({.url = server->url(), .body_max = 1000}).ok());
  auto response = CallHttp({.url = server->url(), .body_max = 999});
  ASSERT_FALSE(response.ok());
  EXPECT_EQ(response.error().code, Errc::kExhausted);
}

TEST(Client, ManyThreadsMayCall) {
  auto server = ServeHttp(Mirror);
  std::vector<std::thread> threads;
  std::atomic<int> answered = 0;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) answered += CallHttp({.url = server->url()}).ok() ? 1 : 0;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(answered, 160);
}

TEST(ClientStream, EventsArriveUntilTheReaderHasEnough) {
  auto server =
      ServeHttp([](const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
        EXPECT_EQ(request.Header("accept"), "text/event-stream");
        EXPECT_EQ(request.Header("last-event-id"), "6");
        auto sink = responder->Stream();
        sink->Send(": a comment\n\n");
        sink->Send(FormatEvent("7", "two\nlines"));
        sink->Send(FormatEvent("8", "last"));
        sink->Send(FormatEvent("9", "not read"));
      });
  std::vector<std::pair<std::string, std::string>> events;
  auto status = StreamHttp({.url = server->url(), .headers = {{"Last-Event-ID", "6"}}}, seconds(20),
                           [&](const std::string& id, const std::string& data) {
                             events.emplace_back(id, data);
                             return id != "8";
                           });
  EXPECT_TRUE(status.ok());
  EXPECT_THAT(events, ElementsAre(Pair("7", "two\nlines"), Pair("8", "last")));
}

bool Ignore(const std::string&, const std::string&) { return true; }

TEST(ClientStream, TheEndOfTheServerIsUnavailable) {
  auto server = ServeHttp([](const HttpRequest&, const std::shared_ptr<Responder>& responder) {
    responder->Stream()->Send(FormatEvent("7", "x"));
  });
  auto status = StreamHttp({.url = server->url()}, seconds(20), Ignore);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::kUnavailable);
  EXPECT_THAT(status.error().message, HasSubstr("ended the stream"));
  OneAnswer broken("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\ndata");
  EXPECT_EQ(StreamHttp({.url = broken.url()}, seconds(20), Ignore).error().code,
            Errc::kUnavailable);
  DeadPort port;
  EXPECT_THAT(StreamHttp({.url = port.url()}, seconds(20), Ignore).error().message,
              HasSubstr("nobody answers at"));
}

TEST(ClientStream, ASilentStreamIsGivenUpButNotOneWithAHeartbeat) {
  std::vector<std::shared_ptr<EventSink>> sinks;
  auto silent = ServeHttp([&](const HttpRequest&, const std::shared_ptr<Responder>& responder) {
    sinks.push_back(responder->Stream());
  });
  auto status = StreamHttp({.url = silent->url()}, milliseconds(50), Ignore);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::kUnavailable);
  EXPECT_THAT(status.error().message, HasSubstr("nothing came from"));

  // The event that ends it comes later than both limits, after many heartbeats.
  std::atomic<int> rounds = 0;
  AsioLoop loop;
  auto beating = ServeHttp(
      [&](const HttpRequest&, const std::shared_ptr<Responder>& responder) {
        loop.Post([&, sink = responder->Stream()] {
          loop.After(milliseconds(1200), [&, sink] {
            sink->Send(FormatEvent("1", "x"));
            loop.Stop();
          });
        });
      },
      {.stream_heartbeat = milliseconds(5)});
  std::thread server_loop([&] { loop.Run(); });
  EXPECT_TRUE(StreamHttp({.url = beating->url(), .timeout = seconds(1)}, seconds(1),
                         [&](const auto&, const auto&) {
                           ++rounds;
                           return false;
                         })
                  .ok());
  server_loop.join();
  EXPECT_EQ(rounds, 1);
}

TEST(ClientStream, ARefusalHasTheServersWords) {
  auto server =
      ServeHttp([](const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
        responder->Send(HttpProblem(std::stoi(request.path.substr(1)), "because of this"));
      });
  std::vector<std::pair<std::string, Errc>> expected = {
      {"404", Errc::kNotFound}, {"401", Errc::kDenied},      {"403", Errc::kDenied},
      {"400", Errc::kInvalid},  {"503", Errc::kUnavailable}, {"429", Errc::kUnavailable}};
  for (const auto& [code, error] : expected) {
    auto status = StreamHttp({.url = server->url() + "/" + code}, seconds(20), Ignore);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().code, error) << code;
    EXPECT_THAT(status.error().message, HasSubstr("because of this"));
  }
}

TEST(ClientStream, AnEndlessEventIsExhausted) {
  auto server = ServeHttp([](const HttpRequest&, const std::shared_ptr<Responder>& responder) {
    responder->Stream()->Send(FormatEvent("1", std::string(1000, 'x')));
  });
  auto status = StreamHttp({.url = server->url(), .body_max = 100}, seconds(20), Ignore);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, Errc::kExhausted);
}

TEST(HttpClient, PostsEachAnswerOnceToTheLoop) {
  auto server = ServeHttp(Mirror);
  DeadPort port;
  AsioLoop loop;
  HttpClient client(loop);
  auto loop_thread = std::this_thread::get_id();
  int answered = 0;
  int failed = 0;
  bool inside = true;
  for (int i = 0; i < 200; ++i) {
    std::string url = i % 4 == 0 ? port.url() : i % 4 == 1 ? "no url" : server->url();
    client.Call({.url = url}, [&](Result<HttpResponse> response) {
      EXPECT_FALSE(inside);
      EXPECT_EQ(std::this_thread::get_id(), loop_thread);
      ++(response.ok() ? answered : failed);
      if (answered + failed == 200) loop.Stop();
    });
  }
  inside = false;
  loop.Run();
  EXPECT_EQ(answered, 100);
  EXPECT_EQ(failed, 100);
}

TEST(HttpClient, ItsCallsAreBounded) {
  std::vector<std::shared_ptr<Responder>> kept;
  auto server = ServeHttp([&](HttpRequest, std::shared_ptr<Responder> responder) {
    kept.push_back(std::move(responder));
  });
  AsioLoop loop;
  HttpClient client(loop);
  for (int i = 0; i < 1000; ++i) {
    client.Call({.url = server->url()}, [](const Result<HttpResponse>&) { FAIL(); });
  }
  client.Call({.url = server->url()}, [&](Result<HttpResponse> response) {
    ASSERT_FALSE(response.ok());
    EXPECT_EQ(response.error().code, Errc::kExhausted);
    loop.Stop();
  });
  loop.Run();
}

TEST(HttpClient, CallsUnderWayAreAbandonedWithIt) {
  std::vector<std::shared_ptr<Responder>> kept;
  auto server = ServeHttp([&](HttpRequest, std::shared_ptr<Responder> responder) {
    kept.push_back(std::move(responder));
  });
  AsioLoop loop;
  auto client = std::make_unique<HttpClient>(loop);
  client->Call({.url = server->url()}, [](const Result<HttpResponse>&) { FAIL(); });
  client->Call({.url = "no url"}, [](const Result<HttpResponse>&) { FAIL(); });
  while (server->statistics().requests == 0) std::this_thread::yield();
  client.reset();
  loop.Post([&] { loop.Stop(); });
  loop.Run();
}

}  // namespace
}  // namespace tipoff
