#include "app/serve.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <memory>
#include <optional>

#include "api/keys.h"
#include "app/dashboard.h"
#include "app/game_date.h"
#include "app/models.h"
#include "app/schedule.h"
#include "app/scheduled_starts.h"
#include "app/service.h"
#include "app/settings.h"
#include "base/crash_point.h"
#include "base/log.h"
#include "http/server.h"

namespace tipoff {
namespace {

// What a stop may take, one after the other: answers under way, work in hand, commits. Together
// below the 10 s that a process is given before it is killed.
constexpr auto kAnswersGrace = std::chrono::seconds(2);
constexpr auto kWorkGrace = std::chrono::seconds(4);
constexpr auto kCommitsGrace = std::chrono::seconds(2);

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

// Everybody could start and clear batches on an address that others reach.
Status CheckExposure(Service& service, const std::string& host,
                     const std::string& coordinator_key) {
  if (IsLoopback(host) || !coordinator_key.empty()) return Ok();
  auto keys = service.engines().Wait<std::vector<ApiKey>>(
      [&](auto done) { ListKeys(service.engines().store(), std::move(done)); });
  if (!keys.ok()) return keys.error();
  for (const ApiKey& key : *keys) {
    if (key.revoked_at.never() && key.role != Role::kNone) return Ok();
  }
  return Error{
      Errc::kUnsupported,
      fmt::format("server.host {} can be reached by others, and there is no key: make one "
                  "with `tipoff keys add NAME --role operate`, or set COORDINATOR_API_KEY, "
                  "or serve on 127.0.0.1",
                  host)};
}

// Serves until a signal comes, then stops in order.
class Server {
 public:
  Server(Service& service, const Config& config, ChosenModel model)
      : service_(service),
        config_(config),
        model_(std::move(model)),
        starts_(service.engines().loop(), service.coordinator().starter(),
                [&config] { return StartRequestFrom(config); }),
        schedule_(service.engines().loop(), StartLinesFrom(config),
                  [this](const ScheduledStart& due) { starts_.Start(due); }) {}

  Status Listen() {
    Api& api = service_.api();
    TIPOFF_TRY(server_, HttpServer::Listen(
                            ServerOptionsFrom(config_),
                            [&api](HttpRequest request, std::shared_ptr<Responder> responder) {
                              api.Handle(std::move(request), std::move(responder));
                            }));
    return Ok();
  }

  void Serve() {
    AsioLoop& loop = service_.engines().loop();
    loop.OnTermination([&loop](int) { loop.Stop(); });
    service_.coordinator().Start();
    service_.StartHousekeeping();
    service_.WarmAuth();
    service_.WarmHistory();
    schedule_.Start();
    Worker::Options worker = WorkerOptionsFrom(config_);
    worker.drain = kWorkGrace;
    worker.version = model_.version;
    int workers = WorkersFrom(config_);
    service_.engines().StartWorkers(workers, model_.predict, worker);
    fmt::print("listening on {}\n", server_->url());
    std::fflush(stdout);
    Log(Severity::kInfo, "serving",
        {{"url", server_->url()},
         {"workers", std::to_string(workers)},
         {"model", model_.version.empty() ? "none" : model_.version}});
    TIPOFF_CRASH_POINT("serve/listening");
    loop.Run();
  }

  // Takes nothing more, answers what is under way, lets workers and commits finish.
  void Stop() {
    Log(Severity::kInfo, "stopping");
    TIPOFF_CRASH_POINT("serve/stopping");
    AsioLoop& loop = service_.engines().loop();
    service_.api().Drain();
    server_->BeginStop(kAnswersGrace, [&loop] { loop.Post([&loop] { loop.Stop(); }); });
    loop.Run();
    server_->Stop(Duration(0));
    TIPOFF_CRASH_POINT("serve/answered");
    service_.engines().StopWorkers();
    TIPOFF_CRASH_POINT("serve/workers-stopped");
    service_.Drain(kCommitsGrace);
    TIPOFF_CRASH_POINT("serve/drained");
    Log(Severity::kInfo, "stopped");
  }

 private:
  Service& service_;
  const Config& config_;
  ChosenModel model_;
  std::unique_ptr<HttpServer> server_;
  ScheduledStarts starts_;
  Schedule schedule_;
};

int Serve(const Globals& globals, std::optional<Duration> history_delay) {
  const Config& config = globals.config;
  Service::Options options = ServiceOptionsFrom(config);
  options.prefetch = PrefetchPlanFrom(config, history_delay);
  options.auth.open = IsLoopback(config.Text("server.host"));
  options.api.page = DashboardFiles();
  auto model = ChooseModel(globals);
  if (!model.ok()) return Complain(model.error());
  options.predict = model->predict;
  options.push_worker.version = model->version;
  options.fetch_key_sets = true;
  auto service = Service::Open(globals, Access::kReadWrite, std::move(options));
  if (!service.ok()) return Complain(service.error());
  TIPOFF_CRASH_POINT("serve/opened");
  Status exposure =
      CheckExposure(**service, config.Text("server.host"), config.Text("auth.coordinator_key"));
  if (!exposure.ok()) return Complain(exposure.error());
  if (HasHistory(globals.data)) {
    Status slates = BuildDueSlates(globals.data, (*service)->engines(), WallClock());
    if (!slates.ok()) return Complain(slates.error());
  } else {  // What has been started must end all the same.
    Log(Severity::kWarning, "there is no data yet: no day has games until some is imported",
        {{"remedy", fmt::format("tipoff --data {} import FILE...", globals.data)}});
  }
  Server server(**service, config, *std::move(model));
  Status listening = server.Listen();
  if (!listening.ok()) {
    Complain(Annotate(listening.error(), "server.port (" + config.Origin("server.port") + ")"));
    return kExitBadConfig;
  }
  server.Serve();
  server.Stop();
  return kExitSucceeded;
}

}  // namespace

void AddServe(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "serve", "Serve the HTTP API, sweep, and work batches, until told to stop");
  AddSettingFlag(*command, "--host", "server.host", globals);
  AddSettingFlag(*command, "--port", "server.port", globals);
  AddSettingFlag(*command, "--workers", "server.workers", globals);
  auto history_delay = std::make_shared<std::optional<Duration>>();
  AddHistoryDelay(*command, *history_delay);
  command->footer(
      "Prints one line, `listening on http://HOST:PORT`, when it is ready. On a loopback address\n"
      "and without any key, whoever is on this machine may do everything; other addresses need a\n"
      "key. SIGTERM and Ctrl-C stop it within 10 s; nothing is lost, and the next `serve` goes\n"
      "on. `tipoff config` shows all settings, [schedule] among them.\n\n"
      "Examples:\n"
      "  tipoff serve\n"
      "  tipoff serve --port 0 --workers 0\n"
      "  tipoff keys add scheduler --role operate && tipoff serve --host 0.0.0.0");
  command->callback([&globals, &run, history_delay] {
    run = [&globals, history_delay] { return Serve(globals, *history_delay); };
  });
}

}  // namespace tipoff
