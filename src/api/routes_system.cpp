#include <fmt/format.h>

#include <boost/json.hpp>

#include "api/batch_list.h"
#include "api/fields.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/routes.h"
#include "base/json.h"
#include "base/reply.h"
#include "core/limits.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// A check of health answers within this, whatever the store does.
constexpr auto kCheckTime = std::chrono::seconds(3);

json::object CheckToJson(std::string_view name, bool ok, const std::string& detail) {
  return {{"name", name}, {"ok", ok}, {"detail", detail}};
}

// How the live batches stand: shown wherever health is asked for, so that green never hides stuck.
json::object LiveToJson(const std::vector<Batch>& live, Instant now) {
  std::uint64_t stuck = 0, overdue = 0;
  Duration idle_max{0};
  for (const Batch& batch : live) {
    stuck += IsStuck(batch, now) ? 1 : 0;
    overdue += now > batch.terminal_by ? 1 : 0;
    idle_max = std::max(idle_max, now - batch.progress_at);
  }
  return {
      {"live_batches", live.size()},
      {"live_batches_without_progress", stuck},
      {"live_batches_overdue", overdue},
      {"longest_without_progress_seconds", static_cast<double>(idle_max.count() / 1000) / 1000}};
}

// Whether this process can do work: the store answers, the bus answers, it is not stopping.
// `deep` fails on overdue batches, too.
void Ready(const ApiParts& parts, const Call& call, bool draining, bool deep) {
  Store& store = parts.store;
  Bus& bus = parts.bus;
  Loop& loop = parts.loop;
  auto store_reply = Reply<std::vector<Batch>>::Start(
      loop, kCheckTime, {Errc::kUnavailable, "no answer within 3s"},
      [&store, &bus, &loop, call, draining, deep](Result<std::vector<Batch>> live) {
        auto bus_reply = Reply<Backlog>::Start(
            loop, kCheckTime, {Errc::kUnavailable, "no answer within 3s"},
            [&store, call, draining, deep, live](Result<Backlog> backlog) {
              json::object answer;
              if (live.ok()) answer = LiveToJson(*live, store.Now());
              bool bus_ok = backlog.ok() || backlog.error().code == Errc::kUnsupported;
              json::array checks;
              checks.push_back(
                  CheckToJson("store", live.ok(), live.ok() ? "answers" : live.error().message));
              checks.push_back(
                  CheckToJson("bus", bus_ok, bus_ok ? "answers" : backlog.error().message));
              checks.push_back(CheckToJson("accepting", !draining,
                                           draining ? "stopping: starts nothing any more" : "yes"));
              bool stuck = live.ok() && answer["live_batches_without_progress"].as_uint64() > 0;
              bool overdue = live.ok() && answer["live_batches_overdue"].as_uint64() > 0;
              checks.push_back(CheckToJson(
                  "progress", !stuck,
                  stuck ? "live batches make no progress: `tipoff batch list --stuck`" : "yes"));
              bool ready = live.ok() && bus_ok && !draining && !(deep && overdue);
              answer["status"] = !ready ? "not_ready" : stuck ? "ready_but_stuck" : "ready";
              answer["checks"] = std::move(checks);
              call.Answer(ready ? 200 : 503, answer);
            });
        bus.Inspect({Topic::Kind::kRequests, ""},
                    [bus_reply](Result<Backlog> backlog) { bus_reply->Post(std::move(backlog)); });
      });
  FindLive(store,
           [store_reply](Result<std::vector<Batch>> live) { store_reply->Post(std::move(live)); });
}

void Alive(const ApiParts& parts, const Call& call) {
  call.Answer(200, json::object{{"status", "healthy"}, {"version", parts.options.version}});
}

void ListWorkers(const ApiParts& parts, const Call& call) {
  RecordFilter filter{.kind = "worker", .limit = 500};
  parts.store.ListRecords(filter, [call](Result<std::vector<Record>> records) {
    if (!records.ok()) return call.Fail(records.error());
    json::array workers;
    for (const Record& record : *records) {
      auto body = ParseJson(record.body);
      if (!body.ok() || !body->is_object()) continue;
      json::object worker = std::move(body->as_object());
      worker["seen_at"] = InstantToJson(record.at);
      workers.push_back(std::move(worker));
    }
    call.Answer(200, json::object{{"workers", std::move(workers)}});
  });
}

