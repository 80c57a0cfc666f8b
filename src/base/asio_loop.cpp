#include "base/asio_loop.h"

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <csignal>
#include <unordered_map>

namespace tipoff {

namespace asio = boost::asio;

struct AsioLoop::Impl {
  asio::io_context context{1};
  asio::executor_work_guard<asio::io_context::executor_type> work{context.get_executor()};
  std::unordered_map<TimerId, asio::steady_timer> timers;
  TimerId next_timer = 1;
  std::unique_ptr<asio::signal_set> signals;

  void WaitForSignal(std::function<void(int)> handler) {
    signals->async_wait([this, handler](const boost::system::error_code& problem, int signal) {
      if (problem) return;
      WaitForSignal(handler);
      handler(signal);
    });
  }
};

AsioLoop::AsioLoop() : impl_(std::make_unique<Impl>()) {}
AsioLoop::~AsioLoop() = default;

Instant AsioLoop::Now() {
  return Instant::FromMicros(
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Duration AsioLoop::Steady() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

void AsioLoop::Post(Task task) { asio::post(impl_->context, std::move(task)); }

Loop::TimerId AsioLoop::After(Duration delay, Task task) {
  TimerId id = impl_->next_timer++;
  auto [entry, inserted] = impl_->timers.try_emplace(id, impl_->context, delay);
  entry->second.async_wait(
      [this, id, task = std::move(task)](const boost::system::error_code& problem) {
        if (problem || impl_->timers.erase(id) == 0) return;
        task();
      });
  return id;
}

// A timer that has expired but whose handler is still queued is found erased there.
void AsioLoop::Cancel(TimerId timer) { impl_->timers.erase(timer); }

void AsioLoop::Run() {
  impl_->context.restart();
  impl_->context.run();
}

void AsioLoop::Stop() { impl_->context.stop(); }

void AsioLoop::OnTermination(std::function<void(int signal)> handler) {
  impl_->signals = std::make_unique<asio::signal_set>(impl_->context, SIGINT, SIGTERM);
  impl_->WaitForSignal(std::move(handler));
}

}  // namespace tipoff
