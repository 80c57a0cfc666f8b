#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "api/batch_list.h"
#include "api/canaries.h"
#include "api/fields.h"
#include "api/metrics.h"
#include "api/openapi.h"
#include "api/routes.h"
#include "base/json.h"
#include "base/reply.h"
#include "core/limits.h"
#include "flow/alerts.h"
#include "view/coordinator_presence.h"
#include "view/json.h"
#include "view/worker_presence.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// A check of health answers within this, whatever the store does.
constexpr auto kCheckTime = std::chrono::seconds(3);
constexpr auto kProbePeriod = std::chrono::seconds(5);
constexpr std::size_t kWorkersMax = 500;  // Shown; and read in one page.
constexpr std::size_t kCoordinatorsMax = 500;
constexpr int kWorkerPagesMax = 200;  // A hundred thousand lives within a day.

json::object CheckToJson(std::string_view name, bool ok, const std::string& detail) {
  return {{"name", name}, {"ok", ok}, {"detail", detail}};
}

// How the live batches stand: shown wherever health is asked for, so that green never hides stuck.
json::object LiveToJson(const std::vector<Batch>& live, Instant now) {
  LiveSummary summary = Summarise(live, now);
  return {{"live_batches", summary.live},
          {"live_batches_without_progress", summary.stuck},
          {"live_batches_overdue", summary.overdue},
          {"longest_without_progress_seconds",
           static_cast<double>(summary.idle_max.count() / 1000) / 1000}};
}

// Whether writes get through, by one that changes nothing else. Whoever asks within a while after
// it gets its outcome, and so do those who ask while it is under way.
class WriteProbe : public std::enable_shared_from_this<WriteProbe> {
 public:
  explicit WriteProbe(const ApiParts& parts) : loop_(parts.loop), store_(parts.store) {}

  void Ask(std::function<void(Status)> done) {
    if (known_ && loop_.Steady() - asked_at_ < kProbePeriod) return done(*known_);
    waiting_.push_back(std::move(done));
    if (waiting_.size() > 1) return;
    known_.reset();
    asked_at_ = loop_.Steady();
    auto reply =
        Reply<Record>::Start(loop_, kCheckTime, {Errc::kUnavailable, "no write was done within 3s"},
                             [self = shared_from_this()](const Result<Record>& written) {
                               self->known_ = written.ok() ? Ok() : Status(written.error());
                               for (auto& waiting : std::exchange(self->waiting_, {}))
                                 waiting(*self->known_);
                             });
    store_.PutRecord({"probe", "readyz", {}, "{}"}, PutMode::kReplace,
                     [reply](Result<Record> written) { reply->Post(std::move(written)); });
  }

 private:
  Loop& loop_;
  Store& store_;
  Duration asked_at_{};
  std::optional<Status> known_;
  std::vector<std::function<void(Status)>> waiting_;
};

// What one check of readiness has found out. Its questions are asked at the same time.
struct Readiness {
  Call call;
  bool draining = false;
  bool deep = false;    // Overdue batches fail it, too.
  bool canary = false;  // So does a dead path.
  CanaryRules rules;
  int open = 5;
  Result<std::vector<Batch>> live = std::vector<Batch>();
  Result<Backlog> backlog = Backlog();
  Status writes = Ok();
  Result<CanaryHealth> path = CanaryHealth();
  Result<std::vector<Alert>> alerts = std::vector<Alert>();  // Asked for by the deep check.
};

