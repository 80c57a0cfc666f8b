#include <algorithm>

#include "api/push_envelope.h"
#include "api/routes.h"
#include "base/log.h"
#include "worker/worker.h"

namespace tipoff {
namespace {

constexpr std::size_t kQuarantineBytes = 4096;
const Topic kCompletions{Topic::Kind::kCompletions, ""};
const Topic kRequests{Topic::Kind::kRequests, ""};

// Only 2xx acks a push; anything else brings it again, later.
void Settle(const Call& call, bool ack, std::string_view why) {
  if (ack) return call.Empty();
  call.responder->Send(MakeProblem(503, why));
}

// Acked, or it would come for ever; kept, so that somebody can look at it.
void KeepMalformed(const ApiParts& parts, const Call& call, const Topic& topic,
                   const Error& problem) {
  Log(Severity::kWarning, "a pushed message was quarantined",
      {{"topic", ToString(topic)}, {"reason", problem.message}, {"from", call.who.name}});
  Quarantined message{
      {}, ToString(topic), problem.message, call.request.body.substr(0, kQuarantineBytes)};
  parts.store.Quarantine({std::move(message)}, [call](Status status) {
    Settle(call, status.ok(), "the message could not be put into the quarantine; push it again");
  });
}

void Complete(const ApiParts& parts, const Call& call) {
  auto pushed = DecodePushEnvelope(call.request.body);
  if (!pushed.ok()) return KeepMalformed(parts, call, kCompletions, pushed.error());
  Instant now = parts.store.Now();
  Instant reported_at = pushed->published_at.never() ? now : std::min(pushed->published_at, now);
  parts.coordinator.intake().Handle(
      kCompletions, std::move(pushed->body), reported_at, [call](bool ack) {
        Settle(call, ack, "the completion could not be made durable; push it again");
      });
}

void Predict(const ApiParts& parts, const Call& call) {
  if (parts.push_worker == nullptr) {
    return call.responder->Send(MakeProblem(
        404, "this server works no pushed requests: its workers take them off the bus"));
  }
  auto pushed = DecodePushEnvelope(call.request.body);
  if (!pushed.ok()) return KeepMalformed(parts, call, kRequests, pushed.error());
  parts.push_worker->Push(std::move(pushed->body), pushed->deliveries, [call](bool ack) {
    Settle(call, ack, "the request was not worked, or this worker is full; push it again");
  });
}

}  // namespace

void AddPushRoutes(Router& router, const ApiParts& parts) {
  router.Add("POST", "/complete", Role::kWork, [parts](Call call) { Complete(parts, call); });
  router.Add("POST", "/predict", Role::kWork, [parts](Call call) { Predict(parts, call); });
}

}  // namespace tipoff
