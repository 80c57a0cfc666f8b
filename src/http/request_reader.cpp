#include "http/request_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cctype>

namespace tipoff {

namespace http = boost::beast::http;

namespace {

// The parser ends the process when it is called again with "0\r\n" or "0\r\n\r" (an assertion of
// its own, boostorg/beast#2861). No chunked body ends with fewer bytes than "0\r\n\r\n", so
// waiting for them keeps nobody waiting.
bool MayBeCutLastChunk(std::string_view bytes) { return bytes.size() < 5 && bytes.front() == '0'; }

std::string_view View(boost::beast::string_view text) { return {text.data(), text.size()}; }

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::uint64_t LargestBody(const RequestReader::Limits& limits) {
  std::size_t largest = limits.body_bytes_max;
  if (limits.body_bytes_max_for == nullptr) return largest;
  for (const auto& [path, bytes] : *limits.body_bytes_max_for) largest = std::max(largest, bytes);
  return largest;
}

// Tells a version that is not served from a request line that is none.
bool NamesHttpVersion(std::string_view bytes) {
  std::string_view line = bytes.substr(0, bytes.find('\r'));
  std::size_t space = line.rfind(' ');
  return space != line.npos && line.substr(space + 1).starts_with("HTTP/");
}

}  // namespace

struct RequestReader::Parser {
  http::request_parser<http::string_body> http;
  std::size_t header_bytes = 0;
  bool expects_continue = false;
};

RequestReader::RequestReader(Limits limits) : limits_(limits) {}
RequestReader::~RequestReader() = default;

void RequestReader::Put(std::string_view bytes) { bytes_ += bytes; }

bool RequestReader::begun() const { return parser_ != nullptr; }

// Some clients end a body with a line break that is not part of it.
void RequestReader::SkipEmptyLines() {
  bytes_.erase(0, std::min(bytes_.size(), bytes_.find_first_not_of("\r\n")));
}

RequestReader::Step RequestReader::Read() {
  if (refusal_.status != 0) return Step::kRefused;
  if (!parser_) {
    SkipEmptyLines();
    if (bytes_.empty()) return Step::kMore;
    parser_ = std::make_unique<Parser>();
    parser_->http.header_limit(static_cast<std::uint32_t>(limits_.header_bytes_max));
    // The path is not known yet; what it allows is checked as soon as it is.
    parser_->http.body_limit(LargestBody(limits_));
  }
  auto& parser = parser_->http;
  while (!parser.is_done() && !bytes_.empty()) {
    if (parser.is_header_done() && parser.chunked() && MayBeCutLastChunk(bytes_)) break;
    bool in_header = !parser.is_header_done();
    bool bad_version = !parser.got_some() && NamesHttpVersion(bytes_);
    boost::system::error_code problem;
    std::size_t used = parser.put(boost::asio::buffer(bytes_), problem);
    bytes_.erase(0, used);
    if (in_header) {
      parser_->header_bytes += used;
      if (parser_->header_bytes > limits_.header_bytes_max) return RefuseHeader(false);
      if (parser.is_header_done() && CheckHeader() == Step::kRefused) return Step::kRefused;
    }
    if (problem == http::error::need_more) {
      // Chunk headers and trailers have no limit of their own in the parser.
      if (bytes_.size() > limits_.header_bytes_max) return RefuseHeader(false);
      break;
    }
    if (problem == http::error::header_limit) return RefuseHeader(parser.get().target().empty());
    if (problem == http::error::body_limit) return RefuseBody();
    if (parser.is_header_done() && parser.get().body().size() > BodyBytesMax()) return RefuseBody();
    if (problem == http::error::bad_version && bad_version) {
      return Refuse(505, "This server speaks HTTP/1.1 and HTTP/1.0.");
    }
    if (problem) {
      return Refuse(
          400, fmt::format("This is not a well-formed HTTP/1.1 request: {}.", problem.message()));
    }
  }
  if (parser.is_done()) return Step::kDone;
  if (!parser_->expects_continue) return Step::kMore;
  parser_->expects_continue = false;
  return Step::kContinue;
}

RequestReader::Step RequestReader::Refuse(int status, std::string detail) {
  refusal_ = {status, std::move(detail)};
  return Step::kRefused;
}

RequestReader::Step RequestReader::RefuseHeader(bool in_target) {
  return in_target ? Refuse(414, fmt::format("The request's target is longer than {} bytes.",
                                             limits_.header_bytes_max))
                   : Refuse(431, fmt::format("The request's headers are longer than {} bytes.",
                                             limits_.header_bytes_max));
}

// Before the header was checked, only the raw target tells the path.
std::size_t RequestReader::BodyBytesMax() const {
  if (limits_.body_bytes_max_for == nullptr) return limits_.body_bytes_max;
  std::string path = request_.path;
  if (path.empty()) path = View(parser_->http.get().target());
  auto found = limits_.body_bytes_max_for->find(path.substr(0, path.find('?')));
  return found == limits_.body_bytes_max_for->end() ? limits_.body_bytes_max : found->second;
}

RequestReader::Step RequestReader::RefuseBody() {
  return Refuse(413, fmt::format("The body is longer than {} bytes.", BodyBytesMax()));
}

// What the parser leaves to its caller. A request whose end two readers could see at different
// places is refused, so that none can be smuggled past a proxy.
RequestReader::Step RequestReader::CheckHeader() {
  const auto& header = parser_->http.get();
  if (header.count(http::field::transfer_encoding) > 0 &&
      !boost::beast::iequals(header[http::field::transfer_encoding], "chunked")) {
    return Refuse(501, "Of the transfer encodings only \"chunked\" is served.");
  }
  std::size_t hosts = header.count(http::field::host);
  if (hosts > 1 || (hosts == 0 && header.version() >= 11)) {
    return Refuse(400, "An HTTP/1.1 request has exactly one Host header.");
  }
  for (const auto& field : header) {
    request_.headers[Lower(View(field.name_string()))] = View(field.value());
  }
  request_.method = View(header.method_string());
  if (ReadTarget(View(header.target())) == Step::kRefused) return Step::kRefused;
  auto announced = parser_->http.content_length();
  if (announced && *announced > BodyBytesMax()) return RefuseBody();
  auto expect = header[http::field::expect];
  if (expect.empty() || header.version() < 11) return Step::kMore;
  if (!boost::beast::iequals(expect, "100-continue")) {
    return Refuse(417, "Of the expectations only \"100-continue\" is met.");
  }
  parser_->expects_continue = true;
  return Step::kMore;
}

RequestReader::Step RequestReader::ReadTarget(std::string_view target) {
  std::string lower = Lower(target.substr(0, 8));
  if (lower.starts_with("http://") || lower.starts_with("https://")) {
    target.remove_prefix(lower.starts_with("https") ? 8 : 7);
    std::size_t end = std::min(target.find_first_of("/?"), target.size());
    request_.headers["host"] = target.substr(0, end);
    target.remove_prefix(end);
  }
  bool whole_server = target == "*" && request_.method == "OPTIONS";
  if (!target.empty() && target.front() != '/' && target.front() != '?' && !whole_server) {
    return Refuse(400, "The request's target does not begin with \"/\".");
  }
  std::size_t mark = std::min(target.find('?'), target.size());
  auto path = PercentDecode(target.substr(0, mark), false);
  if (!path.ok()) return Refuse(400, "In the path, " + path.error().message + ".");
  auto query = ParseQuery(target.substr(std::min(mark + 1, target.size())));
  if (!query.ok()) return Refuse(400, "In the query, " + query.error().message + ".");
  request_.path = path->empty() ? "/" : std::move(*path);
  request_.query = std::move(*query);
  return Step::kMore;
}

RequestReader::Taken RequestReader::Take() {
  auto& parser = parser_->http;
  Taken taken;
  taken.keep_alive = parser.keep_alive();
  taken.http10 = parser.get().version() < 11;
  request_.body = std::move(parser.get().body());
  taken.request = std::move(request_);
  request_ = {};
  parser_.reset();
  return taken;
}

}  // namespace tipoff