void AnswerReadiness(const Readiness& found, Instant now) {
  const auto& live = found.live;
  json::object answer;
  if (live.ok()) answer = LiveToJson(*live, now);
  bool store_ok = live.ok() && found.writes.ok();
  bool bus_ok = found.backlog.ok() || found.backlog.error().code == Errc::kUnsupported;
  std::string store = "answers";
  if (!found.writes.ok()) store = "can't be written: " + found.writes.error().message;
  if (!live.ok()) store = live.error().message;
  bool stuck = live.ok() && answer["live_batches_without_progress"].as_uint64() > 0;
  bool overdue = live.ok() && answer["live_batches_overdue"].as_uint64() > 0;
  json::array checks;
  checks.push_back(CheckToJson("store", store_ok, store));
  checks.push_back(CheckToJson("bus", bus_ok, bus_ok ? "answers" : found.backlog.error().message));
  checks.push_back(CheckToJson("accepting", !found.draining,
                               found.draining ? "stopping: starts nothing any more" : "yes"));
  checks.push_back(
      CheckToJson("progress", !stuck,
                  stuck ? "live batches make no progress: `tipoff batch list --stuck`" : "yes"));
  bool dead = found.path.ok() && PathIsDead(*found.path, found.rules);
  checks.push_back(CheckToJson(
      "canary", !dead,
      found.path.ok() ? DescribeCanaries(*found.path, found.rules, now) : "can't be read"));
  if (found.deep && found.alerts.ok()) {  // Says so, and changes nothing: the process is well.
    bool recent = IsRecent(*found.alerts, now);
    checks.push_back(
        CheckToJson("alerts", !recent, recent ? found.alerts->front().message : "none"));
  }
  bool ready =
      store_ok && bus_ok && !found.draining && !(found.deep && overdue) && !(found.canary && dead);
  answer["status"] = !ready ? "not_ready" : stuck ? "ready_but_stuck" : "ready";
  answer["checks"] = std::move(checks);
  found.call.Answer(ready ? 200 : 503, answer);
}

// Whether this process can do work: the store answers and takes writes, the bus answers, it is not
// stopping.
void Ready(const ApiParts& parts, const Call& call, WriteProbe& probe, bool draining, bool deep) {
  QueryReader reader(call.request);
  Status only = reader.Only({"canary"});
  if (!only.ok()) return call.Fail(only.error());
  bool told = call.request.query.contains("canary");
  auto canary = reader.Flag("canary");
  if (!canary.ok()) return call.Fail(canary.error());
  Store& store = parts.store;
  auto found = std::make_shared<Readiness>();
  found->call = call;
  found->draining = draining;
  found->deep = deep;
  found->rules = parts.options.canary;
  found->canary = told ? *canary : deep || found->rules.readiness;
  auto take = [found, &store] {
    if (--found->open == 0) AnswerReadiness(*found, store.Now());
  };
  const Error late{Errc::kUnavailable, "no answer within 3s"};
  auto live = Reply<std::vector<Batch>>::Start(parts.loop, kCheckTime, late,
                                               [found, take](Result<std::vector<Batch>> answer) {
                                                 found->live = std::move(answer);
                                                 take();
                                               });
  auto backlog =
      Reply<Backlog>::Start(parts.loop, kCheckTime, late, [found, take](Result<Backlog> answer) {
        found->backlog = std::move(answer);
        take();
      });
  auto path = Reply<CanaryHealth>::Start(parts.loop, kCheckTime, late,
                                         [found, take](Result<CanaryHealth> answer) {
                                           found->path = std::move(answer);
                                           take();
                                         });
  FindCanaryHealth(store, [path](Result<CanaryHealth> answer) { path->Post(std::move(answer)); });
  FindLive(store, [live](Result<std::vector<Batch>> answer) { live->Post(std::move(answer)); });
  parts.bus.Inspect({Topic::Kind::kRequests, ""},
                    [backlog](Result<Backlog> answer) { backlog->Post(std::move(answer)); });
  if (deep) {
    auto alerts = Reply<std::vector<Alert>>::Start(
        parts.loop, kCheckTime, late, [found, take](Result<std::vector<Alert>> answer) {
          found->alerts = std::move(answer);
          take();
        });
    ListAlerts(store, 1,
               [alerts](Result<std::vector<Alert>> answer) { alerts->Post(std::move(answer)); });
  } else {
    take();
  }
  if (parts.options.read_only) return take();
  probe.Ask([found, take](Status written) {
    found->writes = std::move(written);
    take();
  });
}

void Alive(const ApiParts& parts, const Call& call) {
  call.Answer(200, json::object{{"status", "healthy"}, {"version", parts.options.version}});
}

// Those that were seen last, newest first. Their names say nothing about that, so all are looked
// through: one that crashes at every start leaves a name each time.
struct WorkerRound : std::enable_shared_from_this<WorkerRound> {
  WorkerRound(Store& a_store, Call a_call) : store(a_store), call(std::move(a_call)) {}

  void Next(const std::string& after) {
    RecordFilter page{.kind = std::string(kWorkerRecords), .after = after, .limit = kWorkersMax};
    store.ListRecords(page, [self = shared_from_this()](Result<std::vector<Record>> records) {
      if (!records.ok()) return self->call.Fail(records.error());
      self->Take(std::move(*records));
    });
  }

