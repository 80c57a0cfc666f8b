#include "api/orders.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/fields.h"
#include "base/crash_point.h"
#include "base/json.h"
#include "core/limits.h"

namespace tipoff {

void Audited(const ApiParts& parts, const Call& call, OrderText order, std::function<void()> then) {
  AuditEntry entry;
  entry.who = call.who.name;
  entry.role = call.who.role;
  entry.action = std::move(order.action);
  entry.target = std::move(order.target);
  entry.why = std::move(order.why);
  entry.from = call.request.remote;
  parts.audit.Write(std::move(entry), [call, then = std::move(then)](Status written) {
    TIPOFF_CRASH_POINT("api/audited");
    if (written.ok()) return then();
    call.Fail(Annotate(written.error(), "nothing was changed: the audit log can't be written"));
  });
}

void GiveOrder(const ApiParts& parts, const BatchId& id, Order order, const std::string& why,
               DoneWith<Batch> done) {
  Command command;
  command.order = order;
  command.why = why;
  parts.coordinator.driver().Submit(id, {}, std::move(command),
                                    [done = std::move(done)](Result<Applied> applied) {
                                      if (!applied.ok()) return done(applied.error());
                                      TIPOFF_CRASH_POINT("api/ordered");
                                      done(std::move(applied->batch));
                                    });
}

std::string_view ActionOf(const StallCheck& check) {
  if (!check.ended) return "no_action";
  bool kept = check.batch.phase == Phase::kPartial || check.batch.phase == Phase::kSucceeded;
  return kept ? "completed_with_partial" : "ended";
}

Result<std::string> ReadReason(const boost::json::object& body, std::string fallback) {
  boost::json::value value(body);
  JsonReader reader(value);
  std::string reason = reader.Text("reason", std::move(fallback));
  TIPOFF_TRY_STATUS(reader.status());
  if (reason.size() > limits::kReasonBytes) {
    return Error{Errc::kInvalid, fmt::format("reason: at most {} bytes, not {}",
                                             limits::kReasonBytes, reason.size())};
  }
  return reason;
}

Result<std::string> ReadOnlyReason(const Call& call) {
  TIPOFF_TRY(boost::json::object body, call.Body());
  TIPOFF_TRY_STATUS(OnlyFields(body, {"reason"}));
  return ReadReason(body);
}

void CheckBatch(const ApiParts& parts, const BatchId& id, Duration stall_after, double min_percent,
                DoneWith<StallCheck> done) {
  Driver& driver = parts.coordinator.driver();
  Sweep& sweep = parts.coordinator.sweep();
  Store& store = parts.store;
  store.Load(
      id, {}, [&driver, &sweep, &store, stall_after, min_percent, done](Result<Snapshot> snapshot) {
        if (!snapshot.ok()) return done(snapshot.error());
        StallCheck check;
        Batch before = std::move(snapshot->batch);
        bool idle = store.Now() - before.progress_at >= stall_after;
        check.was_stalled = !IsTerminal(before.phase) && (idle || store.Now() > before.terminal_by);
        bool was_live = !IsTerminal(before.phase);
        sweep.Visit(before, [&driver, check, was_live, stall_after, min_percent,
                             done](Result<Applied> visited) mutable {
          if (!visited.ok()) return done(visited.error());
          RowKeys keys;
          for (const PlayerId& player : visited->batch.policy.required_players) {
            keys.players.push_back({player, ""});
          }
          CheckStalled event{{}, stall_after, min_percent};
          driver.Submit(visited->batch.id, std::move(keys), event,
                        [check, was_live, done](Result<Applied> applied) mutable {
                          if (!applied.ok()) return done(applied.error());
                          check.batch = std::move(applied->batch);
                          check.ended = was_live && IsTerminal(check.batch.phase);
                          done(std::move(check));
                        });
        });
      });
}

}  // namespace tipoff
