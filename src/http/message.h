// HTTP requests and responses as values. Only the server's and the client's sources know a library.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

struct HttpRequest {
  std::string method;                          // "GET"
  std::string path;                            // Percent-decoded, without the query: "/v1/batches"
  std::map<std::string, std::string> query;    // Percent-decoded; of repeated names the last.
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
  // Without content-type, content-length and connection, which the server sets.
  std::vector<std::pair<std::string, std::string>> headers;
};

// A response that goes on: server-sent events. Callable from any thread. Dropping it closes it.
class EventSink {
 public:
  virtual ~EventSink() = default;
  // Queues one event; see FormatEvent in http/events.h. False: the stream is closed, the client
  // is gone or too slow, and nothing more will arrive.
  virtual bool Send(std::string event) = 0;
  // Ends the stream after what is queued. Calling twice does nothing.
  virtual void Close() = 0;
  // Whether the stream has ended, by either side: nothing that is sent would arrive.
  virtual bool closed() const = 0;
};

// Answers one request, exactly once: with a response or with an event stream. Callable from any
// thread, also after the server has stopped: then nobody hears it. A second answer is ignored. A
// responder that is dropped unused answers 500, so that no client waits for ever.
class Responder {
 public:
  virtual ~Responder() = default;
  virtual void Send(HttpResponse response) = 0;
  // Begins a text/event-stream.
  virtual std::shared_ptr<EventSink> Stream() = 0;
  // False once it is known that nobody will read the answer: the client has ended its connection,
  // or was told something else meanwhile. Whoever would hand out something asks before.
  virtual bool alive() const { return true; }
};

using HttpHandler = std::function<void(HttpRequest, std::shared_ptr<Responder>)>;

// "Not Found" for 404; "Error" for a status without a name here.
std::string_view HttpTitle(int status);
// An RFC 9457 answer: {"type":"about:blank","title","status","detail"}.
HttpResponse HttpProblem(int status, std::string_view detail);
// What a server said in an answer that is not a success: the `detail` of problem+json, else its
// `error` or `message`, else the beginning of the body, else the status's title.
std::string ServerWords(const HttpResponse& response);

// "Sun, 06 Nov 1994 08:49:37 GMT", as in a Date header.
std::string HttpDate(Instant at);

// "%2F" -> "/"; kInvalid for a broken escape. In queries "+" is a space.
Result<std::string> PercentDecode(std::string_view text, bool plus_is_space);
// Everything but letters, digits and "-._~" becomes %XX.
std::string PercentEncode(std::string_view text);
// "a=1&b=x%20y"; a name without "=" has the value "". kInvalid for a broken escape.
Result<std::map<std::string, std::string>> ParseQuery(std::string_view text);

}  // namespace tipoff