void ListQuarantine(const ApiParts& parts, const Call& call) {
  auto limit = QueryReader(call.request).Integer("limit", 100, 1, 1000);
  if (!limit.ok()) return call.Fail(limit.error());
  parts.store.ListQuarantine(static_cast<std::size_t>(*limit),
                             [call](Result<std::vector<Quarantined>> messages) {
                               if (!messages.ok()) return call.Fail(messages.error());
                               json::array array;
                               for (const Quarantined& message : *messages) {
                                 array.push_back({{"at", InstantToJson(message.at)},
                                                  {"topic", message.topic},
                                                  {"reason", message.reason},
                                                  {"body", message.body}});
                               }
                               call.Answer(200, json::object{{"messages", std::move(array)}});
                             });
}

struct BacklogRound : std::enable_shared_from_this<BacklogRound> {
  BacklogRound(Bus& a_bus, Call a_call) : bus(a_bus), call(std::move(a_call)) {}

  void Next() {
    if (next == topics.size()) {
      return call.Answer(200, json::object{{"topics", std::move(answer)}});
    }
    bus.Inspect(topics[next], [self = shared_from_this()](Result<Backlog> backlog) {
      json::object topic{{"topic", ToString(self->topics[self->next])}};
      if (backlog.ok()) {
        topic["waiting"] = backlog->waiting;
        topic["leased"] = backlog->leased;
        topic["oldest_at"] = InstantToJson(backlog->oldest);
      } else {
        topic["error"] = backlog.error().message;
      }
      self->answer.push_back(std::move(topic));
      ++self->next;
      self->Next();
    });
  }

  Bus& bus;
  Call call;
  std::vector<Topic> topics{{Topic::Kind::kRequests, ""},
                            {Topic::Kind::kCompletions, ""},
                            {Topic::Kind::kDeadLetters, ""}};
  std::size_t next = 0;
  json::array answer;
};

void ListAudit(const ApiParts& parts, const Call& call) {
  QueryReader reader(call.request);
  auto limit = reader.Integer("limit", 100, 1, 500);
  if (!limit.ok()) return call.Fail(limit.error());
  AuditFilter filter;
  filter.limit = static_cast<std::size_t>(*limit);
  filter.after = std::string(call.request.Query("cursor"));
  parts.audit.List(filter, [call](Result<AuditPage> page) {
    if (!page.ok()) return call.Fail(page.error());
    json::array entries;
    for (const AuditRecord& record : page->records) {
      entries.push_back({{"at", InstantToJson(record.at)},
                         {"who", record.entry.who},
                         {"role", ToString(record.entry.role)},
                         {"action", record.entry.action},
                         {"target", record.entry.target},
                         {"why", record.entry.why},
                         {"from", record.entry.from}});
    }
    json::object answer{{"entries", std::move(entries)}, {"next_cursor", nullptr}};
    if (!page->next.empty()) answer["next_cursor"] = page->next;
    call.Answer(200, answer);
  });
}

void Metrics(const ApiParts& parts, const Call& call) {
  CollectMetrics(parts, [call](std::string text) {
    HttpResponse response;
    response.content_type = "text/plain; version=0.0.4; charset=utf-8";
    response.body = std::move(text);
    call.responder->Send(std::move(response));
  });
}

}  // namespace

void AddSystemRoutes(Router& router, const ApiParts& parts, const std::shared_ptr<bool>& draining) {
  for (const char* path : {"/livez", "/health"}) {
    router.Add("GET", path, Role::kNone, [parts](const Call& call) { Alive(parts, call); });
  }
  for (const char* path : {"/readyz", "/ready"}) {
    router.Add("GET", path, Role::kNone,
               [parts, draining](const Call& call) { Ready(parts, call, *draining, false); });
  }
  router.Add("GET", "/health/deep", Role::kNone,
             [parts, draining](const Call& call) { Ready(parts, call, *draining, true); });
  router.Add("GET", "/metrics", Role::kNone, [parts](const Call& call) { Metrics(parts, call); });
  router.Add("GET", "/v1/workers", Role::kRead,
             [parts](const Call& call) { ListWorkers(parts, call); });
  router.Add("GET", "/v1/quarantine", Role::kRead,
             [parts](const Call& call) { ListQuarantine(parts, call); });
  router.Add("GET", "/v1/backlog", Role::kRead, [parts](const Call& call) {
    std::make_shared<BacklogRound>(parts.bus, call)->Next();
  });
  router.Add("GET", "/v1/audit", Role::kOperate,
             [parts](const Call& call) { ListAudit(parts, call); });
  const Router* routes = &router;
  router.Add("GET", "/openapi.json", Role::kNone, [parts, routes](const Call& call) {
    call.Answer(200, OpenApi(*routes, parts.options.version));
  });
}

}  // namespace tipoff
