#include "sqlite/doorbell.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <map>
#include <mutex>
#include <thread>

#include "base/crash_point.h"

namespace tipoff::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr char kStop[] = "";  // An empty datagram, sent to oneself.

// A socket address holds 107 bytes of path, a data folder's may be longer: it is named by its
// descriptor instead.
sockaddr_un Address(int folder_fd, const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::string path = fmt::format("/proc/self/fd/{}/{}", folder_fd, name);
  std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
  return address;
}

}  // namespace

struct Doorbell::Impl {
  ~Impl() {
    if (socket_fd >= 0) close(socket_fd);
    if (folder_fd >= 0) {
      unlinkat(folder_fd, name.c_str(), 0);
      close(folder_fd);
    }
  }

  void Main();
  void RunListeners(const std::string& rung);
  void Send(const std::string& socket_name, const std::string& text);

  std::string folder;
  std::string name;  // Of the own socket, in the folder.
  int folder_fd = -1;
  int socket_fd = -1;
  std::thread thread;
  std::mutex mutex;
  ListenerId next_id = 1;
  std::map<ListenerId, std::pair<std::string, std::function<void()>>> listeners;
};

Doorbell::Doorbell(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Doorbell>> Doorbell::Open(const std::string& folder,
                                                 const Incarnation& process) {
  auto impl = std::make_unique<Impl>();
  impl->folder = folder;
  impl->name = process.str() + ".sock";
  auto fail = [&](std::string_view what) {
    return Error{Errc::kDenied, fmt::format("doorbell {}/{}: {}: {}", folder, impl->name, what,
                                            std::strerror(errno))};
  };
  impl->folder_fd = open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (impl->folder_fd < 0) return fail("cannot open the folder");
  impl->socket_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (impl->socket_fd < 0) return fail("cannot make a socket");
  unlinkat(impl->folder_fd, impl->name.c_str(), 0);
  sockaddr_un address = Address(impl->folder_fd, impl->name);
  if (bind(impl->socket_fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return fail("cannot bind the socket");
  }
  TIPOFF_CRASH_POINT("doorbell/bound");
  Impl& running = *impl;
  std::unique_ptr<Doorbell> bell(new Doorbell(std::move(impl)));
  running.thread = std::thread([&running] { running.Main(); });
  return bell;
}

Doorbell::~Doorbell() {
  impl_->Send(impl_->name, kStop);
  shutdown(impl_->socket_fd, SHUT_RD);
  impl_->thread.join();
}

void Doorbell::Impl::Main() {
  char buffer[256];
  while (true) {
    ssize_t size = recv(socket_fd, buffer, sizeof(buffer), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return;
    RunListeners(std::string(buffer, static_cast<std::size_t>(size)));
  }
}

void Doorbell::Impl::RunListeners(const std::string& rung) {
  std::scoped_lock guard(mutex);
  for (auto& [id, listener] : listeners) {
    if (listener.first == rung) listener.second();
  }
}

void Doorbell::Impl::Send(const std::string& socket_name, const std::string& text) {
  sockaddr_un address = Address(folder_fd, socket_name);
  ssize_t sent = sendto(socket_fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                        reinterpret_cast<sockaddr*>(&address), sizeof(address));
  // Nobody listens there any more: the socket of a process that was killed.
  if (sent < 0 && errno == ECONNREFUSED) unlinkat(folder_fd, socket_name.c_str(), 0);
}

void Doorbell::Ring(const std::string& name) {
  impl_->RunListeners(name);
  std::error_code problem;
  for (const fs::directory_entry& entry : fs::directory_iterator(impl_->folder, problem)) {
    std::string other = entry.path().filename().string();
    if (entry.path().extension() == ".sock" && other != impl_->name) impl_->Send(other, name);
  }
}

Doorbell::ListenerId Doorbell::Listen(const std::string& name, std::function<void()> listener) {
  std::scoped_lock guard(impl_->mutex);
  ListenerId id = impl_->next_id++;
  impl_->listeners.emplace(id, std::pair(name, std::move(listener)));
  return id;
}

void Doorbell::Unlisten(ListenerId id) {
  std::scoped_lock guard(impl_->mutex);
  impl_->listeners.erase(id);
}

}  // namespace tipoff::sqlite
