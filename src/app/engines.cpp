#include "app/engines.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "app/embedded.h"
#include "app/gcp.h"
#include "app/version.h"
#include "history/sqlite/history_database.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

// Of slates that are put at once.
constexpr std::size_t kPlayersPerCall = 10'000;

// In calls that any store finishes in its time. Not atomic as a whole: whoever is cut off in
// between has left the dates due, and they are built again.
Status PutSlates(Engines& engines, std::vector<Slate> slates) {
  std::vector<Slate> some;
  std::size_t players = 0;
  for (std::size_t i = 0; i < slates.size(); ++i) {
    players += slates[i].players.size();
    some.push_back(std::move(slates[i]));
    if (players < kPlayersPerCall && i + 1 < slates.size()) continue;
    TIPOFF_TRY_STATUS(engines.Wait<Done>(
        [&](auto done) { engines.store().PutSlates(std::exchange(some, {}), std::move(done)); }));
    players = 0;
  }
  return Ok();
}

}  // namespace

class Engines::WorkerThread {
 public:
  WorkerThread(Engines& engines, AsioLoop& loop, const Predictor& predict, Worker::Options options,
               int number)
      : loop_(loop),
        store_(engines.backend_->MakeStore(loop_)),
        bus_(engines.backend_->MakeBus(loop_)),
        history_(engines.histories_(loop_)),
        worker_(loop_, *store_, *bus_, *history_, predict,
                Identified(engines, std::move(options), number)),
        thread_([this] {
          loop_.Post([this] { worker_.Start(); });
          loop_.Run();
        }) {}

  // Lets it finish what it holds.
  void BeginStop() {
    loop_.Post([this] { worker_.Stop([this] { loop_.Stop(); }); });
  }
  void Join() { thread_.join(); }

 private:
  static Worker::Options Identified(const Engines& engines, Worker::Options options, int number) {
    std::string life = engines.process_.str();
    if (!options.name.empty()) life = options.name + "-" + life;
    options.process = engines.process_;
    options.name = fmt::format("{}/{}", life, number);
    options.version = VersionWith(options.version);
    return options;
  }

  AsioLoop& loop_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Bus> bus_;
  std::unique_ptr<History> history_;
  Worker worker_;
  std::thread thread_;
};

Engines::Engines(HistorySources histories) : histories_(std::move(histories)) {
  process_ = MakeIncarnation(random_);
}

Engines::~Engines() { StopWorkers(); }

Result<std::unique_ptr<Engines>> Engines::Open(const Globals& globals, Access access) {
  std::unique_ptr<Engines> engines(new Engines(HistorySourcesFrom(globals)));
  if (UsesGcp(globals.config)) {
    engines->backend_ =
        MakeGcp(FirestoreOptionsFrom(globals.config), PubsubOptionsFrom(globals.config));
  } else {
    TIPOFF_TRY(engines->backend_,
               OpenEmbedded(globals.data, access, engines->process_, engines->loop_));
  }
  engines->store_ = engines->backend_->MakeStore(engines->loop_);
  TIPOFF_TRY_STATUS(engines->Wait<Done>(
      [&](auto done) { engines->backend_->Check(*engines->store_, std::move(done)); }));
  if (access == Access::kReadWrite) engines->bus_ = engines->backend_->MakeBus(engines->loop_);
  return engines;
}

void Engines::StartWorkers(int count, const Predictor& predict, const Worker::Options& options) {
  for (int i = 1; i <= count; ++i) {
    worker_loops_.push_back(std::make_unique<AsioLoop>());
    workers_.push_back(
        std::make_unique<WorkerThread>(*this, *worker_loops_.back(), predict, options, i));
  }
}

void Engines::StopWorkers() {
  for (auto& worker : workers_) worker->BeginStop();
  for (auto& worker : workers_) worker->Join();
  workers_.clear();
}

Incarnation MakeIncarnation(Random& random) {
  char host[65] = "host";
  gethostname(host, sizeof(host) - 1);
  return Incarnation(fmt::format("{}-{}-{}", host, getpid(), RandomToken(random, 6)));
}

Result<SlateSink> SlateWriterFor(const Globals& globals) {
  TIPOFF_TRY(std::shared_ptr<Engines> engines, Engines::Open(globals, Access::kReadWrite));
  return SlateSink([engines](std::vector<Slate> slates) -> Status {
    return PutSlates(*engines, std::move(slates));
  });
}

Status BuildDueSlates(const std::string& data, Engines& engines, Instant now) {
  std::string path = HistoryPath(data);
  TIPOFF_TRY(HistoryDatabase history,
             HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadOnly));
  TIPOFF_TRY(SlatesDue due, history.DueSlates());
  if (!due.from) return Ok();
  TIPOFF_TRY(history, HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadWrite));
  auto put = [&](std::vector<Slate> slates) { return PutSlates(engines, std::move(slates)); };
  TIPOFF_TRY_STATUS(RebuildSlates(history, now, put));
  return Ok();
}

bool HasHistory(const std::string& data) {
  auto database = HistoryDatabase::Open(HistoryPath(data), HistoryDatabase::Mode::kReadOnly);
  if (!database.ok()) {
    std::error_code unreadable;  // Unreadable is not empty.
    return fs::exists(HistoryPath(data), unreadable) || unreadable;
  }
  auto version = database->DataVersion();
  return !version.ok() || !version->empty();
}

Result<HistoryTable> LoadHistoryTable(const Globals& globals) {
  if (!HasHistory(globals.data)) {
    return Error{Errc::kNotFound,
                 fmt::format("there are no box scores in '{}' yet: import some with `tipoff --data "
                             "{} import FILE...`, or try `tipoff demo`",
                             globals.data, globals.data)};
  }
  TIPOFF_TRY(HistoryDatabase database,
             HistoryDatabase::Open(HistoryPath(globals.data), HistoryDatabase::Mode::kReadOnly));
  return database.LoadTable();
}

Result<std::vector<PublishedPlayer>> LoadPublished(const Globals& globals, Day day) {
  TIPOFF_TRY(std::unique_ptr<Engines> engines, Engines::Open(globals, Access::kReadOnly));
  return engines->Wait<std::vector<PublishedPlayer>>([&](auto done) {
    ListPublished(engines->store(), Slot{day, ""}, std::move(done));
  });
}

Result<Slate> LoadSlate(const Globals& globals, Day day) {
  TIPOFF_TRY(std::unique_ptr<Engines> engines, Engines::Open(globals, Access::kReadOnly));
  return engines->Wait<Slate>([&](auto done) { engines->store().GetSlate(day, std::move(done)); });
}

}  // namespace tipoff
