#include "support/raw_client.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>

namespace tipoff {

std::unique_ptr<HttpServer> ServeHttp(HttpHandler handler, HttpServerOptions options) {
  options.port = 0;
  auto server = HttpServer::Listen(std::move(options), std::move(handler));
  if (!server.ok()) throw std::runtime_error(server.error().message);
  return std::move(*server);
}

std::uint16_t PortOf(const HttpServer& server) {
  return static_cast<std::uint16_t>(std::stoi(server.url().substr(server.url().rfind(':') + 1)));
}

std::string GetText(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n\r\n";
}

std::string PostText(std::string_view body) {
  return "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + std::string(body);
}

void EchoHttp(HttpRequest request, std::shared_ptr<Responder> responder) {
  responder->Send(
      {.content_type = "text/plain",
       .body = request.method + " " + request.path + " " + std::to_string(request.body.size())});
}

RawClient::RawClient(const HttpServer& server, int receive_buffer)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  timeval limit{.tv_sec = 20, .tv_usec = 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (receive_buffer > 0) {
    setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(PortOf(server));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  connected_ = connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), connected_(other.connected_) {}

RawClient::~RawClient() {
  if (socket_ >= 0) close(socket_);
}

bool RawClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

void RawClient::SayNoMore() { shutdown(socket_, SHUT_WR); }

void RawClient::Vanish() {
  linger reset{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(std::exchange(socket_, -1));
}

std::string RawClient::ReadTo(std::string_view text) {
  std::size_t at = received_.find(text);
  while (at == received_.npos && Receive()) at = received_.find(text);
  EXPECT_NE(at, received_.npos) << "waited for \"" << text << "\", got \"" << received_ << "\"";
  std::size_t end = at == received_.npos ? received_.size() : at + text.size();
  std::string read = received_.substr(0, end);
  received_.erase(0, end);
  return read;
}

std::string RawClient::ReadAnswer(bool has_body) {
  std::string head = ReadTo("\r\n\r\n");
  std::size_t at = head.find("Content-Length: ");
  std::size_t length = at == head.npos || !has_body ? 0 : std::stoul(head.substr(at + 16));
  while (received_.size() < length && Receive()) {
  }
  EXPECT_GE(received_.size(), length);
  std::string answer = head + received_.substr(0, length);
  received_.erase(0, length);
  return answer;
}

std::string RawClient::ReadAll() {
  while (Receive()) {
  }
  EXPECT_TRUE(ended_) << "the server did not close within 20 s";
  return std::exchange(received_, "");
}

bool RawClient::Receive() {
  char bytes[65536];
  ssize_t count = recv(socket_, bytes, sizeof bytes, 0);
  if (count > 0) received_.append(bytes, static_cast<std::size_t>(count));
  ended_ = count == 0 || (count < 0 && errno == ECONNRESET);
  return count > 0;
}

HttpHandler HttpInbox::handler() {
  return [this](HttpRequest request, std::shared_ptr<Responder> responder) {
    std::scoped_lock guard(mutex_);
    items_.emplace_back(std::move(request), std::move(responder));
    came_.notify_all();
  };
}

HttpInbox::Item HttpInbox::Next() {
  std::unique_lock guard(mutex_);
  bool came = came_.wait_for(guard, std::chrono::seconds(20), [&] { return !items_.empty(); });
  if (!came) throw std::runtime_error("no request came within 20 s");
  Item item = std::move(items_.front());
  items_.pop_front();
  return item;
}

}  // namespace tipoff
