// A real HTTP server and the worst of its clients, for tests.
#pragma once

#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "http/server.h"

namespace tipoff {

// Listens on a free port of 127.0.0.1; fails the test if it can't.
std::unique_ptr<HttpServer> ServeHttp(HttpHandler handler, HttpServerOptions options = {});
std::uint16_t PortOf(const HttpServer& server);
// "GET /path HTTP/1.1" with its Host, and a POST of `body`.
std::string GetText(std::string_view path);
std::string PostText(std::string_view body);
// Answers "METHOD /path BODYSIZE", at once.
void EchoHttp(HttpRequest request, std::shared_ptr<Responder> responder);

// A client that sends exactly what it is told, as slowly as it is told. Its waits end after 20 s.
class RawClient {
 public:
  // A small `receive_buffer` makes a client that takes little.
  explicit RawClient(const HttpServer& server, int receive_buffer = 0);
  RawClient(RawClient&& other) noexcept;
  ~RawClient();

  bool connected() const { return connected_; }
  // False once the server has reset the connection.
  bool Send(std::string_view bytes);
  void SayNoMore();
  // With its reset, as a process that is killed with unread bytes.
  void Vanish();
  // Reads until `text` has come, and returns everything up to its end.
  std::string ReadTo(std::string_view text);
  // One answer with its body, by its content-length.
  std::string ReadAnswer(bool has_body = true);
  // Everything until the server closes; a reset counts as such.
  std::string ReadAll();

 private:
  bool Receive();

  int socket_;
  bool connected_ = false;
  bool ended_ = false;
  std::string received_;
};

// Hands requests from the server's thread to the test.
class HttpInbox {
 public:
  using Item = std::pair<HttpRequest, std::shared_ptr<Responder>>;

  HttpHandler handler();
  // Waits for it, 20 s at most.
  Item Next();

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<Item> items_;
};

}  // namespace tipoff
