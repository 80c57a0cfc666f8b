#include "http/server.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <thread>
#include <vector>

#include "base/log.h"
#include "http/connection.h"

namespace tipoff {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

// Told 503 at a time; further ones are closed without a word.
constexpr std::size_t kTurnedAwayMax = 64;
// Files that the rest of the process needs: databases, logs, its own calls.
constexpr std::size_t kOtherFiles = 200;
// Before accepting again when the process has no more files.
constexpr Duration kAcceptPause = std::chrono::milliseconds(100);

std::string Address(const std::string& host, std::uint16_t port) {
  bool ipv6 = host.find(':') != host.npos;
  return fmt::format("{}{}{}:{}", ipv6 ? "[" : "", host, ipv6 ? "]" : "", port);
}

Result<tcp::endpoint> Resolve(asio::io_context& context, const HttpServerOptions& options) {
  boost::system::error_code problem;
  auto address = asio::ip::make_address(options.host, problem);
  if (!problem) return tcp::endpoint(address, options.port);
  tcp::resolver resolver(context);
  auto found =
      resolver.resolve(options.host, std::to_string(options.port), tcp::resolver::passive, problem);
  if (problem || found.empty()) {
    return Error{Errc::kInvalid,
                 fmt::format("there is no host \"{}\" to listen on ({}): give an address of this "
                             "machine, such as 127.0.0.1",
                             options.host, problem.message())};
  }
  return found.begin()->endpoint();
}

Error ListenError(const HttpServerOptions& options, const boost::system::error_code& problem) {
  std::string address = Address(options.host, options.port);
  if (problem == asio::error::address_in_use) {
    return {Errc::kExists,
            fmt::format("{} is in use by another program: stop that one, or choose another port "
                        "(--port; 0 picks a free one)",
                        address)};
  }
  if (problem == asio::error::access_denied) {
    return {Errc::kDenied,
            fmt::format("{} may not be used: ports below 1024 need a privilege; choose a higher "
                        "one (--port)",
                        address)};
  }
  return {Errc::kDenied,
          fmt::format("cannot listen on {} ({}): give an address of this machine, such as "
                      "127.0.0.1 (--host)",
                      address, problem.message())};
}

// As many connections as the process can have open files for, its soft limit raised if need be.
std::size_t FitOpenFiles(std::size_t connections_max) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return connections_max;
  rlim_t wanted = connections_max + kTurnedAwayMax + kOtherFiles;
  if (limit.rlim_cur < wanted) {
    rlimit raised = {std::min(wanted, limit.rlim_max), limit.rlim_max};
    if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  if (limit.rlim_cur >= wanted) return connections_max;
  std::size_t reserve = std::min<std::size_t>(limit.rlim_cur / 2, kTurnedAwayMax + kOtherFiles);
  std::size_t fit = std::min<std::size_t>(connections_max, limit.rlim_cur - reserve);
  if (fit < connections_max) {
    Log(Severity::kWarning, "fewer connections than configured: raise the limit of open files",
        {{"connections_max", std::to_string(fit)},
         {"configured", std::to_string(connections_max)},
         {"open_files", std::to_string(limit.rlim_cur)}});
  }
  return fit;
}

}  // namespace

struct HttpServer::Impl {
  asio::io_context context{1};
  tcp::acceptor acceptor{context};
  asio::steady_timer accept_pause{context};
  asio::steady_timer grace{context};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  ConnectionSet set;
  std::vector<std::function<void()>> when_stopped;
  std::string url;
  std::thread thread;

  Status Open();
  void Run();
  void Accept();
  void Take(tcp::socket socket);
  void BeginStop(Duration grace_max, std::function<void()> done);
  void CloseAll();
  void EndIfEmpty();
};

