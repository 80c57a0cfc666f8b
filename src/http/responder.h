// How handlers, on whatever thread and however late, reach the connection that waits for them.
#pragma once

#include <atomic>
#include <memory>

#include "http/connection.h"
#include "http/events.h"
#include "http/message.h"

namespace tipoff {

class ConnectionResponder final : public Responder {
 public:
  ConnectionResponder(std::shared_ptr<ServerDoor> door, std::weak_ptr<ServerConnection> connection,
                      std::uint64_t number, std::size_t stream_bytes_max,
                      std::shared_ptr<const std::atomic<bool>> gone);
  ~ConnectionResponder() override;
  void Send(HttpResponse response) override;
  std::shared_ptr<EventSink> Stream() override;
  bool alive() const override { return !gone_->load(); }

 private:
  void Deliver(HttpResponse response);

  // The connection is touched on the server's thread only: elsewhere it is not even locked, so
  // that it never ends on another thread.
  const std::shared_ptr<ServerDoor> door_;
  const std::weak_ptr<ServerConnection> connection_;
  const std::uint64_t number_;
  const std::size_t stream_bytes_max_;
  const std::shared_ptr<const std::atomic<bool>> gone_;
  std::atomic<bool> used_{false};
};

}  // namespace tipoff
