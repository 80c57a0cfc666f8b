#include "app/health_door.h"

#include <boost/json.hpp>

#include "base/json.h"
#include "base/reply.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr auto kCheckTime = std::chrono::seconds(5);
// Probes come one at a time.
constexpr std::size_t kConnectionsMax = 50;

HttpResponse Say(int status, const json::object& words) {
  return {.status = status, .body = DumpJson(words)};
}

HttpResponse SayReady(const Status& status) {
  if (status.ok()) return Say(200, {{"status", "ready"}});
  return Say(503, {{"status", "not_ready"}, {"detail", status.error().message}});
}

}  // namespace

Result<std::unique_ptr<HealthDoor>> HealthDoor::Open(std::uint16_t port, Loop& loop, Ready ready) {
  std::unique_ptr<HealthDoor> door(new HealthDoor(loop, std::move(ready)));
  HttpServerOptions options{
      .host = "0.0.0.0", .port = port, .connections_max = kConnectionsMax, .body_bytes_max = 0};
  auto handler = [&loop, weak = std::weak_ptr(door->here_), door = door.get()](
                     HttpRequest request, std::shared_ptr<Responder> responder) {
    loop.Post([weak, door, request = std::move(request), responder = std::move(responder)] {
      if (weak.lock() != nullptr) door->Answer(request, responder);
    });
  };
  TIPOFF_TRY(door->server_, HttpServer::Listen(std::move(options), std::move(handler)));
  return door;
}

void HealthDoor::Answer(const HttpRequest& request, const std::shared_ptr<Responder>& responder) {
  if (request.path == "/livez") return responder->Send(Say(200, {{"status", "healthy"}}));
  if (request.path != "/readyz") {
    return responder->Send(HttpProblem(404, "there is only /livez and /readyz here"));
  }
  auto reply =
      Reply<Done>::Start(loop_, kCheckTime, {Errc::kUnavailable, "no answer in 5 s"},
                         [responder](const Result<Done>& checked) {
                           responder->Send(SayReady(checked.ok() ? Ok() : Status(checked.error())));
                         });
  ready_([reply](const Status& status) {
    status.ok() ? reply->Post(Done{}) : reply->Post(status.error());
  });
}

}  // namespace tipoff
