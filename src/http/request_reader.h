// Bytes in, HTTP/1 requests out: the parser and its limits, without a socket and without a clock.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "http/message.h"

namespace tipoff {

class RequestReader {
 public:
  struct Limits {
    std::size_t header_bytes_max;  // Request line and headers together.
    std::size_t body_bytes_max;
    // Of these paths another one. Outlives the reader.
    const std::map<std::string, std::size_t>* body_bytes_max_for = nullptr;
  };
  enum class Step {
    kMore,      // The request is not complete: put more bytes.
    kContinue,  // The same, and the client waits for "100 Continue" before it sends the body.
    kDone,      // Take it.
    kRefused,   // See `refusal`. Nothing more can be read: where a next request begins is unknown.
  };
  struct Refusal {
    int status = 0;  // 400, 413, 414, 417, 431, 501, 505
    std::string detail;
  };

  explicit RequestReader(Limits limits);
  ~RequestReader();

  // Adds bytes as they came from the client. Those after the end of a request are kept for the
  // next one; the caller puts no more before it has taken the one that is done.
  void Put(std::string_view bytes);
  // Bytes that were put and not read yet.
  std::size_t buffered() const { return bytes_.size(); }
  Step Read();
  // A byte of the current request has come. Empty lines before a request do not count.
  bool begun() const;
  const Refusal& refusal() const { return refusal_; }

  struct Taken {
    HttpRequest request;  // Without `remote`.
    bool keep_alive = false;
    bool http10 = false;
  };
  // The request that is done. The next one begins with the bytes that were put after it.
  Taken Take();

 private:
  struct Parser;

  Step Refuse(int status, std::string detail);
  Step RefuseHeader(bool in_target);
  Step CheckHeader();
  Step ReadTarget(std::string_view target);
  void SkipEmptyLines();
  std::size_t BodyBytesMax() const;
  Step RefuseBody();

  const Limits limits_;
  std::string bytes_;
  std::unique_ptr<Parser> parser_;  // None before the first byte of a request.
  HttpRequest request_;
  Refusal refusal_;
};

}  // namespace tipoff
