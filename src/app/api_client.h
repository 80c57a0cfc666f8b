// The command line is a client of the API: of a server's, over HTTP, or of the data
// folder's, in its own process. Everything that it can do, any other client can.
#pragma once

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "base/result.h"
#include "http/message.h"

namespace tipoff {

class ApiClient {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  virtual ~ApiClient() = default;

  // The answer, whatever its status. `path` without escapes: "/v1/batches/b1:finish".
  // kUnavailable: nobody answered; the call may have had its effect all the same.
  virtual Result<HttpResponse> Call(const std::string& method, const std::string& path,
                                    const Pairs& query, const std::string& body,
                                    const Pairs& headers) = 0;

  // Follows an event stream, those after `last_event_id` first, for `limit` at most. `event`
  // answers whether to go on. Ok when it does not, and when `limit` has passed; kUnavailable when
  // the stream was cut or came to its end.
  using OnEvent = std::function<bool(const std::string& id, const std::string& data)>;
  virtual Status Stream(const std::string& path, const std::string& last_event_id, Duration limit,
                        const OnEvent& event) = 0;

  // Passes time without a call, and tells it.
  virtual void Pause(Duration pause) = 0;
  virtual Duration Steady() = 0;

  // What it talks to, for messages: an address or a folder.
  virtual std::string where() const = 0;
};

// An answer that was neither an error of the way nor a problem of the server.
struct Answer {
  int status = 200;
  std::string body;
  std::string location;  // The Location header.
};

// Problems become errors with the server's words: 400, 413, 422 kInvalid; 401, 403 kDenied;
// 404 kNotFound; 409 kConflict; others kUnavailable.
Result<Answer> CheckAnswer(const HttpResponse& response);

// The JSON of a GET.
Result<boost::json::object> GetObject(ApiClient& client, const std::string& path,
                                      const ApiClient::Pairs& query = {});
// A POST of an object; the answer's body is for ParseObject.
Result<Answer> PostObject(ApiClient& client, const std::string& path,
                          const boost::json::object& body, const ApiClient::Pairs& headers = {});
Result<boost::json::object> ParseObject(const std::string& text);

// A list that comes in pages.
struct PagedList {
  std::string name;              // Of the array: "batches".
  std::string after = "cursor";  // The parameter that takes a page's `next_cursor`.
  std::size_t limit = SIZE_MAX;  // At most so many elements.
  bool* more = nullptr;          // If wanted: whether there were others.
};
Result<boost::json::array> GetPages(ApiClient& client, const std::string& path,
                                    ApiClient::Pairs query, const PagedList& list);

// "/v1/batches/<id><rest>"; kNotFound for what can't be the id of a batch.
Result<std::string> BatchPath(const std::string& id, const std::string& rest = "");

}  // namespace tipoff
