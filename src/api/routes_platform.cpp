// The paths and fields that the platform's schedulers, workers and tools know. docs/API.md lists
// them beside the /v1 paths that do the same.
#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/batch_list.h"
#include "api/fields.h"
#include "api/orders.h"
#include "api/routes.h"
#include "api/starting.h"
#include "api/visit.h"
#include "base/json.h"
#include "base/new_york.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// How long the answer of a /check-stalled for all batches waits for what the sweep has set going.
constexpr auto kSweepTime = std::chrono::seconds(8);

double Seconds(Duration d) { return static_cast<double>(d.count()) / 1e6; }

// progress{...} as /status and /check-stalled tell it.
json::object ProgressToJson(const Batch& batch, Instant now) {
  const Counts& counts = batch.counts;
  bool over = IsTerminal(batch.phase);
  double elapsed = Seconds((over ? batch.terminal_at : now) - batch.created_at);
  double rate = elapsed > 0 ? counts.terminal() / elapsed : 0;
  json::object progress{{"expected", counts.expected()},
                        {"completed", counts.done()},
                        {"failed", counts.terminal() - counts.done()},
                        {"remaining", counts.open()},
                        {"is_complete", over},
                        {"total_predictions", batch.predictions},
                        {"elapsed_seconds", elapsed},
                        {"completion_rate", rate},
                        {"eta_seconds", nullptr},
                        {"progress_percentage", counts.done_percent()}};
  if (over) progress["eta_seconds"] = 0;
  if (!over && rate > 0) progress["eta_seconds"] = counts.open() / rate;
  return progress;
}

std::string MonitorUrl(const Call& call, const Batch& batch) {
  std::string_view host = call.request.Header("host");
  std::string_view scheme = call.request.Header("x-forwarded-proto") == "https" ? "https" : "http";
  return host.empty() ? fmt::format("/status?batch_id={}", batch.id.str())
                      : fmt::format("{}://{}/status?batch_id={}", scheme, host, batch.id.str());
}

void AnswerStart(const Call& call, const StartOutcome& outcome, const Slot& slot) {
  const Batch& batch = outcome.batch;
  switch (outcome.kind) {
    case StartOutcome::Kind::kStarted:
      return call.Answer(
          202, json::object{{"status", "started"},
                            {"batch_id", batch.id.str()},
                            {"game_date", FormatDay(batch.slot.game_date)},
                            {"total_requests", batch.expected()},
                            {"published", batch.expected() - batch.counts[RequestState::kPending]},
                            {"terminal_by", InstantToJson(batch.terminal_by)},
                            {"summary", SummaryToJson(slot, outcome.summary)},
                            {"monitor_url", MonitorUrl(call, batch)}});
    case StartOutcome::Kind::kAlreadyRunning:
      return call.Answer(409, json::object{{"status", "already_running"},
                                           {"batch_id", batch.id.str()},
                                           {"game_date", FormatDay(batch.slot.game_date)},
                                           {"terminal_by", InstantToJson(batch.terminal_by)},
                                           {"progress",
                                            {{"expected", batch.expected()},
                                             {"completed", batch.counts.done()},
                                             {"pct", batch.counts.done_percent()}}}});
    case StartOutcome::Kind::kNoGames:
      return call.Answer(200,
                         json::object{{"status", "no_games_scheduled"},
                                      {"game_date", FormatDay(slot.game_date)},
                                      {"message", outcome.detail}},
                         {{"Retry-After", "600"}});  // They may be imported yet.
    case StartOutcome::Kind::kNoPlayers:
      return call.Answer(404, json::object{{"status", "error"},
                                           {"error", "NO_ELIGIBLE_PLAYERS"},
                                           {"message", outcome.detail},
                                           {"summary", SummaryToJson(slot, outcome.summary)}});
    case StartOutcome::Kind::kDataIncomplete:
    case StartOutcome::Kind::kStale: {
      bool stale = outcome.kind == StartOutcome::Kind::kStale;
      return call.Answer(503,
                         json::object{{"status", "error"},
                                      {"error", "DATA_INCOMPLETE"},
                                      {"message", outcome.detail},
                                      {"details",
                                       {{"game_date", FormatDay(slot.game_date)},
                                        {"cause", stale ? "stale" : "incomplete"}}}},
                         {{"Retry-After", "300"}});
    }
    case StartOutcome::Kind::kNothingToRetry: return call.Fail({Errc::kConflict, outcome.detail});
  }
}

