#include "http/request_reader.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

using Step = RequestReader::Step;
constexpr RequestReader::Limits kLimits = {.header_bytes_max = 200, .body_bytes_max = 20};

// The status with which `bytes` are refused, 0 if they are a request, -1 if more is needed.
int StatusOf(std::string_view bytes) {
  RequestReader reader(kLimits);
  reader.Put(bytes);
  switch (reader.Read()) {
    case Step::kRefused: return reader.refusal().status;
    case Step::kDone: return 0;
    default: return -1;
  }
}

TEST(RequestReader, ReadsARequestThatComesByteByByte) {
  RequestReader reader(kLimits);
  std::string_view bytes =
      "POST /v1/a%20b?x=1+2&x=%2B HTTP/1.1\r\nHost: h\r\nX-Api-KEY: old\r\nx-api-key:  k \r\n"
      "Content-Length: 5\r\n\r\nhello";
  EXPECT_FALSE(reader.begun());
  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reader.Put(bytes.substr(i, 1));
    ASSERT_EQ(reader.Read(), Step::kMore) << i;
    ASSERT_TRUE(reader.begun());
  }
  reader.Put("o");
  ASSERT_EQ(reader.Read(), Step::kDone);
  auto taken = reader.Take();
  EXPECT_EQ(taken.request.method, "POST");
  EXPECT_EQ(taken.request.path, "/v1/a b");
  EXPECT_EQ(taken.request.Query("x"), "+");
  EXPECT_EQ(taken.request.Header("x-api-key"), "k");
  EXPECT_EQ(taken.request.body, "hello");
  EXPECT_TRUE(taken.keep_alive);
  EXPECT_FALSE(reader.begun());
}

TEST(RequestReader, SomePathsMaySendMore) {
  const std::map<std::string, std::size_t> more{{"/big", 40}};
  auto status_of = [&](const std::string& path, std::size_t bytes, bool chunked) {
    RequestReader reader(
        {.header_bytes_max = 200, .body_bytes_max = 20, .body_bytes_max_for = &more});
    std::string body(bytes, 'x');
    reader.Put("POST " + path + " HTTP/1.1\r\nHost: h\r\n" +
               (chunked
                    ? "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n27\r\n" + body + "\r\n0\r\n\r\n"
                    : "Content-Length: " + std::to_string(bytes) + "\r\n\r\n" + body));
    return reader.Read() == Step::kDone ? 0 : reader.refusal().status;
  };
  EXPECT_EQ(status_of("/big?x=1", 40, false), 0);
  EXPECT_EQ(status_of("/big", 41, false), 413);
  EXPECT_EQ(status_of("/small", 20, false), 0);
  EXPECT_EQ(status_of("/small", 21, false), 413);
  EXPECT_EQ(status_of("/big", 39, true), 0);
  EXPECT_EQ(status_of("/small", 39, true), 413);
}

TEST(RequestReader, KeepsTheBytesOfTheNextRequest) {
  RequestReader reader(kLimits);
  reader.Put(
      "GET /1 HTTP/1.1\r\nHost: h\r\n\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nTrailer: t\r\n\r\nGET /3 HTTP/1.0\r\n\r\n");
  ASSERT_EQ(reader.Read(), Step::kDone);
  EXPECT_EQ(reader.Take().request.path, "/1");
  ASSERT_EQ(reader.Read(), Step::kDone);
  EXPECT_EQ(reader.Take().request.body, "abcde");
  ASSERT_EQ(reader.Read(), Step::kDone);
  auto last = reader.Take();
  EXPECT_EQ(last.request.path, "/3");
  EXPECT_FALSE(last.keep_alive);
  EXPECT_TRUE(last.http10);
  EXPECT_EQ(reader.Read(), Step::kMore);
  EXPECT_FALSE(reader.begun());
}

