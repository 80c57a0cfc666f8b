#include <fmt/format.h>

#include <algorithm>

#include "api/push_envelope.h"
#include "api/routes.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "core/limits.h"
#include "worker/worker.h"

namespace tipoff {
namespace {

constexpr std::size_t kQuarantineBytes = 4096;
const Topic kCompletions{Topic::Kind::kCompletions, ""};
const Topic kRequests{Topic::Kind::kRequests, ""};

// Only 2xx acks a push; anything else brings it again, later.
void Settle(const Call& call, bool ack, std::string_view why) {
  TIPOFF_CRASH_POINT("api/push-settled");
  if (ack) return call.Empty();
  call.responder->Send(MakeProblem(503, why));
}

// Acked, or it would come for ever; kept, so that somebody can look at it.
void KeepMalformed(const ApiParts& parts, const Call& call, const Topic& topic,
                   const std::string& body, const Error& problem) {
  Log(Severity::kWarning, "a pushed message was quarantined",
      {{"topic", ToString(topic)}, {"reason", problem.message}, {"from", call.who.name}});
  Quarantined message{{}, ToString(topic), problem.message, body.substr(0, kQuarantineBytes)};
  parts.store.Quarantine({std::move(message)}, [call](Status status) {
    Settle(call, status.ok(), "the message could not be put into the quarantine; push it again");
  });
}

// As on every bus: what is longer is no message of ours.
Status CheckSize(const std::string& body) {
  if (body.size() <= limits::kMessageBytes) return Ok();
  return Error{Errc::kInvalid,
               fmt::format("message of {} bytes: at most {}", body.size(), limits::kMessageBytes)};
}

void Complete(const ApiParts& parts, const Call& call) {
  auto pushed = DecodePushEnvelope(call.request.body);
  if (!pushed.ok())
    return KeepMalformed(parts, call, kCompletions, call.request.body, pushed.error());
  Status size = CheckSize(pushed->body);
  if (!size.ok()) return KeepMalformed(parts, call, kCompletions, pushed->body, size.error());
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
  if (!pushed.ok()) return KeepMalformed(parts, call, kRequests, call.request.body, pushed.error());
  Status size = CheckSize(pushed->body);
  if (!size.ok()) return KeepMalformed(parts, call, kRequests, pushed->body, size.error());
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
