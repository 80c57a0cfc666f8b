#include "api/api.h"

#include <fmt/format.h>

#include "api/idempotency.h"
#include "api/routes.h"

namespace tipoff {

Api::Api(ApiParts parts) : parts_(std::move(parts)), draining_(std::make_shared<bool>(false)) {
  AddBatchRoutes(router_, parts_);
  AddWhyRoutes(router_, parts_);
  AddOrderRoutes(router_, parts_, draining_);
  AddEventRoutes(router_, parts_);
  AddPlatformRoutes(router_, parts_, draining_);
  AddPushRoutes(router_, parts_);
  AddLeaseRoutes(router_, parts_, draining_);
  AddAnnouncementRoutes(router_, parts_);
  AddCanaryRoutes(router_, parts_);
  AddPageRoutes(router_, parts_);
  AddSessionRoutes(router_, parts_);
  AddSystemRoutes(router_, parts_, draining_);
}

Api::~Api() = default;

void Api::Handle(HttpRequest request, std::shared_ptr<Responder> responder) {
  parts_.loop.Post(
      [this, request = std::move(request), responder = std::move(responder)]() mutable {
        Route(std::move(request), std::move(responder), false);
      });
}

void Api::HandleLocal(HttpRequest request, std::shared_ptr<Responder> responder) {
  request.remote = "local";
  parts_.loop.Post(
      [this, request = std::move(request), responder = std::move(responder)]() mutable {
        Route(std::move(request), std::move(responder), true);
      });
}

void Api::Drain() { *draining_ = true; }

void Api::Route(HttpRequest request, std::shared_ptr<Responder> responder, bool local) {
  Router::Match match = router_.Find(request);
  if (match.route == nullptr) return responder->Send(std::move(match.problem));
  Call call{std::move(request), std::move(match.params), {}, "", std::move(responder)};
  const tipoff::Route& route = *match.route;
  if (local) {
    call.who = {"local", Role::kOperate};
    return Perform(route.handler, std::move(call));
  }
  Status origin = CheckOrigin(call.request, parts_.options.allowed_hosts, parts_.auth.open());
  if (!origin.ok()) return call.Fail(origin.error());
  if (route.role == Role::kNone) return Perform(route.handler, std::move(call));
  parts_.auth.Authenticate(call.request, [this, call, handler = route.handler,
                                          needed = route.role](Result<Principal> who) mutable {
    if (!who.ok()) {
      bool denied = who.error().code == Errc::kDenied;
      return call.responder->Send(denied ? MakeProblem(401, who.error().message)
                                         : MakeProblem(who.error()));
    }
    // Asked again: that the doors are open may have been found only now.
    Status foreign =
        CheckOrigin(call.request, parts_.options.allowed_hosts, who->name == kLocalName);
    if (!foreign.ok()) return call.Fail(foreign.error());
    Status same =
        who->by_cookie ? CheckSameOrigin(call.request, parts_.options.allowed_hosts) : Ok();
    if (!same.ok()) return call.Fail(same.error());
    call.who = std::move(*who);
    if (call.who.role == Role::kNone) {
      return call.responder->Send(MakeProblem(
          401, "a key is needed: send it as 'X-API-Key: KEY' or 'Authorization: Bearer KEY'"));
    }
    if (call.who.role < needed) {
      return call.responder->Send(
          MakeProblem(403, fmt::format("{} may {}; this needs the role {}", call.who.name,
                                       ToString(call.who.role), ToString(needed))));
    }
    Perform(handler, std::move(call));
  });
}

void Api::Perform(std::function<void(Call)> handler, Call call) {
  std::string key(call.request.Header("idempotency-key"));
  bool kept = call.request.method == "POST" && call.request.path != "/v1/session";
  if (key.empty() || !kept) return handler(std::move(call));
  PerformOnce(parts_.store, std::move(call), std::move(handler));
}

}  // namespace tipoff