TEST(RequestReader, F48_NamesWhatIsWrongWithARequest) {
  std::string end = " HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_EQ(StatusOf("nonsense\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /" + std::string("\x01") + end), 400);
  EXPECT_EQ(StatusOf("\x16\x03\x01 a client that speaks TLS"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET / FTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf("GET /%zz" + end), 400);
  EXPECT_EQ(StatusOf("GET /?a=%1" + end), 400);
  EXPECT_EQ(StatusOf("GET relative" + end), 400);
  EXPECT_EQ(StatusOf("CONNECT host:443" + end), 400);
  EXPECT_EQ(StatusOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: h\r\nExpect: a miracle\r\n\r\n"), 417);
}

TEST(RequestReader, F48_RequestsWhoseEndIsAmbiguousAreRefused) {
  std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(StatusOf(post + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(post + "Content-Length: -1\r\n\r\n"), 400);
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: gzip\r\n\r\n"), 501);
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: gzip, chunked\r\n\r\n"), 501);
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: chunked\r\n\r\nzz\r\n"), 400);
}

TEST(RequestReader, F48_AChunkedBodyMayComeByteByByte) {
  for (const std::string chunks : {"", "2\r\nok\r\n", "3\r\n000\r\n1\r\n0\r\n"}) {
    for (const std::string end : {"0\r\n\r\n", "000;x=y\r\n\r\n", "0\r\nT: 1\r\n\r\n"}) {
      RequestReader reader(kLimits);
      std::string text = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
      text += chunks + end;
      for (char c : text.substr(0, text.size() - 1)) {
        reader.Put({&c, 1});
        ASSERT_EQ(reader.Read(), Step::kMore) << chunks << end;
      }
      reader.Put({&text.back(), 1});
      ASSERT_EQ(reader.Read(), Step::kDone) << chunks << end;
    }
  }
}

TEST(RequestReader, F48_EveryPartOfARequestHasItsLimit) {
  std::string long_text(300, 'a');
  std::string post = "POST / HTTP/1.1\r\nHost: h\r\n";
  EXPECT_EQ(StatusOf("GET /" + long_text), 414);
  EXPECT_EQ(StatusOf("GET / HTTP/1.1\r\nHost: h\r\nX: " + long_text), 431);
  EXPECT_EQ(StatusOf("GET /" + std::string(120, 'a') +
                     " HTTP/1.1\r\nHost: h\r\nX: " + std::string(120, 'b') + "\r\n\r\n"),
            431);
  EXPECT_EQ(StatusOf(post + "Content-Length: 21\r\n\r\n"), 413);
  EXPECT_EQ(StatusOf(post + "Content-Length: 20\r\n\r\n" + std::string(20, 'b')), 0);
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: chunked\r\n\r\n15\r\n"), 413);
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: chunked\r\n\r\n1;" + long_text), 431);
  EXPECT_EQ(StatusOf(post + "Transfer-Encoding: chunked\r\n\r\n0\r\nX: " + long_text), 431);
}

TEST(RequestReader, TellsOnceThatTheClientWaitsForContinue) {
  RequestReader reader(kLimits);
  reader.Put("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n");
  EXPECT_EQ(reader.Read(), Step::kContinue);
  EXPECT_EQ(reader.Read(), Step::kMore);
  reader.Put("ok");
  EXPECT_EQ(reader.Read(), Step::kDone);
  EXPECT_EQ(reader.Take().request.body, "ok");
}

TEST(RequestReader, TargetsMayBeAbsoluteOrForTheWholeServer) {
  RequestReader reader(kLimits);
  reader.Put(
      "GET http://other:80?a=b HTTP/1.1\r\nHost: h\r\n\r\nOPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_EQ(reader.Read(), Step::kDone);
  auto taken = reader.Take();
  EXPECT_EQ(taken.request.path, "/");
  EXPECT_EQ(taken.request.Query("a"), "b");
  EXPECT_EQ(taken.request.Header("host"), "other:80");
  ASSERT_EQ(reader.Read(), Step::kDone);
  EXPECT_EQ(reader.Take().request.path, "*");
}

}  // namespace
}  // namespace tipoff
