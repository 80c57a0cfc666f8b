#include "app/embedded.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "app/version.h"
#include "bus/sqlite/sqlite_bus.h"
#include "history/sqlite/history_database.h"
#include "history/sqlite/sqlite_history.h"
#include "predict/pipeline.h"
#include "sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

const Pipeline& ThePipeline() {
  static const Pipeline pipeline;
  return pipeline;
}

}  // namespace

std::vector<PredictedRequest> PredictWithPipeline(const BatchId& batch,
                                                  std::span<const PredictionInput> inputs) {
  return ThePipeline().Predict(batch, inputs);
}

class Embedded::WorkerThread {
 public:
  WorkerThread(Embedded& embedded, AsioLoop& loop, Worker::Options options, int number)
      : loop_(loop),
        store_(*embedded.database_, loop_),
        bus_(*embedded.database_, *embedded.doorbell_, loop_),
        history_(loop_, HistoryPath(embedded.data_)),
        worker_(loop_, store_, bus_, history_, PredictWithPipeline,
                Identified(embedded, std::move(options), number)),
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
  static Worker::Options Identified(const Embedded& embedded, Worker::Options options, int number) {
    std::string life = embedded.process_.str();
    if (!options.name.empty()) life = options.name + "-" + life;
    options.process = embedded.process_;
    options.name = fmt::format("{}/{}", life, number);
    options.version = VersionText();
    return options;
  }

  AsioLoop& loop_;
  SqliteStore store_;
  SqliteBus bus_;
  SqliteHistory history_;
  Worker worker_;
  std::thread thread_;
};

Embedded::Embedded(std::string data) : data_(std::move(data)) {
  process_ = MakeIncarnation(random_);
}

Embedded::~Embedded() { StopWorkers(); }

Result<std::unique_ptr<Embedded>> Embedded::Open(const std::string& data, Access access) {
  std::unique_ptr<Embedded> embedded(new Embedded(data));
  sqlite::DatabaseOptions options;
  options.path = (fs::path(data) / "tipoff.db").string();
  options.migrations = sqlite::Migrations();
  options.process = embedded->process_;
  options.on_death = sqlite::GiveBack;
  bool writable = access == Access::kReadWrite;
  options.mode =
      writable ? sqlite::Connection::Mode::kReadWrite : sqlite::Connection::Mode::kReadOnly;
  TIPOFF_TRY(embedded->database_, sqlite::Database::Open(options, embedded->loop_));
  if (writable) {
    TIPOFF_TRY(embedded->doorbell_,
               sqlite::Doorbell::Open((fs::path(data) / "processes").string(), embedded->process_));
    embedded->bus_ =
        std::make_unique<SqliteBus>(*embedded->database_, *embedded->doorbell_, embedded->loop_);
  }
  embedded->store_ = std::make_unique<SqliteStore>(*embedded->database_, embedded->loop_);
  return embedded;
}

void Embedded::StartWorkers(int count, const Worker::Options& options) {
  for (int i = 1; i <= count; ++i) {
    worker_loops_.push_back(std::make_unique<AsioLoop>());
    workers_.push_back(std::make_unique<WorkerThread>(*this, *worker_loops_.back(), options, i));
  }
}

void Embedded::StopWorkers() {
  for (auto& worker : workers_) worker->BeginStop();
  for (auto& worker : workers_) worker->Join();
  workers_.clear();
}

Incarnation MakeIncarnation(Random& random) {
  char host[65] = "host";
  gethostname(host, sizeof(host) - 1);
  return Incarnation(fmt::format("{}-{}-{}", host, getpid(), RandomToken(random, 6)));
}

Result<SlateSink> SlateWriterFor(const std::string& data) {
  TIPOFF_TRY(std::shared_ptr<Embedded> embedded, Embedded::Open(data, Access::kReadWrite));
  return SlateSink([embedded](std::vector<Slate> slates) -> Status {
    return embedded->Wait<Done>(
        [&](auto done) { embedded->store().PutSlates(std::move(slates), std::move(done)); });
  });
}

Status BuildDueSlates(const std::string& data, Embedded& embedded, Instant now) {
  std::string path = HistoryPath(data);
  TIPOFF_TRY(HistoryDatabase history,
             HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadOnly));
  TIPOFF_TRY(SlatesDue due, history.DueSlates());
  if (!due.from) return Ok();
  TIPOFF_TRY(history, HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadWrite));
  auto put = [&](std::vector<Slate> slates) -> Status {
    return embedded.Wait<Done>(
        [&](auto done) { embedded.store().PutSlates(std::move(slates), std::move(done)); });
  };
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

Result<Slate> LoadSlate(const Globals& globals, Day day) {
  TIPOFF_TRY(std::unique_ptr<Embedded> embedded, Embedded::Open(globals.data, Access::kReadOnly));
  return embedded->Wait<Slate>(
      [&](auto done) { embedded->store().GetSlate(day, std::move(done)); });
}

}  // namespace tipoff
