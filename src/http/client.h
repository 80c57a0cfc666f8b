// An HTTP client: webhooks, key sets, remote workers, the command line against a server.
//
// Certificates are verified; redirects are answers, not followed; a proxy of the environment
// (https_proxy, no_proxy) is used, but never for this machine itself.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/loop.h"
#include "base/result.h"
#include "http/message.h"

namespace tipoff {

struct HttpCall {
  std::string method = "GET";
  std::string url;  // http:// or https://
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  Duration timeout = std::chrono::seconds(10);  // For the whole call; of a stream, to connect.
  std::size_t body_max = 16u << 20;             // Of the answer, or of one event of a stream.
};

// The answer, whatever its status. Its headers in lower case, in order. Callable from any thread.
// Errors: kInvalid (no such URL, a line break in a header), kUnavailable (not connected, no
// answer: certainly or perhaps not received), kExhausted (the answer is longer than `body_max`).
// Messages name the server, without the path and its secrets, and what to do.
Result<HttpResponse> CallHttp(const HttpCall& call);

// Streams a text/event-stream: `event` is called with each event's id and data, on the calling
// thread, until it answers false (ok), the server ends the stream (kUnavailable), or `idle` passes
// without a byte (kUnavailable). Another status than 200 is kNotFound (404), kDenied (401, 403),
// kUnavailable (429, 5xx) or kInvalid, with the server's words; else errors as of CallHttp.
Status StreamHttp(const HttpCall& call, Duration idle,
                  const std::function<bool(const std::string& id, const std::string& data)>& event);

// Makes calls on a thread of its own and posts the answers to the loop.
class HttpClient {
 public:
  explicit HttpClient(Loop& loop);
  // On the loop's thread. Calls under way are abandoned within a second; no `done` runs after it.
  ~HttpClient();
  // `done` is called once, on the loop; kExhausted if 1,000 calls are under way already.
  void Call(HttpCall call, std::function<void(Result<HttpResponse>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