void Start(const ApiParts& parts, const Call& call) {
  auto body = call.Body();
  if (!body.ok()) return call.Fail(body.error());
  auto request = ReadPlatformStart(*body, parts.options, parts.loop.Now());
  if (!request.ok()) return call.Fail(request.error());
  request->trigger = "platform";
  request->idempotency_key = call.idempotency_key;
  Slot slot = request->slot;
  std::string why = request->parent_processor;
  std::string action = request->force ? "batch.start (force)" : "batch.start";
  Starter& starter = parts.coordinator.starter();
  Audited(parts, call, {action, FormatDay(slot.game_date), why},
          [&starter, call, slot, request = std::move(*request)] {
            starter.Start(request, [call, slot](Result<StartOutcome> outcome) {
              if (!outcome.ok()) return call.Fail(outcome.error());
              AnswerStart(call, *outcome, slot);
            });
          });
}

json::object StatusToJson(const Batch& batch, Instant now) {
  bool over = IsTerminal(batch.phase);
  json::object object{{"status", over ? "complete" : "in_progress"},
                      {"batch_id", batch.id.str()},
                      {"game_date", FormatDay(batch.slot.game_date)},
                      {"phase", ToString(batch.phase)},
                      {"reason", nullptr},
                      {"message", batch.message},
                      {"terminal_by", InstantToJson(batch.terminal_by)},
                      {"overdue", !over && now > batch.terminal_by},
                      {"is_stalled", IsStuck(batch, now)},
                      {"progress", ProgressToJson(batch, now)},
                      {"summary",
                       {{"expected_players", batch.expected()},
                        {"completed_players", batch.counts.done()},
                        {"total_predictions", batch.predictions},
                        {"correlation_id", batch.correlation_id}}}};
  if (batch.reason != Reason::kNone) object["reason"] = ToString(batch.reason);
  return object;
}

void AnswerStatus(const ApiParts& parts, const Call& call, const BatchId& id) {
  Store& store = parts.store;
  VisitBatch(parts, id, [&store, call](Result<Batch> batch) {
    if (!batch.ok()) return call.Fail(batch.error());
    call.Answer(200, StatusToJson(*batch, store.Now()));
  });
}

// Without a batch_id it is about the newest live one.
void GetStatus(const ApiParts& parts, const Call& call) {
  std::string id(call.request.Query("batch_id"));
  if (!id.empty()) return AnswerStatus(parts, call, BatchId(id));
  BatchFilter live{.live_only = true, .limit = 1};
  parts.store.ListBatches(live, [parts, call](Result<BatchPage> page) {
    if (!page.ok()) return call.Fail(page.error());
    if (!page->batches.empty()) return AnswerStatus(parts, call, page->batches.front().id);
    call.Answer(
        200,
        json::object{{"status", "no_active_batch"}, {"batch_id", nullptr}, {"is_stalled", false}});
  });
}

// Checks one batch after the other and gathers what became of each.
struct StallRound : std::enable_shared_from_this<StallRound> {
  StallRound(const ApiParts& a_parts, Call a_call) : parts(a_parts), call(std::move(a_call)) {}

  void Next() {
    if (next == ids.size()) return Finish();
    CheckBatch(parts, ids[next], stall_after, min_percent,
               [self = shared_from_this()](Result<StallCheck> check) {
                 self->Take(std::move(check));
                 ++self->next;
                 self->Next();
               });
  }

