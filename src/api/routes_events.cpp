#include <charconv>

#include "api/events.h"
#include "api/routes.h"

namespace tipoff {
namespace {

// Of the header that a reconnecting EventSource sends, or of the parameter of the same meaning.
Result<std::uint64_t> LastSeen(const HttpRequest& request) {
  std::string_view text = request.Header("last-event-id");
  if (text.empty()) text = request.Query("last_event_id");
  std::uint64_t version = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), version);
  if (text.empty() || (problem == std::errc() && end == text.data() + text.size())) return version;
  return Error{Errc::kInvalid, "Last-Event-ID: must be the id of an event of this stream"};
}

}  // namespace

void AddEventRoutes(Router& router, const ApiParts& parts) {
  auto hub = std::make_shared<EventHub>(parts);
  router.Add("GET", "/v1/batches/{id}/events", Role::kRead, [parts, hub](const Call& call) {
    auto last_seen = LastSeen(call.request);
    if (!last_seen.ok()) return call.Fail(last_seen.error());
    parts.store.Load(
        BatchId(call.Param("id")), {}, [hub, call, last_seen = *last_seen](Result<Snapshot> found) {
          if (!found.ok()) return call.Fail(found.error());
          if (hub->full()) {
            return call.Fail({Errc::kUnavailable, "as many streams are open as may be"});
          }
          hub->Watch(found->batch, last_seen, call.responder->Stream());
        });
  });
}

}  // namespace tipoff
