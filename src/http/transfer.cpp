#include "http/transfer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>

namespace tipoff {
namespace {

// curl's own, so that it is once for the process and before any thread's first handle.
bool CurlIsReady() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  return code == CURLE_OK;
}

long Milliseconds(Duration d) {
  return static_cast<long>(std::chrono::ceil<std::chrono::milliseconds>(d).count());
}

// A proxy would look for "localhost" on its own machine.
bool IsThisMachine(std::string_view host) {
  return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

struct UrlParts {
  std::string host;
  std::string where;  // Without path, query and password.
};

std::string UrlPart(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return "";
  std::string copy = text;
  curl_free(text);
  return copy;
}

Result<UrlParts> Split(const std::string& text) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url(curl_url(), curl_url_cleanup);
  CURLUcode code = curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0);
  std::string scheme = UrlPart(url.get(), CURLUPART_SCHEME);
  UrlParts parts{.host = UrlPart(url.get(), CURLUPART_HOST), .where = ""};
  if (code != CURLUE_OK || (scheme != "http" && scheme != "https") || parts.host.empty()) {
    return Error{Errc::kInvalid, fmt::format("\"{}\" is no URL: it has the form http://HOST:PORT "
                                             "or https://HOST",
                                             text)};
  }
  std::string port = UrlPart(url.get(), CURLUPART_PORT);
  parts.where = scheme + "://" + parts.host + (port.empty() ? "" : ":" + port);
  return parts;
}

bool HasLineBreak(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) != text.npos;
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

NoBrokenPipe::NoBrokenPipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &pipe, &before_);
}

NoBrokenPipe::~NoBrokenPipe() {
  sigset_t pipe;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  // One that came meanwhile would be delivered now.
  timespec at_once{};
  if (sigismember(&before_, SIGPIPE) == 0) sigtimedwait(&pipe, nullptr, &at_once);
  pthread_sigmask(SIG_SETMASK, &before_, nullptr);
}

Transfer::Transfer(HttpCall call, OnBytes on_bytes)
    : call_(std::move(call)), on_bytes_(std::move(on_bytes)) {}

Transfer::~Transfer() {
  if (handle_ != nullptr) curl_easy_cleanup(handle_);
  curl_slist_free_all(headers_);
}

Result<std::unique_ptr<Transfer>> Transfer::Make(HttpCall call, OnBytes on_bytes) {
  std::unique_ptr<Transfer> transfer(new Transfer(std::move(call), std::move(on_bytes)));
  TIPOFF_TRY_STATUS(transfer->Prepare());
  return transfer;
}