  void Take(Result<StallCheck> check) {
    if (!check.ok()) {  // One that can't be checked holds up no other.
      if (check.error().code == Errc::kNotFound) unknown = check.error();
      results.push_back({{"batch_id", ids[next].str()},
                         {"action", "no_action"},
                         {"error", check.error().message}});
      return;
    }
    // It was live when it was listed: the whole sweep before this check has ended it.
    if (swept && !check->ended && IsTerminal(check->batch.phase)) {
      check->ended = true;
      check->was_stalled = check->batch.reason == Reason::kStalled ||
                           check->batch.reason == Reason::kDeadlineExceeded;
    }
    ended += check->ended ? 1 : 0;
    results.push_back({{"batch_id", check->batch.id.str()},
                       {"was_stalled", check->was_stalled},
                       {"phase", ToString(check->batch.phase)},
                       {"progress", ProgressToJson(check->batch, parts.store.Now())},
                       {"action", ActionOf(*check)}});
  }

  void Finish() {
    if (unknown && ids.size() == 1) return call.Fail(*unknown);
    call.Answer(200, json::object{{"status", "ok"},
                                  {"batches_checked", ids.size()},
                                  {"batches_completed", ended},
                                  {"results", std::move(results)}});
  }

  ApiParts parts;
  Call call;
  Duration stall_after{};
  double min_percent = 90;
  bool swept = false;  // It is about every live batch, after one whole sweep.
  std::vector<BatchId> ids;
  std::size_t next = 0;
  std::size_t ended = 0;
  std::optional<Error> unknown;
  json::array results;
};

// A scheduler's minute may be all the time that this process gets: so relay and sweep have run
// before it is answered. A batch that the sweep can't decide about is told of by its own check.
void SweepThenCheck(const ApiParts& parts, const std::shared_ptr<StallRound>& round) {
  FindLive(parts.store, [&coordinator = parts.coordinator, round](Result<std::vector<Batch>> live) {
    if (!live.ok()) return round->call.Fail(live.error());
    for (const Batch& batch : *live) round->ids.push_back(batch.id);
    round->swept = true;
    coordinator.SweepNow(kSweepTime, [round](const Status&) { round->Next(); });
  });
}

