// The HTTP server: sockets in, HttpRequests out. Knows nothing of batches.
//
// One thread of its own serves all connections without blocking on any: an idle, slow or broken
// client costs memory, never anybody else's time. Every wait has a limit, and each limit its
// answer.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "http/message.h"

namespace tipoff {

struct HttpServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;                            // 0: any free one.
  std::size_t connections_max = 2000;                   // More are answered 503 and closed.
  std::size_t header_bytes_max = 16384;                 // 431
  std::size_t body_bytes_max = 1u << 20;                // 413
  Duration request_timeout = std::chrono::seconds(10);  // From its first byte to its last: 408.
  Duration idle_timeout = std::chrono::seconds(75);     // Keep-alive without a request: closed.
  Duration answer_timeout = std::chrono::seconds(30);   // The handler's time: 504.
  std::size_t stream_bytes_max = 1u << 20;  // Unsent events of one stream: then it is closed.
  Duration stream_heartbeat = std::chrono::seconds(15);  // A comment, so that proxies keep it.
};

class HttpServer {
 public:
  // Listens; `handler` is called on the server's thread, once a request, and must not block.
  // kDenied: the address may not be used; kExists: the port is taken. Both name it.
  static Result<std::unique_ptr<HttpServer>> Listen(HttpServerOptions options, HttpHandler handler);
  // Stop(0), if nobody has called it.
  ~HttpServer();

  // Where it listens: "http://127.0.0.1:8080".
  const std::string& url() const;

  // Accepts no more, lets requests under way be answered for up to `grace`, closes event streams,
  // then everything. Returns when the thread has ended. Calling twice does nothing.
  void Stop(Duration grace);

  struct Statistics {
    std::size_t connections = 0;
    std::uint64_t requests = 0;
    std::uint64_t refused = 0;  // Answered by the server itself: 400, 408, 413, 431, 503.
  };
  Statistics statistics() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
