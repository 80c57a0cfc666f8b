#include "app/worker.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <CLI/CLI.hpp>

#include <filesystem>
#include <mutex>
#include <optional>
#include <thread>

#include "app/connect.h"
#include "app/engines.h"
#include "app/gcp.h"
#include "app/health_door.h"
#include "app/history.h"
#include "app/models.h"
#include "app/remote_worker.h"
#include "app/settings.h"
#include "app/version.h"
#include "base/log.h"
#include "http/client.h"

namespace tipoff {
namespace {

constexpr auto kFolderCheck = std::chrono::seconds(2);

struct WorkerArguments {
  ServerChoice connection;
  std::string name;
  int concurrency = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  std::size_t held_max = 0;  // 0: as configured, or for a server the default.
  std::optional<std::uint16_t> health_port;
};

void SayStarted(const std::string& what_for, const std::string& name, int concurrency) {
  fmt::print(stderr, "working for {} as {}, {} at a time\n", what_for, name, concurrency);
  Log(Severity::kInfo, "working", {{"for", what_for}, {"worker", name}});
}

// The door for probes, if one is wanted: ready is who can read the store.
Result<std::unique_ptr<HealthDoor>> OpenHealthDoor(const WorkerArguments& options,
                                                   Engines& engines) {
  if (!options.health_port) return std::unique_ptr<HealthDoor>();
  TIPOFF_TRY(auto door, HealthDoor::Open(*options.health_port, engines.loop(), [&](auto done) {
               engines.store().ListBatches({.live_only = true, .limit = 1},
                                           [done](const Result<BatchPage>& page) {
                                             done(page.ok() ? Ok() : Status(page.error()));
                                           });
             }));
  Log(Severity::kInfo, "answering probes", {{"url", door->server().url()}});
  return door;
}

// Which file it is: one that was removed and made anew is another.
std::optional<std::pair<dev_t, ino_t>> Identity(const std::string& path) {
  struct stat status {};
  if (stat(path.c_str(), &status) != 0) return std::nullopt;
  return std::pair(status.st_dev, status.st_ino);
}

// A worker on the data folder of this machine.
class LocalWorker {
 public:
  LocalWorker(Engines& engines, std::string path)
      : engines_(engines), path_(std::move(path)), identity_(Identity(path_)) {
    engines_.loop().OnTermination([this](int) { engines_.loop().Stop(); });
  }

  // Works until told to stop. An error: the database has gone from under it.
  Status Work(const WorkerArguments& options, const ChosenModel& model, Worker::Options worker) {
    worker.version = model.version;
    worker.name = options.name;
    if (options.held_max > 0) worker.held_max = options.held_max;
    engines_.StartWorkers(options.concurrency, model.predict, worker);
    Look();
    engines_.loop().Run();
    engines_.loop().Cancel(timer_);
    if (gone_) {
      return Error{Errc::kUnavailable,
                   fmt::format("the database {} has gone from under this worker; it stops", path_)};
    }
    engines_.StopWorkers();
    return Ok();
  }

 private:
  // SQLite goes on happily with a file that nobody else can see any more.
  void Look() {
    gone_ = Identity(path_) != identity_;
    if (gone_) return engines_.loop().Stop();
    timer_ = engines_.loop().After(kFolderCheck, [this] { Look(); });
  }

  Engines& engines_;
  std::string path_;
  std::optional<std::pair<dev_t, ino_t>> identity_;
  Loop::TimerId timer_ = 0;
  bool gone_ = false;
};

// A worker on Google's services, with the history of this machine's data folder.
int WorkInTheCloud(const Globals& globals, const WorkerArguments& options,
                   const ChosenModel& model) {
  auto engines = Engines::Open(globals, Access::kReadWrite);
  if (!engines.ok()) return Complain(engines.error());
  if (!HistoryIsRemote(globals.config) && !HasHistory(globals.data)) {
    return Complain({Errc::kNotFound,
                     fmt::format("there is no history in '{0}', so nobody could be predicted: "
                                 "`tipoff --data {0} import FILE...` here, or copy history.db from "
                                 "another machine",
                                 globals.data)});
  }
  Worker::Options worker = WorkerOptionsFrom(globals.config);
  worker.name = options.name;
  if (options.held_max > 0) worker.held_max = options.held_max;
  auto door = OpenHealthDoor(options, **engines);
  if (!door.ok()) return Complain(Annotate(door.error(), "--health-port"));
  worker.version = model.version;
  SayStarted("project " + globals.config.Text("gcp.project"), (*engines)->process().str(),
             options.concurrency);
  AsioLoop& loop = (*engines)->loop();
  (*engines)->StartWorkers(options.concurrency, model.predict, worker);
  loop.OnTermination([&loop](int) { loop.Stop(); });
  loop.Run();
  (*engines)->StopWorkers();
  return kExitSucceeded;
}

int WorkHere(const Globals& globals, const WorkerArguments& options) {
  auto model = ChooseModel(globals);
  if (!model.ok()) return Complain(model.error());
  if (UsesGcp(globals.config)) return WorkInTheCloud(globals, options, *model);
  std::string path = (std::filesystem::path(globals.data) / "tipoff.db").string();
  if (!std::filesystem::exists(path)) {
    return Complain({Errc::kNotFound,
                     fmt::format("there is no {}: start `tipoff --data {} serve` first, or name "
                                 "the server to work for with --url",
                                 path, globals.data)});
  }
  auto engines = Engines::Open(globals, Access::kReadWrite);
  if (!engines.ok()) return Complain(engines.error());
  auto door = OpenHealthDoor(options, **engines);
  if (!door.ok()) return Complain(Annotate(door.error(), "--health-port"));
  LocalWorker worker(**engines, path);
  SayStarted(globals.data, (*engines)->process().str(), options.concurrency);
  Status worked = worker.Work(options, *model, WorkerOptionsFrom(globals.config));
  if (worked.ok()) return kExitSucceeded;
  int exit = Complain(worked.error());
  // Nothing that it holds can be given back, and nothing is left to close.
  std::_Exit(exit);
}

// One of several workers for a server elsewhere, each on a thread of its own.
class RemoteThread {
 public:
  RemoteThread(const Predictor& predict, RemoteWorker::Options options,
               std::function<void(Error)> refused)
      : client_(std::make_unique<HttpClient>(loop_)),
        worker_(
            loop_, [this](HttpCall call, auto done) { client_->Call(std::move(call), done); },
            predict, std::move(options)),
        thread_([this, refused = std::move(refused)] {
          loop_.Post([this, refused] { worker_.Start(refused); });
          loop_.Run();
          client_.reset();
        }) {}

