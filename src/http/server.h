// The HTTP server: sockets in, HttpRequests out. Knows nothing of batches.
//
// One thread of its own serves all connections without blocking on any: an idle, slow or broken
// client costs memory, never anybody else's time. Every wait has a limit, and each limit its
// answer, an application/problem+json. HTTP/1.1 and 1.0, keep-alive and pipelining; no TLS, which
// is a proxy's work.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "base/instant.h"
#include "base/result.h"
#include "http/message.h"

namespace tipoff {

struct HttpServerOptions {
  std::string host = "127.0.0.1";  // An address, IPv6 with or without brackets, or a name.
  std::uint16_t port = 8080;       // 0: any free one.
  // More are answered 503 and closed. Fewer if the process may not open so many files.
  std::size_t connections_max = 2000;
  std::size_t header_bytes_max = 16384;   // 431, and 414 where the target alone is longer.
  std::size_t body_bytes_max = 1u << 20;  // 413, as soon as it is announced.
  std::map<std::string, std::size_t> body_bytes_max_for;  // Of these paths another one.
  Duration request_timeout = std::chrono::seconds(10);    // From its first byte to its last: 408.
  // Keep-alive without a request, or a client that does not take its answer: closed.
  Duration idle_timeout = std::chrono::seconds(75);
  // The handler's time: 504. A call that waits for work (POST /v1/leases) may take 45 s.
  Duration answer_timeout = std::chrono::seconds(60);
  std::size_t stream_bytes_max = 1u << 20;  // Unsent events of one stream: then it is closed.
  Duration stream_heartbeat = std::chrono::seconds(15);  // A comment, so that proxies keep it.
  // The wall clock, for the Date of answers. Called on the server's thread. Without one they have
  // no Date.
  std::function<Instant()> now;
};

class HttpServer {
 public:
  // Listens; `handler` is called on the server's thread, once a request, and must not block.
  // A HEAD is handed on as such and answered as the handler would answer a GET, without the body.
  // kExists: the port is taken; kDenied: the address may not be used; kInvalid: no such host. All
  // name address and remedy.
  static Result<std::unique_ptr<HttpServer>> Listen(HttpServerOptions options, HttpHandler handler);
  // Stop(0), if nobody has called it.
  ~HttpServer();

  // Where it listens: "http://127.0.0.1:8080", "http://[::1]:8080".
  const std::string& url() const;

  // Accepts no more, lets requests under way be answered for up to `grace`, ends event streams
  // after what they have queued, then closes everything. Returns at once; `done` is called on the
  // server's thread when nothing is open any more. For a caller whose own thread answers requests.
  // A second call changes the grace; after the server's end, `done` is called at once.
  void BeginStop(Duration grace, std::function<void()> done);
  // The same, and returns when the server's thread has ended. Not from a handler. Calling twice
  // does nothing; after BeginStop it waits, for `grace` from now at most.
  void Stop(Duration grace);

  struct Statistics {
    std::size_t connections = 0;
    std::uint64_t requests = 0;  // Handed to the handler.
    std::uint64_t refused = 0;   // Answered by the server itself: 400, 408, 413, 431, 503, ...
  };
  // Callable from any thread.
  Statistics statistics() const;

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
