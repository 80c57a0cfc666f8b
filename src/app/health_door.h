// The two probes of a process that serves no API: /livez, whether it lives, and /readyz, whether it
// can work. For what starts containers and restarts them.
#pragma once

#include <functional>
#include <memory>

#include "base/loop.h"
#include "http/server.h"

namespace tipoff {

class HealthDoor {
 public:
  // Says, on the loop and once, why the process can't work; Ok if it can.
  using Ready = std::function<void(std::function<void(Status)> done)>;

  // Listens on all addresses of this machine: both answers say nothing that is a secret. Both come
  // from the loop, so that one that hangs is not called alive. Errors are HttpServer::Listen's.
  // `ready` is asked for each /readyz; one that has not answered in 5 s means no. The loop must
  // outlive this.
  static Result<std::unique_ptr<HealthDoor>> Open(std::uint16_t port, Loop& loop, Ready ready);

  const HttpServer& server() const { return *server_; }

 private:
  HealthDoor(Loop& loop, Ready ready) : loop_(loop), ready_(std::move(ready)) {}
  void Answer(const HttpRequest& request, const std::shared_ptr<Responder>& responder);

  Loop& loop_;
  Ready ready_;
  // What is posted to the loop and comes after this has ended does nothing.
  std::shared_ptr<bool> here_ = std::make_shared<bool>(true);
  std::unique_ptr<HttpServer> server_;
};

}  // namespace tipoff
