// HTTP requests and responses as values. Only http/server.cpp and http/client.cpp know a library.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tipoff {

struct HttpRequest {
  std::string method;                        // "GET"
  std::string path;                          // Percent-decoded, without the query: "/v1/batches"
  std::map<std::string, std::string> query;  // Percent-decoded; of repeated names the last.
  std::map<std::string, std::string> headers;  // Names in lower case; of repeated ones the last.
  std::string body;
  std::string remote;  // "127.0.0.1:5432", or "local" from within the process.

  // "" if there is none. `name` in lower case.
  std::string_view Header(const std::string& name) const {
    auto found = headers.find(name);
    return found == headers.end() ? std::string_view() : std::string_view(found->second);
  }
  std::string_view Query(const std::string& name) const {
    auto found = query.find(name);
    return found == query.end() ? std::string_view() : std::string_view(found->second);
  }
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
};

// A response that goes on: server-sent events. Callable from any thread.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // Queues one event ("id: ...\ndata: ...\n\n"). False: the client is gone or too slow, and nothing
  // more will arrive.
  virtual bool Send(std::string event) = 0;
  virtual void Close() = 0;
};

// Answers one request, exactly once: with a response or with an event stream. Callable from any
// thread. A responder that is dropped unused answers 500, so that no client waits for ever.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(HttpResponse response) = 0;
  // Begins a text/event-stream.
  virtual std::shared_ptr<EventSink> Stream() = 0;
};

using HttpHandler = std::function<void(HttpRequest, std::shared_ptr<Responder>)>;

// "%2F" -> "/"; kInvalid for a broken escape. In queries "+" is a space.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);
std::string PercentEncode(std::string_view text);
// "a=1&b=x%20y"
Result<std::map<std::string, std::string>> ParseQuery(std::string_view text);

}  // namespace tipoff