Status Transfer::Prepare() {
  TIPOFF_TRY(UrlParts url, Split(call_.url));
  where_ = url.where;
  if (!CurlIsReady() || (handle_ = curl_easy_init()) == nullptr) {
    return Error{Errc::kUnavailable, "the HTTP client could not be set up: out of memory?"};
  }
  TIPOFF_TRY_STATUS(SetHeaders());
  SetBody();
  curl_easy_setopt(handle_, CURLOPT_URL, call_.url.c_str());
  curl_easy_setopt(handle_, CURLOPT_PROTOCOLS_STR, "http,https");
  if (IsThisMachine(url.host)) curl_easy_setopt(handle_, CURLOPT_PROXY, "");
  curl_easy_setopt(handle_, CURLOPT_USERAGENT, "tipoff");
  curl_easy_setopt(handle_, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYPEER, 1L);
  curl_easy_setopt(handle_, CURLOPT_SSL_VERIFYHOST, 2L);
  curl_easy_setopt(handle_, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle_, CURLOPT_QUICK_EXIT, 1L);  // Not waiting for a name server's answer.
  curl_easy_setopt(handle_, CURLOPT_CONNECTTIMEOUT_MS, Milliseconds(call_.timeout));
  if (!on_bytes_) curl_easy_setopt(handle_, CURLOPT_TIMEOUT_MS, Milliseconds(call_.timeout));
  curl_easy_setopt(handle_, CURLOPT_ERRORBUFFER, words_);
  curl_easy_setopt(handle_, CURLOPT_HEADERFUNCTION, &Transfer::HeaderCallback);
  curl_easy_setopt(handle_, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(handle_, CURLOPT_WRITEFUNCTION, &Transfer::BytesCallback);
  curl_easy_setopt(handle_, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(handle_, CURLOPT_PRIVATE, this);
  return Ok();
}

void Transfer::SetBody() {
  if (call_.method == "HEAD") {
    curl_easy_setopt(handle_, CURLOPT_NOBODY, 1L);
  } else if (call_.method != "GET" || !call_.body.empty()) {
    // Also where it is empty, so that its length is told.
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(call_.body.size()));
    curl_easy_setopt(handle_, CURLOPT_POSTFIELDS, call_.body.c_str());
  }
  curl_easy_setopt(handle_, CURLOPT_CUSTOMREQUEST, call_.method.c_str());
}

Status Transfer::SetHeaders() {
  bool has_type = false;
  for (const auto& [name, value] : call_.headers) {
    if (name.empty() || HasLineBreak(name) || HasLineBreak(value)) {
      return Error{Errc::kInvalid,
                   fmt::format("the header \"{}\" holds a line break", Lower(Trim(name)))};
    }
    has_type = has_type || Lower(name) == "content-type";
    // curl takes "Name:" for the wish to leave it out.
    std::string line = value.empty() ? name + ";" : name + ": " + value;
    headers_ = curl_slist_append(headers_, line.c_str());
  }
  if (HasLineBreak(call_.method) || call_.method.find(' ') != std::string::npos) {
    return Error{Errc::kInvalid, "the method of an HTTP call is one word"};
  }
  // curl would call it a form.
  if (!has_type) headers_ = curl_slist_append(headers_, "Content-Type:");
  curl_easy_setopt(handle_, CURLOPT_HTTPHEADER, headers_);
  return Ok();
}

std::size_t Transfer::HeaderCallback(char* bytes, std::size_t size, std::size_t count, void* self) {
  static_cast<Transfer*>(self)->TakeHeader({bytes, size * count});
  return size * count;
}

void Transfer::TakeHeader(std::string_view line) {
  last_byte_at_ = elapsed();
  if (line.starts_with("HTTP/")) {
    // Another one came before: "100 Continue", or a proxy's.
    response_ = {.content_type = ""};
    long status = 0;
    curl_easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status);
    response_.status = static_cast<int>(status);
    return;
  }
  std::size_t colon = line.find(':');
  if (colon == line.npos) return;
  std::string name = Lower(Trim(line.substr(0, colon)));
  std::string value(Trim(line.substr(colon + 1)));
  if (name == "content-type") response_.content_type = value;
  response_.headers.emplace_back(std::move(name), std::move(value));
}

std::size_t Transfer::BytesCallback(char* bytes, std::size_t size, std::size_t count, void* self) {
  bool wanted = static_cast<Transfer*>(self)->TakeBytes({bytes, size * count});
  return wanted ? size * count : CURL_WRITEFUNC_ERROR;
}

bool Transfer::TakeBytes(std::string_view bytes) {
  last_byte_at_ = elapsed();
  if (on_bytes_) return on_bytes_(response_, bytes);
  if (bytes.size() > call_.body_max - response_.body.size()) {
    too_long_ = true;
    return false;
  }
  response_.body += bytes;
  return true;
}

Duration Transfer::elapsed() const {
  curl_off_t micros = 0;
  curl_easy_getinfo(handle_, CURLINFO_TOTAL_TIME_T, &micros);
  return Duration(micros);
}

Result<HttpResponse> Transfer::Finish(CURLcode code) {
  if (code != CURLE_OK) return ErrorOf(code);
  return std::move(response_);
}

Error Transfer::ErrorOf(CURLcode code) {
  if (too_long_) {
    return {Errc::kExhausted,
            fmt::format("the answer of {} is longer than {} bytes", where_, call_.body_max)};
  }
  long os_error = 0;
  curl_easy_getinfo(handle_, CURLINFO_OS_ERRNO, &os_error);
  std::string words = words_[0] != '\0' ? words_ : curl_easy_strerror(code);
  switch (code) {
    case CURLE_URL_MALFORMAT:
      return {Errc::kInvalid, fmt::format("\"{}\" is no URL ({})", call_.url, words)};
    case CURLE_COULDNT_CONNECT:
      if (os_error != ECONNREFUSED) break;
      return {Errc::kUnavailable,
              fmt::format("nobody answers at {} (connection refused): is `tipoff serve` running "
                          "there?",
                          where_)};
    case CURLE_COULDNT_RESOLVE_HOST:
      return {Errc::kUnavailable,
              fmt::format("the host of {} is not known here ({})", where_, words)};
    case CURLE_OPERATION_TIMEDOUT:
      return {Errc::kUnavailable,
              fmt::format("{} did not answer within {}", where_, FormatDuration(call_.timeout))};
    case CURLE_PEER_FAILED_VERIFICATION:
      return {Errc::kUnavailable,
              fmt::format("the certificate of {} is not trusted ({})", where_, words)};
    default: break;
  }
  return {Errc::kUnavailable, fmt::format("no answer from {} ({})", where_, words)};
}

}  // namespace tipoff
