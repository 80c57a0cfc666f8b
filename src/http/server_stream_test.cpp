#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "http/events.h"
#include "http/server.h"
#include "support/raw_client.h"

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

TEST(ServerStream, DeliversEventsUntilItIsClosed) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  RawClient client(*server);
  client.Send(GetText("/events"));
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
  auto server = ServeHttp([](HttpRequest, std::shared_ptr<Responder> responder) {
    responder->Stream()->Send(FormatEvent("", "x"));
  });
  RawClient client(*server);
  client.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_THAT(client.ReadAll(), EndsWith("\r\n\r\ndata: x\n\n"));
}

TEST(ServerStream, AHeadOfAStreamIsOnlyItsHeader) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
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
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler(), options);
  RawClient client(*server);
  client.Send(GetText("/"));
  auto sink = inbox.Next().second->Stream();
  for (int i = 0; i < 5; ++i) client.ReadTo("3\r\n:\n\n\r\n");
  EXPECT_TRUE(sink->Send(FormatEvent("1", "x")));
  client.ReadTo("data: x\n\n");
}

TEST(ServerStream, ATooSlowClientIsCutOff) {
  HttpServerOptions options;
  options.stream_bytes_max = 100'000;
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler(), options);
  RawClient client(*server, 4096);
  client.Send(GetText("/"));
  auto sink = inbox.Next().second->Stream();
  std::string event = FormatEvent("1", std::string(10'000, 'x'));
  std::size_t sent = 0;
  while (sink->Send(event)) ++sent;
  EXPECT_GE(sent, 9u);
  EXPECT_FALSE(sink->Send("x"));
  EXPECT_LE(client.ReadAll().size(), sent * (event.size() + 20) + 1000);
}

TEST(ServerStream, AClientThatWentAwayIsNoticed) {
  HttpInbox inbox;
  auto server = ServeHttp(inbox.handler());
  for (bool politely : {true, false}) {
    RawClient client(*server);
    client.Send(GetText("/"));
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

}  // namespace
}  // namespace tipoff
