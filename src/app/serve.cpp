#include "app/serve.h"

#include <fmt/format.h>

#include <cstdio>
#include <thread>

#include "api/keys.h"
#include "app/service.h"
#include "base/log.h"
#include "http/server.h"

namespace tipoff {
namespace {

// A stop takes at most about 8 s: requests under way, workers, commits.
constexpr auto kRequestsGrace = std::chrono::seconds(2);
constexpr auto kCommitsGrace = std::chrono::seconds(2);

struct ServeOptions {
  HttpServerOptions http;
  int workers = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
};

bool IsLoopback(const std::string& host) {
  return host == "localhost" || host == "::1" || host == "[::1]" || host.starts_with("127.");
}

// Everybody could start and clear batches on an address that others reach.
Status CheckExposure(Service& service, const std::string& host, const std::string& coordinator_key) {
  if (IsLoopback(host) || !coordinator_key.empty()) return Ok();
  auto keys = service.embedded().Wait<std::vector<ApiKey>>(
      [&](auto done) { ListKeys(service.embedded().store(), std::move(done)); });
  if (!keys.ok()) return keys.error();
  for (const ApiKey& key : *keys) {
    if (key.revoked_at.never() && key.role != Role::kNone) return Ok();
  }
  return Error{Errc::kUnsupported,
               fmt::format("--host {} can be reached by others, and there is no key: make one with "
                           "`tipoff keys add NAME --role operate`, or set COORDINATOR_API_KEY, or "
                           "serve on 127.0.0.1",
                           host)};
}

Service::Options ServiceOptions(const ServeOptions& options) {
  Service::Options service;
  const char* key = std::getenv("COORDINATOR_API_KEY");
  service.auth.coordinator_key = key == nullptr ? "" : key;
  service.auth.open = IsLoopback(options.http.host);
  service.predict_door = true;
  return service;
}

// The server's own thread waits for the loop to answer what is under way, so the loop runs on.
void StopServer(Embedded& embedded, HttpServer& server) {
  std::thread stopper([&] {
    server.Stop(kRequestsGrace);
    embedded.loop().Post([&embedded] { embedded.loop().Stop(); });
  });
  embedded.loop().Run();
  stopper.join();
}

int Serve(const Globals& globals, const ServeOptions& options) {
  Service::Options service_options = ServiceOptions(options);
  std::string coordinator_key = service_options.auth.coordinator_key;
  auto service = Service::Open(globals.data, Access::kReadWrite, std::move(service_options));
  if (!service.ok()) return Complain(service.error());
  Embedded& embedded = (*service)->embedded();
  Status exposure = CheckExposure(**service, options.http.host, coordinator_key);
  if (!exposure.ok()) return Complain(exposure.error());

  Api& api = (*service)->api();
  auto server = HttpServer::Listen(
      options.http, [&api](HttpRequest request, std::shared_ptr<Responder> responder) {
        api.Handle(std::move(request), std::move(responder));
      });
  if (!server.ok()) return Complain(server.error());
  embedded.loop().OnTermination([&](int) { embedded.loop().Stop(); });
  (*service)->coordinator().Start();
  (*service)->StartHousekeeping();
  embedded.StartWorkers(options.workers);
  fmt::print("listening on {}\n", (*server)->url());
  std::fflush(stdout);
  Log(Severity::kInfo, "serving",
      {{"url", (*server)->url()}, {"data", globals.data},
       {"workers", std::to_string(options.workers)}});
  embedded.loop().Run();

  Log(Severity::kInfo, "stopping");
  api.Drain();
  StopServer(embedded, **server);
  embedded.StopWorkers();
  (*service)->Drain(kCommitsGrace);
  return kExitSucceeded;
}

}  // namespace

void AddServe(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "serve", "Serve the HTTP API, sweep, and work batches, until told to stop");
  auto options = std::make_shared<ServeOptions>();
  command->add_option("--host", options->http.host, "Address to listen on")->capture_default_str();
  command->add_option("--port", options->http.port, "Port; 0 picks a free one")
      ->capture_default_str();
  command
      ->add_option("--workers", options->workers,
                   "Workers in this process; 0 if `tipoff worker` runs elsewhere")
      ->capture_default_str()
      ->check(CLI::Range(0, 64));
  command->footer(
      "Prints one line, `listening on http://HOST:PORT`, when it is ready. On a loopback address\n"
      "and without any key, whoever is on this machine may do everything; other addresses need a\n"
      "key. SIGTERM and Ctrl-C stop it within 10 s; nothing is lost, and the next `serve` goes on.\n\n"
      "Examples:\n"
      "  tipoff serve\n"
      "  tipoff serve --port 0 --workers 0\n"
      "  tipoff keys add scheduler --role operate && tipoff serve --host 0.0.0.0");
  command->callback([&globals, &run, options] {
    run = [&globals, options] { return Serve(globals, *options); };
  });
}

}  // namespace tipoff
