// An HTTP client: webhooks, key sets, remote workers, the command line against a server.
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
  Duration timeout = std::chrono::seconds(10);  // For the whole call.
  std::size_t body_max = 16u << 20;             // Of the answer; longer ones are kExhausted.
};

// The answer, whatever its status. Its headers in lower case, in order.
// Errors: kInvalid (no such URL), kUnavailable (not connected, no answer: certainly or perhaps not
// received), kExhausted.
Result<HttpResponse> CallHttp(const HttpCall& call);

// Streams a text/event-stream: `event` is called with each event's id and data, on the calling
// thread, until it answers false, the server ends the stream (kUnavailable), or `idle` passes
// without a byte (kUnavailable). Another status than 200 is kNotFound (404), kDenied (401, 403) or
// kInvalid, with the server's words.
Status StreamHttp(const HttpCall& call, Duration idle,
                  const std::function<bool(const std::string& id, const std::string& data)>& event);

// Makes calls on a thread of its own and posts the answers to the loop.
class HttpClient {
 public:
  explicit HttpClient(Loop& loop);
  // Calls under way are abandoned within a second; their answers are not posted.
  ~HttpClient();
  void Call(HttpCall call, std::function<void(Result<HttpResponse>)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tipoff