Status HttpServer::Impl::Open() {
  HttpServerOptions& options = set.options;
  TIPOFF_TRY(tcp::endpoint endpoint, Resolve(context, options));
  boost::system::error_code problem;
  acceptor.open(endpoint.protocol(), problem);
  // A server that was just restarted finds its port free.
  if (!problem) acceptor.set_option(tcp::acceptor::reuse_address(true), problem);
  if (!problem) acceptor.bind(endpoint, problem);
  if (!problem) acceptor.listen(tcp::acceptor::max_listen_connections, problem);
  if (problem) return ListenError(options, problem);
  ::fcntl(acceptor.native_handle(), F_SETFD, FD_CLOEXEC);
  url = "http://" + Address(options.host, acceptor.local_endpoint(problem).port());
  options.connections_max = FitOpenFiles(options.connections_max);
  set.door = std::make_shared<ServerDoor>(context);
  set.on_close = [this] { EndIfEmpty(); };
  return Ok();
}

void HttpServer::Impl::Run() {
  while (true) {
    try {
      context.run();
      return;
    } catch (const std::exception& thrown) {
      // Of one connection's memory or headers; its timer closes it.
      Log(Severity::kError, "the HTTP server caught an exception", {{"error", thrown.what()}});
    }
  }
}

void HttpServer::Impl::Accept() {
  acceptor.async_accept([this](const boost::system::error_code& problem, tcp::socket socket) {
    if (set.stopping) return;
    if (!problem) {
      Take(std::move(socket));
      return Accept();
    }
    Log(Severity::kWarning, "no connection could be accepted", {{"error", problem.message()}});
    accept_pause.expires_after(kAcceptPause);
    accept_pause.async_wait([this](const boost::system::error_code&) {
      if (!set.stopping) Accept();
    });
  });
}

void HttpServer::Impl::Take(tcp::socket socket) {
  ::fcntl(socket.native_handle(), F_SETFD, FD_CLOEXEC);
  bool full = set.open.size() - set.turned_away >= set.options.connections_max;
  if (full && set.turned_away >= kTurnedAwayMax) return;
  auto connection = std::make_shared<ServerConnection>(set, std::move(socket));
  set.open.insert(connection);
  set.connections = set.open.size();
  full ? connection->TurnAway() : connection->Begin();
}

void HttpServer::Impl::BeginStop(Duration grace_max, std::function<void()> done) {
  if (done) when_stopped.push_back(std::move(done));
  if (!set.stopping) {
    set.stopping = true;
    boost::system::error_code ignored;
    acceptor.close(ignored);
    accept_pause.cancel();
    auto open = set.open;
    for (const auto& connection : open) connection->WindDown();
  }
  if (grace_max <= Duration::zero()) CloseAll();
  grace.expires_after(grace_max);
  grace.async_wait([this](const boost::system::error_code& problem) {
    if (!problem) CloseAll();
  });
  EndIfEmpty();
}

void HttpServer::Impl::CloseAll() {
  auto open = set.open;
  for (const auto& connection : open) connection->Close();
}

void HttpServer::Impl::EndIfEmpty() {
  if (!set.stopping || !set.open.empty()) return;
  set.door->Close();
  grace.cancel();
  work.reset();
  for (auto& done : std::exchange(when_stopped, {})) done();
}

Result<std::unique_ptr<HttpServer>> HttpServer::Listen(HttpServerOptions options,
                                                       HttpHandler handler) {
  if (options.host.starts_with('[') && options.host.ends_with(']')) {
    options.host = options.host.substr(1, options.host.size() - 2);
  }
  auto impl = std::make_unique<Impl>();
  impl->set.options = std::move(options);
  impl->set.handler = std::move(handler);
  TIPOFF_TRY_STATUS(impl->Open());
  impl->Accept();
  impl->thread = std::thread([raw = impl.get()] { raw->Run(); });
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

HttpServer::~HttpServer() { Stop(Duration::zero()); }

const std::string& HttpServer::url() const { return impl_->url; }

void HttpServer::BeginStop(Duration grace, std::function<void()> done) {
  bool runs =
      impl_->set.door->Post([impl = impl_.get(), grace, done] { impl->BeginStop(grace, done); });
  if (!runs && done) done();
}

void HttpServer::Stop(Duration grace) {
  if (!impl_->thread.joinable()) return;
  BeginStop(grace, {});
  impl_->thread.join();
}

HttpServer::Statistics HttpServer::statistics() const {
  return {.connections = impl_->set.connections,
          .requests = impl_->set.requests,
          .refused = impl_->set.refused};
}

}  // namespace tipoff
