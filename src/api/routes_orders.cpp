#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/fields.h"
#include "api/orders.h"
#include "api/routes.h"
#include "api/starting.h"
#include "base/crash_point.h"
#include "base/json.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

std::vector<std::pair<std::string, std::string>> LocationOf(const Batch& batch) {
  return {{"Location", "/v1/batches/" + PercentEncode(batch.id.str())}};
}

HttpResponse Draining() {
  return MakeProblem(503, "this coordinator is stopping and starts nothing any more; ask again");
}

void AnswerStart(const Call& call, const StartOutcome& outcome, const Slot& slot, Instant now) {
  switch (outcome.kind) {
    case StartOutcome::Kind::kStarted: {
      json::object object = BatchToJson(outcome.batch, now);
      object["summary"] = SummaryToJson(slot, outcome.summary);
      return call.Answer(202, object, LocationOf(outcome.batch));
    }
    case StartOutcome::Kind::kAlreadyRunning:
      return call.Answer(200, BatchToJson(outcome.batch, now), LocationOf(outcome.batch));
    case StartOutcome::Kind::kNoGames:
      return call.Answer(200,
                         json::object{{"status", "no_games_scheduled"},
                                      {"batch_id", nullptr},
                                      {"game_date", FormatDay(slot.game_date)},
                                      {"detail", outcome.detail}},
                         {{"Retry-After", "600"}});  // They may be imported yet.
    case StartOutcome::Kind::kNoPlayers:
      return call.responder->Send(MakeProblem(404, outcome.detail));
    case StartOutcome::Kind::kDataIncomplete:
    case StartOutcome::Kind::kStale:
      return call.responder->Send(MakeProblem(503, "DATA_INCOMPLETE: " + outcome.detail));
    case StartOutcome::Kind::kNothingToRetry:
      return call.Answer(200, json::object{{"status", "nothing_to_retry"},
                                           {"batch_id", nullptr},
                                           {"detail", outcome.detail}});
  }
}

void StartBatch(const ApiParts& parts, const Call& call) {
  auto body = call.Body();
  if (!body.ok()) return call.Fail(body.error());
  auto request = ReadStart(*body, parts.options, parts.loop.Now());
  if (!request.ok()) return call.Fail(request.error());
  request->trigger = call.request.remote == "local" ? "cli" : "api";
  request->idempotency_key = call.idempotency_key;
  Slot slot = request->slot;
  std::string target = FormatDay(slot.game_date) + (slot.dataset.empty() ? "" : " " + slot.dataset);
  Starter& starter = parts.coordinator.starter();
  Store& store = parts.store;
  Audited(parts, call, {request->force ? "batch.start (force)" : "batch.start", target, ""},
          [&starter, &store, call, slot, request = std::move(*request)] {
            starter.Start(request, [&store, call, slot](Result<StartOutcome> outcome) {
              if (!outcome.ok()) return call.Fail(outcome.error());
              AnswerStart(call, *outcome, slot, store.Now());
            });
          });
}

std::function<void(Call)> OrderHandler(const ApiParts& parts, Order order, std::string action) {
  return [parts, order, action](const Call& call) {
    auto why = ReadOnlyReason(call);
    if (!why.ok()) return call.Fail(why.error());
    BatchId id(call.Param("id"));
    Audited(parts, call, {action, id.str(), *why}, [parts, call, id, order, why = *why] {
      GiveOrder(parts, id, order, why, [&store = parts.store, call](Result<Batch> batch) {
        if (!batch.ok()) return call.Fail(batch.error());
        call.Answer(200, BatchToJson(*batch, store.Now()));
      });
    });
  };
}

void CheckStalledBatch(const ApiParts& parts, const Call& call) {
  auto body = call.Body();
  if (!body.ok()) return call.Fail(body.error());
  Status only = OnlyFields(*body, {"reason", "stall_after", "min_percent"});
  if (!only.ok()) return call.Fail(only.error());
  json::value value(*body);
  JsonReader reader(value);
  double min_percent = reader.Number("min_percent", parts.options.policy.stall_percent);
  if (!reader.status().ok()) return call.Fail(reader.status().error());
  auto why = ReadReason(*body);
  if (!why.ok()) return call.Fail(why.error());
  auto stall_after = DurationField(*body, "stall_after", parts.options.policy.stall_after);
  if (!stall_after.ok()) return call.Fail(stall_after.error());
  BatchId id(call.Param("id"));
  Audited(parts, call, {"batch.check-stalled", id.str(), *why},
          [parts, call, id, stall_after = *stall_after, min_percent] {
            CheckBatch(parts, id, stall_after, min_percent,
                       [&store = parts.store, call](Result<StallCheck> check) {
                         if (!check.ok()) return call.Fail(check.error());
                         call.Answer(200,
                                     json::object{{"batch", BatchToJson(check->batch, store.Now())},
                                                  {"was_stalled", check->was_stalled},
                                                  {"action", ActionOf(*check)}});
                       });
          });
}

void RetryBatch(const ApiParts& parts, const Call& call) {
  auto why = ReadOnlyReason(call);
  if (!why.ok()) return call.Fail(why.error());
  BatchId id(call.Param("id"));
  Starter& starter = parts.coordinator.starter();
  Store& store = parts.store;
  Audited(parts, call, {"batch.retry", id.str(), *why}, [&starter, &store, call, id] {
    starter.Retry(id, "retry", [&store, call, id](Result<StartOutcome> outcome) {
      if (!outcome.ok()) return call.Fail(outcome.error());
      const Batch& batch = outcome->batch;
      bool elsewhere = outcome->kind == StartOutcome::Kind::kAlreadyRunning && batch.retry_of != id;
      if (elsewhere) {
        return call.responder->Send(MakeProblem(
            409, fmt::format("{} runs on {} already: '{}' can be retried when it has ended",
                             batch.id.str(), FormatDay(batch.slot.game_date), id.str())));
      }
      AnswerStart(call, *outcome, batch.slot, store.Now());
    });
  });
}