  void BeginStop() {
    loop_.Post([this] { worker_.Stop([this] { loop_.Stop(); }); });
  }
  void Join() { thread_.join(); }

 private:
  AsioLoop loop_;
  std::unique_ptr<HttpClient> client_;
  RemoteWorker worker_;
  std::thread thread_;
};

int WorkElsewhere(const Globals& globals, const WorkerArguments& options, const std::string& url) {
  if (options.health_port) {
    return Complain({Errc::kUnsupported,
                     "--health-port tells whether the store answers, and a worker of a server "
                     "(--url) has none: leave it away"});
  }
  auto model = ChooseModel(globals);
  if (!model.ok()) return Complain(model.error());
  auto key = ServerKey(options.connection);
  if (!key.ok()) return Complain(key.error());
  SystemRandom random;
  std::string life = MakeIncarnation(random).str();
  if (!options.name.empty()) life = options.name + "-" + life;
  AsioLoop loop;
  std::mutex mutex;
  std::optional<Error> refusal;
  auto refused = [&](Error error) {
    std::scoped_lock guard(mutex);
    if (!refusal) refusal = std::move(error);
    loop.Post([&loop] { loop.Stop(); });
  };
  std::vector<std::unique_ptr<RemoteThread>> threads;
  for (int i = 1; i <= options.concurrency; ++i) {
    RemoteWorker::Options worker{.url = url,
                                 .key = *key,
                                 .name = fmt::format("{}/{}", life, i),
                                 .version = VersionWith(model->version)};
    if (options.held_max > 0) worker.held_max = options.held_max;
    threads.push_back(std::make_unique<RemoteThread>(model->predict, std::move(worker), refused));
  }
  loop.OnTermination([&loop](int) { loop.Stop(); });
  SayStarted(url, life, options.concurrency);
  loop.Run();
  for (auto& thread : threads) thread->BeginStop();
  for (auto& thread : threads) thread->Join();
  return refusal ? Complain(*refusal) : static_cast<int>(kExitSucceeded);
}

}  // namespace

void AddWorker(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "worker", "Work requests in a process of its own, on the data folder or for a server");
  auto options = std::make_shared<WorkerArguments>();
  AddConnection(*command, root, options->connection);
  command
      ->add_option("--threads,--concurrency", options->concurrency,
                   "Workers in this process, each on a thread")
      ->capture_default_str()
      ->check(CLI::Range(1, 256));
  command
      ->add_option("--held-max", options->held_max,
                   "Requests that each holds at most (500; for a server 100)")
      ->check(CLI::Range(1, 10'000));
  command->add_option("--name", options->name, "Beginning of its name, which tells who did what")
      ->check([](const std::string& name) {
        return name.size() <= 100 ? std::string() : std::string("is longer than 100 bytes");
      });
  command
      ->add_option("--health-port", options->health_port,
                   "Answer GET /livez and /readyz there, for what starts containers")
      ->check(CLI::Range(0, 65535));
  command->footer(
      "Several may work at once; one that dies loses nothing, others go on with what it held.\n"
      "SIGTERM and Ctrl-C let it finish what it holds: it ends within 10 s.\n\n"
      "Examples:\n"
      "  tipoff --data /var/lib/tipoff worker\n"
      "  tipoff --profile gcp worker --threads 2 --health-port 8080\n"
      "  TIPOFF_KEY=... tipoff worker --url http://10.0.0.5:8080 --name rack2");
  command->callback([&globals, &run, options] {
    run = [&globals, options] {
      auto url = ServerUrl(options->connection);
      if (!url.ok()) return Complain(url.error());
      return url->empty() ? WorkHere(globals, *options) : WorkElsewhere(globals, *options, *url);
    };
  });
}

}  // namespace tipoff