void CheckStalledBatches(const ApiParts& parts, const Call& call) {
  auto body = call.Body();
  if (!body.ok()) return call.Fail(body.error());
  json::value value(*body);
  JsonReader reader(value);
  auto round = std::make_shared<StallRound>(parts, call);
  const Policy& policy = parts.options.policy;
  std::string id = reader.Text("batch_id");
  double minutes = reader.Number("stall_threshold_minutes", Seconds(policy.stall_after) / 60);
  round->min_percent = reader.Number("min_completion_pct", policy.stall_percent);
  if (!(minutes >= 0 && minutes <= 10'000)) {
    reader.Fail("stall_threshold_minutes", "must be from 0 to 10000");
  }
  if (!(round->min_percent >= 0 && round->min_percent <= 100)) {
    reader.Fail("min_completion_pct", "must be from 0 to 100");
  }
  if (!reader.status().ok()) return call.Fail(reader.status().error());
  round->stall_after = std::chrono::seconds(static_cast<std::int64_t>(minutes * 60));
  Audited(parts, call, {"batch.check-stalled", id.empty() ? "every live batch" : id, ""},
          [parts, round, id] {
            if (!id.empty()) {
              round->ids.push_back(BatchId(id));
              return round->Next();
            }
            SweepThenCheck(parts, round);
          });
}

struct Ending {
  BatchId id;
  Order order = Order::kFinish;
  std::string action;  // For the audit log.
  std::string why;
};

json::object EndedToJson(const Batch& batch, std::string_view status, Instant now) {
  return {{"status", status},
          {"batch_id", batch.id.str()},
          {"phase", ToString(batch.phase)},
          {"reason", ToString(batch.reason)},
          {"progress", ProgressToJson(batch, now)}};
}

void EndByOrder(const ApiParts& parts, const Call& call, const Ending& ending) {
  parts.store.Load(ending.id, {}, [parts, call, ending](Result<Snapshot> found) {
    if (!found.ok()) return call.Fail(found.error());
    if (IsTerminal(found->batch.phase)) {
      return call.Answer(200, EndedToJson(found->batch, "already_ended", parts.store.Now()));
    }
    Audited(parts, call, {ending.action, ending.id.str(), ending.why}, [parts, call, ending] {
      GiveOrder(
          parts, ending.id, ending.order, ending.why, [parts, call, ending](Result<Batch> batch) {
            if (!batch.ok()) return call.Fail(batch.error());
            bool reset = ending.order == Order::kFinish;
            call.Answer(200, EndedToJson(*batch, reset ? "reset" : "cleared", parts.store.Now()));
          });
    });
  });
}

// By batch_id, or the live batch of a game_date.
void Reset(const ApiParts& parts, const Call& call) {
  auto body = call.Body();
  if (!body.ok()) return call.Fail(body.error());
  json::value value(*body);
  JsonReader reader(value);
  std::string id = reader.Text("batch_id"), date = reader.Text("game_date");
  if (!reader.status().ok()) return call.Fail(reader.status().error());
  auto why = ReadReason(*body, "reset");
  if (!why.ok()) return call.Fail(why.error());
  Ending ending{BatchId(id), Order::kFinish, "batch.reset", *why};
  if (!id.empty()) return EndByOrder(parts, call, ending);
  if (date.empty()) {
    return call.Fail({Errc::kInvalid, "batch_id or game_date: one of them must name the batch"});
  }
  auto day = ResolveGameDate(date, parts.loop.Now());
  if (!day.ok()) return call.Fail(Annotate(day.error(), "game_date"));
  BatchFilter live{.live_only = true, .game_date = *day, .limit = 2};
  parts.store.ListBatches(live, [parts, call, ending, day = *day](Result<BatchPage> page) mutable {
    if (!page.ok()) return call.Fail(page.error());
    if (page->batches.empty()) {
      return call.Fail({Errc::kNotFound, fmt::format("no live batch of {}", FormatDay(day))});
    }
    if (page->batches.size() > 1) {
      return call.Fail({Errc::kConflict, fmt::format("several batches of {} are live, of different "
                                                     "datasets: name one by batch_id",
                                                     FormatDay(day))});
    }
    ending.id = page->batches.front().id;
    EndByOrder(parts, call, ending);
  });
}

void ClearBatch(const ApiParts& parts, const Call& call) {
  auto body = call.Body();
  if (!body.ok()) return call.Fail(body.error());
  json::value value(*body);
  JsonReader reader(value);
  std::string id = reader.Text("batch_id");
  if (!reader.status().ok()) return call.Fail(reader.status().error());
  if (id.empty()) return call.Fail({Errc::kInvalid, "batch_id: must name the batch to clear"});
  auto why = ReadReason(*body, "manual_clear");
  if (!why.ok()) return call.Fail(why.error());
  EndByOrder(parts, call, {BatchId(id), Order::kClear, "batch.clear", *why});
}

}  // namespace

void AddPlatformRoutes(Router& router, const ApiParts& parts,
                       const std::shared_ptr<bool>& draining) {
  router.Add("POST", "/start", Role::kOperate, [parts, draining](const Call& call) {
    if (!*draining) return Start(parts, call);
    call.responder->Send(MakeProblem(503, "this coordinator is stopping; ask again"));
  });
  router.Add("GET", "/status", Role::kRead, [parts](const Call& call) { GetStatus(parts, call); });
  router.Add("POST", "/check-stalled", Role::kOperate,
             [parts](const Call& call) { CheckStalledBatches(parts, call); });
  router.Add("POST", "/reset", Role::kOperate, [parts](const Call& call) { Reset(parts, call); });
  router.Add("POST", "/admin/clear-batch", Role::kOperate,
             [parts](const Call& call) { ClearBatch(parts, call); });
}

}  // namespace tipoff
