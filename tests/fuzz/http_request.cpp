// Bytes of a connection through the request reader: read at once, in pieces, and once more from
// what was understood, it is always the same.
#include <fmt/format.h>

#include <vector>

#include "fuzz/fuzz.h"
#include "http/request_reader.h"

namespace tipoff {
namespace {

constexpr RequestReader::Limits kLimits{.header_bytes_max = 1024, .body_bytes_max = 2048};
// Writing a request out again takes more room: "%" becomes "%25", a body gets a length.
constexpr RequestReader::Limits kWide{.header_bytes_max = 16384, .body_bytes_max = 2048};

struct Reading {
  std::vector<RequestReader::Taken> taken;
  RequestReader::Refusal refusal;
  bool begun = false;  // Of a request that is not complete.
};

// Takes whatever is complete; false once the reader refuses.
bool Drain(RequestReader& reader, Reading& reading) {
  while (true) {
    switch (reader.Read()) {
      case RequestReader::Step::kMore: return true;
      case RequestReader::Step::kContinue: break;
      case RequestReader::Step::kRefused: reading.refusal = reader.refusal(); return false;
      case RequestReader::Step::kDone: reading.taken.push_back(reader.Take()); break;
    }
  }
}

Reading ReadAll(std::string_view bytes, std::size_t piece, RequestReader::Limits limits) {
  RequestReader reader(limits);
  Reading reading;
  while (!bytes.empty()) {
    reader.Put(bytes.substr(0, piece));
    bytes.remove_prefix(std::min(piece, bytes.size()));
    if (!Drain(reader, reading)) return reading;
  }
  reading.begun = reader.begun();
  return reading;
}

void CheckSame(const HttpRequest& a, const HttpRequest& b) {
  TIPOFF_CHECK(a.method == b.method, "another method");
  TIPOFF_CHECK(a.path == b.path, "another path: " + a.path + " and " + b.path);
  TIPOFF_CHECK(a.query == b.query, "another query");
  TIPOFF_CHECK(a.body == b.body, "another body");
}

void CheckRequest(const HttpRequest& request) {
  TIPOFF_CHECK(!request.method.empty(), "no method");
  TIPOFF_CHECK(!request.path.empty(), "no path");
  TIPOFF_CHECK(request.body.size() <= kLimits.body_bytes_max, "a body over the limit");
  std::size_t bytes = 0;
  for (const auto& [name, value] : request.headers) {
    bytes += name.size() + value.size();
    TIPOFF_CHECK(!name.empty(), "a header without a name");
    for (char c : name) TIPOFF_CHECK(c < 'A' || c > 'Z', "a header's name in upper case");
    for (char c : value) {
      TIPOFF_CHECK(c != '\r' && c != '\n' && c != '\0', "a header that ends a line");
    }
  }
  TIPOFF_CHECK(bytes <= kLimits.header_bytes_max, "headers over the limit");
}

void CheckRefused(const RequestReader::Refusal& refusal) {
  switch (refusal.status) {
    case 400:
    case 413:
    case 414:
    case 417:
    case 431:
    case 501:
    case 505: break;
    default: Panic(__FILE__, __LINE__, fmt::format("refused with {}", refusal.status));
  }
  TIPOFF_CHECK(!refusal.detail.empty(), "refused without a word");
}

std::string Written(const RequestReader::Taken& taken) {
  const HttpRequest& request = taken.request;
  std::string target;
  for (char c : request.path) target += c == '/' ? "/" : PercentEncode(std::string(1, c));
  if (request.path == "*") target = "*";
  char mark = '?';
  for (const auto& [name, value] : request.query) {
    target += mark + PercentEncode(name) + "=" + PercentEncode(value);
    mark = '&';
  }
  std::string text =
      fmt::format("{} {} HTTP/{}\r\n", request.method, target, taken.http10 ? "1.0" : "1.1");
  for (const auto& [name, value] : request.headers) {
    if (name == "content-length" || name == "transfer-encoding") continue;
    text += name + ": " + value + "\r\n";
  }
  return text + fmt::format("content-length: {}\r\n\r\n", request.body.size()) + request.body;
}

void Check(std::string_view bytes) {
  Reading whole = ReadAll(bytes, bytes.size(), kLimits);
  for (const auto& taken : whole.taken) CheckRequest(taken.request);
  if (whole.refusal.status != 0) CheckRefused(whole.refusal);

  for (std::size_t piece : {std::size_t{1}, std::size_t{7}}) {
    Reading pieces = ReadAll(bytes, piece, kLimits);
    TIPOFF_CHECK(pieces.taken.size() == whole.taken.size(), "pieces make other requests");
    for (std::size_t i = 0; i < whole.taken.size(); ++i) {
      CheckSame(whole.taken[i].request, pieces.taken[i].request);
      TIPOFF_CHECK(whole.taken[i].request.headers == pieces.taken[i].request.headers,
                   "pieces make other headers");
      TIPOFF_CHECK(whole.taken[i].keep_alive == pieces.taken[i].keep_alive, "another keep-alive");
    }
    // Of a header that has not ended, what is wrong may be seen sooner or later.
    bool refused = whole.refusal.status != 0, piece_refused = pieces.refusal.status != 0;
    TIPOFF_CHECK(piece_refused || pieces.begun == (refused || whole.begun),
                 "pieces end where the whole does not");
    TIPOFF_CHECK(!piece_refused || refused || whole.begun, "only pieces are refused");
  }

  for (const auto& taken : whole.taken) {
    Reading again = ReadAll(Written(taken), 16384, kWide);
    TIPOFF_CHECK(again.taken.size() == 1 && again.refusal.status == 0,
                 "what was read can't be read again: " + again.refusal.detail);
    CheckSame(taken.request, again.taken.front().request);
  }
}

}  // namespace
}  // namespace tipoff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size <= 8192) tipoff::Check(tipoff::FuzzText(data, size));
  return 0;
}