// What a PATCH may change. kInvalid names the field.
Result<PolicyPatch> ReadPatch(const json::object& body, const Batch& batch) {
  TIPOFF_TRY_STATUS(
      OnlyFields(body, {"reason", "terminal_by", "stall_after", "stall_percent", "tolerance",
                        "required_players", "publishes_max", "poison_after"}));
  json::object changes = body;
  changes.erase("reason");
  changes.erase("terminal_by");
  TIPOFF_TRY(Policy policy, ReadPolicy(changes, batch.policy));
  PolicyPatch patch;
  json::value value(body);
  JsonReader reader(value);
  Instant terminal_by = reader.At("terminal_by");
  TIPOFF_TRY_STATUS(reader.status());
  if (!terminal_by.never()) {
    if (terminal_by > batch.terminal_by) {
      return Error{
          Errc::kInvalid,
          fmt::format("terminal_by: {} was promised; it may be brought forward, never back",
                      FormatInstant(batch.terminal_by))};
    }
    patch.terminal_by = terminal_by;
  }
  if (reader.Has("stall_after")) patch.stall_after = policy.stall_after;
  if (reader.Has("stall_percent")) patch.stall_percent = policy.stall_percent;
  if (reader.Has("tolerance")) patch.tolerance = policy.tolerance;
  if (reader.Has("required_players")) patch.required_players = policy.required_players;
  if (reader.Has("publishes_max")) patch.publishes_max = policy.publishes_max;
  if (reader.Has("poison_after")) patch.poison_after = policy.poison_after;
  return patch;
}

// A required player who is not in the batch would forbid every early end.
Status CheckRequired(const PolicyPatch& patch, const Snapshot& snapshot) {
  if (!patch.required_players) return Ok();
  for (const PlayerId& player : *patch.required_players) {
    bool known = std::any_of(snapshot.rows.begin(), snapshot.rows.end(),
                             [&](const Request& row) { return row.player == player; });
    if (!known) {
      return Error{Errc::kInvalid,
                   fmt::format("required_players: '{}' is not in the batch", player.str())};
    }
  }
  return Ok();
}

void PatchLoaded(const ApiParts& parts, const Call& call, const json::object& body,
                 const Snapshot& snapshot) {
  auto patch = ReadPatch(body, snapshot.batch);
  if (!patch.ok()) return call.Fail(patch.error());
  Status required = CheckRequired(*patch, snapshot);
  if (!required.ok()) return call.Fail(required.error());
  if (IsTerminal(snapshot.batch.phase)) {
    return call.Fail({Errc::kConflict, fmt::format("batch '{}' has ended; nothing to change",
                                                   snapshot.batch.id.str())});
  }
  auto why = ReadReason(body);
  if (!why.ok()) return call.Fail(why.error());
  BatchId id = snapshot.batch.id;
  Driver& driver = parts.coordinator.driver();
  Store& store = parts.store;
  Audited(parts, call, {"batch.patch", id.str(), *why + (why->empty() ? "" : " ") + DumpJson(body)},
          [&driver, &store, call, id, patch = *patch] {
            driver.Submit(id, {}, Patch{{}, patch}, [&store, call](Result<Applied> applied) {
              if (!applied.ok()) return call.Fail(applied.error());
              TIPOFF_CRASH_POINT("api/patched");
              call.Answer(200, BatchToJson(applied->batch, store.Now()));
            });
          });
}

void PatchBatch(const ApiParts& parts, const Call& call) {
  auto body = call.Body();
  if (!body.ok()) return call.Fail(body.error());
  RowKeys keys;
  if (const json::value* players = body->if_contains("required_players");
      players != nullptr && players->is_array()) {
    for (const json::value& player : players->as_array()) {
      if (player.is_string()) {
        keys.players.push_back({PlayerId(std::string(player.as_string())), ""});
      }
    }
  }
  parts.store.Load(BatchId(call.Param("id")), std::move(keys),
                   [parts, call, body = *body](Result<Snapshot> snapshot) {
                     if (!snapshot.ok()) return call.Fail(snapshot.error());
                     PatchLoaded(parts, call, body, *snapshot);
                   });
}

}  // namespace

void AddOrderRoutes(Router& router, const ApiParts& parts, const std::shared_ptr<bool>& draining) {
  auto add = [&](const char* method, const char* path,
                 void (*handler)(const ApiParts&, const Call&), bool starts) {
    router.Add(method, path, Role::kOperate, [parts, handler, starts, draining](const Call& call) {
      if (starts && *draining) return call.responder->Send(Draining());
      handler(parts, call);
    });
  };
  add("POST", "/v1/batches", StartBatch, true);
  add("POST", "/v1/batches/{id}:retry", RetryBatch, true);
  add("POST", "/v1/batches/{id}:check-stalled", CheckStalledBatch, false);
  add("PATCH", "/v1/batches/{id}", PatchBatch, false);
  router.Add("POST", "/v1/batches/{id}:cancel", Role::kOperate,
             OrderHandler(parts, Order::kCancel, "batch.cancel"));
  router.Add("POST", "/v1/batches/{id}:clear", Role::kOperate,
             OrderHandler(parts, Order::kClear, "batch.clear"));
  router.Add("POST", "/v1/batches/{id}:finish", Role::kOperate,
             OrderHandler(parts, Order::kFinish, "batch.finish"));
}

}  // namespace tipoff
