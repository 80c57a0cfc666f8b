#include "app/service.h"

#include "api/autopsies.h"
#include "api/sessions.h"
#include "app/closed_bus.h"
#include "app/version.h"
#include "base/new_york.h"
#include "core/autopsy.h"
#include "flow/start.h"
#include "predict/pipeline.h"
#include "view/canary.h"

namespace tipoff {
namespace {

constexpr auto kHousekeepingPeriod = std::chrono::hours(1);
// Of a key set.
constexpr auto kFetchTime = std::chrono::seconds(5);
// Longer than any repeat is recognised.
constexpr auto kRecordsKept = std::chrono::hours(48);

// Reads a text over the network for those who know no HTTP.
FetchText FetchWith(HttpClient& client) {
  return [&client](std::string url, DoneWith<std::string> done) {
    HttpCall call;
    call.url = std::move(url);
    call.timeout = kFetchTime;
    call.body_max = 1u << 20;
    client.Call(std::move(call), [done = std::move(done)](Result<HttpResponse> response) {
      if (!response.ok()) return done(response.error());
      if (response->status != 200) {
        return done(Error{Errc::kUnavailable, ServerWords(*response)});
      }
      done(std::move(response->body));
    });
  };
}

}  // namespace

Service::Service(std::unique_ptr<Engines> engines) : engines_(std::move(engines)) {}

Service::~Service() { engines_->loop().Cancel(housekeeping_); }

Result<std::unique_ptr<Service>> Service::Open(const Globals& globals, Access access,
                                               Options options) {
  TIPOFF_TRY(auto engines, Engines::Open(globals, access));
  std::unique_ptr<Service> service(new Service(std::move(engines)));
  Engines& parts = service->engines();
  Loop& loop = parts.loop();
  if (access == Access::kReadOnly) service->closed_bus_ = std::make_unique<ClosedBus>(loop);
  Bus& bus = access == Access::kReadOnly ? *service->closed_bus_ : parts.bus();
  service->history_ = parts.histories()(loop);
  service->history_is_local_ = !HistoryIsRemote(globals.config);
  service->prefetch_ = std::make_unique<PrefetchSource>(loop, *service->history_, options.prefetch);
  if (options.fetch_key_sets || !options.announce.webhooks.empty()) {
    service->http_client_ = std::make_unique<HttpClient>(loop);
  }
  service->keep_batches_ = options.sweep.keep_batches;
  std::map<std::string, Announce> announcers =
      MakeAnnouncers(options.announce, loop, bus, service->http_client_.get(), &parts.store());
  service->rows_ = std::make_unique<BigqueryRows>(loop, parts.store(), options.announce.rows);
  service->rows_->AddTo(announcers);
  announcers[kAutopsyTarget] = AutopsyAnnouncement(loop, parts.store(), bus);
  service->store_ = std::make_unique<MeteredStore>(loop, parts.store());
  service->coordinator_ = std::make_unique<Coordinator>(
      loop, *service->store_, bus, parts.random(),
      Coordinator::Options{.process = parts.process(),
                           .sweep = options.sweep,
                           .targets = std::move(announcers),
                           .canary = options.canary,
                           .prefetch = service->prefetch_->ForRelay()});
  if (options.fetch_key_sets) {
    options.auth.oidc.fetch = FetchWith(*service->http_client_);
  }
  service->auth_ = std::make_unique<Auth>(loop, parts.store(), std::move(options.auth));
  service->audit_ = std::make_unique<Audit>(parts.store(), parts.random());
  if (options.predict) {
    options.push_worker.process = parts.process();
    options.push_worker.name = parts.process().str() + "/push";
    options.push_worker.version = VersionWith(options.push_worker.version);
    service->push_worker_ = std::make_unique<Worker>(loop, parts.store(), bus, *service->history_,
                                                     options.predict, options.push_worker);
  }
  options.api.version = VersionText();
  options.api.read_only = access == Access::kReadOnly;
  service->api_ = std::make_unique<Api>(
      ApiParts{loop, *service->store_, bus, *service->history_, parts.random(),
               *service->coordinator_, *service->auth_, *service->audit_,
               service->push_worker_.get(), std::move(options.api), &service->store_->tally()});
  return service;
}

// Once it was asked, it takes them in when nobody asks.
void Service::WarmHistory() {
  if (!history_is_local_) return;
  history_->Load({.before = NewYorkDay(engines_->loop().Now())},
                 [](const Result<HistoryBatch>&) {});
}

void Service::StartHousekeeping() {
  DropOld();
  housekeeping_ = engines_->loop().After(kHousekeepingPeriod, [this] { StartHousekeeping(); });
}

void Service::DropOld() {
  Store& store = engines_->store();
  for (std::string_view kind : {std::string_view("idempotency"), std::string_view("answer"),
                                std::string_view("start"), std::string_view(kSessionRecords),
                                kCanaryRecords, kCanaryWorkedRecords, kCanaryCountedRecords}) {
    store.DropRecords(std::string(kind), store.Now() - kRecordsKept, [](Result<std::size_t>) {});
  }
  if (keep_batches_ == Duration::zero()) return;
  for (std::string_view kind : {kAutopsyRecords, std::string_view(kIncompleteRecords)}) {
    store.DropRecords(std::string(kind), store.Now() - keep_batches_, [](Result<std::size_t>) {});
  }
}

void Service::Drain(Duration limit) {
  Loop& loop = engines_->loop();
  bool drained = false;
  coordinator_->Stop([this, &drained] {
    drained = true;
    engines_->loop().Stop();
  });
  Loop::TimerId timer = loop.After(limit, [this] { engines_->loop().Stop(); });
  engines_->loop().Run();
  loop.Cancel(timer);
}

}  // namespace tipoff
