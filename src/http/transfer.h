// One HTTP call as libcurl sees it: its handle, and what has arrived. Part of the client.
#pragma once

#include <curl/curl.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/client.h"

namespace tipoff {

class Transfer {
 public:
  // Called with the bytes of a body; false ends the transfer.
  using OnBytes = std::function<bool(const HttpResponse& head, std::string_view bytes)>;

  // kInvalid: not a call. With `on_bytes`, the body goes there and the call has no time limit once
  // it is connected.
  static Result<std::unique_ptr<Transfer>> Make(HttpCall call, OnBytes on_bytes = {});
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;
  ~Transfer();

  CURL* handle() { return handle_; }
  // When the transfer has ended with `code`.
  Result<HttpResponse> Finish(CURLcode code);
  // Time since the beginning, and when the last byte came.
  Duration elapsed() const;
  Duration last_byte_at() const { return last_byte_at_; }
  // "http://127.0.0.1:8080"
  const std::string& where() const { return where_; }
  const HttpCall& call() const { return call_; }

 private:
  Transfer(HttpCall call, OnBytes on_bytes);
  Status Prepare();
  void SetBody();
  Status SetHeaders();
  Error ErrorOf(CURLcode code);
  void TakeHeader(std::string_view line);
  bool TakeBytes(std::string_view bytes);
  static std::size_t HeaderCallback(char* bytes, std::size_t size, std::size_t count, void* self);
  static std::size_t BytesCallback(char* bytes, std::size_t size, std::size_t count, void* self);

  HttpCall call_;
  OnBytes on_bytes_;
  CURL* handle_ = nullptr;
  curl_slist* headers_ = nullptr;
  std::string where_;
  HttpResponse response_;
  bool too_long_ = false;
  Duration last_byte_at_{};
  char words_[CURL_ERROR_SIZE] = "";
};

// Blocks SIGPIPE on this thread while it lives: OpenSSL writes to sockets without MSG_NOSIGNAL.
class NoBrokenPipe {
 public:
  NoBrokenPipe();
  ~NoBrokenPipe();

 private:
  sigset_t before_;
};

}  // namespace tipoff