  void Take(std::vector<Record> records) {
    bool last = records.size() < kWorkersMax || ++pages == kWorkerPagesMax;
    std::string after = records.empty() ? "" : records.back().id;
    std::move(records.begin(), records.end(), std::back_inserter(newest));
    std::stable_sort(newest.begin(), newest.end(),
                     [](const Record& a, const Record& b) { return a.at > b.at; });
    if (newest.size() > kWorkersMax) newest.resize(kWorkersMax);
    last ? Answer() : Next(after);
  }

  void Answer() const {
    json::array workers;
    for (const Record& record : newest) {
      auto body = ParseJson(record.body);
      if (!body.ok() || !body->is_object()) continue;
      json::object worker = std::move(body->as_object());
      worker["seen_at"] = InstantToJson(record.at);
      workers.push_back(std::move(worker));
    }
    call.Answer(200, json::object{{"workers", std::move(workers)}});
  }

  Store& store;
  Call call;
  std::vector<Record> newest;
  int pages = 0;
};

void ListWorkers(const ApiParts& parts, const Call& call) {
  Status only = QueryReader(call.request).Only({});
  if (!only.ok()) return call.Fail(only.error());
  std::make_shared<WorkerRound>(parts.store, call)->Next("");
}

// Those that were seen within their records' life, those seen last first.
void ListCoordinators(const ApiParts& parts, const Call& call) {
  Status only = QueryReader(call.request).Only({});
  if (!only.ok()) return call.Fail(only.error());
  std::string leader = parts.coordinator.sweep().standing().holder;
  parts.store.ListRecords(
      {.kind = kCoordinatorRecords, .limit = kCoordinatorsMax},
      [call, leader](Result<std::vector<Record>> records) {
        if (!records.ok()) return call.Fail(records.error());
        std::stable_sort(records->begin(), records->end(),
                         [](const Record& a, const Record& b) { return a.at > b.at; });
        json::array coordinators;
        for (const Record& record : *records) {
          auto presence = DecodeCoordinatorPresence(record.body);
          if (!presence.ok()) continue;
          coordinators.push_back({{"process", presence->process},
                                  {"started_at", InstantToJson(presence->started_at)},
                                  {"stopped_at", InstantToJson(presence->stopped_at)},
                                  {"swept_at", InstantToJson(presence->swept_at)},
                                  {"seen_at", InstantToJson(record.at)}});
        }
        json::object answer{{"sweep_leader", nullptr}, {"coordinators", std::move(coordinators)}};
        if (!leader.empty()) answer["sweep_leader"] = leader;
        call.Answer(200, answer);
      });
}

void ListQuarantine(const ApiParts& parts, const Call& call) {
  QueryReader reader(call.request);
  Status only = reader.Only({"limit"});
  if (!only.ok()) return call.Fail(only.error());
  auto limit = reader.Integer("limit", 100, 1, 1000);
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
        if (backlog.error().code == Errc::kUnsupported) topic["uncountable"] = true;
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
  Status only = reader.Only({"limit", "cursor"});
  if (!only.ok()) return call.Fail(only.error());
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
  auto probe = std::make_shared<WriteProbe>(parts);
  for (const char* path : {"/readyz", "/ready", "/health/deep"}) {
    bool deep = std::string_view(path) == "/health/deep";
    router.Add("GET", path, Role::kNone, [parts, draining, probe, deep](const Call& call) {
      Ready(parts, call, *probe, *draining, deep);
    });
  }
  router.Add("GET", "/metrics", Role::kNone, [parts](const Call& call) { Metrics(parts, call); });
  router.Add("GET", "/v1/workers", Role::kRead,
             [parts](const Call& call) { ListWorkers(parts, call); });
  router.Add("GET", "/v1/coordinators", Role::kRead,
             [parts](const Call& call) { ListCoordinators(parts, call); });
  router.Add("GET", "/v1/quarantine", Role::kRead,
             [parts](const Call& call) { ListQuarantine(parts, call); });
  router.Add("GET", "/v1/backlog", Role::kRead, [parts](const Call& call) {
    Status only = QueryReader(call.request).Only({});
    if (!only.ok()) return call.Fail(only.error());
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
