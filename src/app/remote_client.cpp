#include "app/remote_client.h"

#include <fmt/format.h>

#include <chrono>
#include <thread>

#include "http/client.h"

namespace tipoff {
namespace {

// Beyond what any answer of a healthy server takes; orders wait for a commit.
constexpr auto kCallTime = std::chrono::seconds(30);
// The server sends a comment more often than that.
constexpr auto kIdle = std::chrono::seconds(45);

// Escapes what is between the separators of a path.
std::string EncodePath(const std::string& path) {
  std::string encoded;
  std::size_t begin = 0;
  while (begin <= path.size()) {
    std::size_t end = std::min(path.find_first_of("/:", begin), path.size());
    encoded += PercentEncode(path.substr(begin, end - begin));
    if (end < path.size()) encoded += path[end];
    begin = end + 1;
  }
  return encoded;
}

}  // namespace

std::string Target(const std::string& path, const ApiClient::Pairs& query) {
  std::string target = EncodePath(path);
  char separator = '?';
  for (const auto& [name, value] : query) {
    target += fmt::format("{}{}={}", separator, PercentEncode(name), PercentEncode(value));
    separator = '&';
  }
  return target;
}

RemoteClient::RemoteClient(std::string url, std::string key)
    : url_(std::move(url)), key_(std::move(key)) {}

Result<HttpResponse> RemoteClient::Call(const std::string& method, const std::string& path,
                                        const Pairs& query, const std::string& body,
                                        const Pairs& headers) {
  HttpCall call;
  call.method = method;
  call.url = url_ + Target(path, query);
  call.headers = headers;
  if (!key_.empty()) call.headers.emplace_back("X-API-Key", key_);
  call.body = body;
  call.timeout = kCallTime;
  auto response = CallHttp(call);
  if (!response.ok()) return Annotate(response.error(), url_);
  return response;
}

Status RemoteClient::Stream(const std::string& path, const std::string& last_event_id,
                            Duration limit, const OnEvent& event) {
  HttpCall call;
  call.url = url_ + Target(path, {});
  if (!key_.empty()) call.headers.emplace_back("X-API-Key", key_);
  if (!last_event_id.empty()) call.headers.emplace_back("Last-Event-ID", last_event_id);
  call.timeout = limit;
  Duration begun = Steady();
  Status status = StreamHttp(call, std::min<Duration>(kIdle, limit), event);
  if (!status.ok() && status.error().code == Errc::kUnavailable && Steady() - begun >= limit) {
    return Ok();
  }
  return status;
}

void RemoteClient::Pause(Duration pause) { std::this_thread::sleep_for(pause); }

Duration RemoteClient::Steady() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace tipoff
