#include "app/bench_parts.h"

#include <fmt/format.h>
#include <malloc.h>
#include <sqlite3.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "app/engines.h"
#include "app/version.h"
#include "bus/sqlite/sqlite_bus.h"
#include "sqlite/schema.h"
#include "store/sqlite/sqlite_store.h"

namespace tipoff {
namespace {

constexpr int kGames = 15;  // A full day of thirty teams.

// Nobody has played before.
class NoHistory final : public History {
 public:
  explicit NoHistory(Loop& loop) : loop_(loop) {}
  void Load(HistoryQuery query, LoadDone done) override {
    HistoryBatch batch;
    batch.players.reserve(query.players.size());
    for (PlayerId& player : query.players) batch.players.push_back({std::move(player), {}});
    loop_.Post([batch = std::move(batch), done = std::move(done)] { done(batch); });
  }

 private:
  Loop& loop_;
};

std::string TeamName(int number) { return fmt::format("T{:02}", number); }

// The first value of `key` in a file of "key: value" lines, such as /proc/cpuinfo.
std::string ProcValue(const char* file, std::string_view key) {
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(key)) continue;
    std::size_t value = line.find_first_not_of(" \t:", key.size());
    return value == std::string::npos ? "" : line.substr(value);
  }
  return "";
}

std::string FileSystem(const std::string& folder) {
  struct statfs info {};
  if (statfs(folder.c_str(), &info) != 0) return "an unknown file system";
  switch (static_cast<unsigned long>(info.f_type)) {
    case 0xef53: return "ext4";
    case 0x58465342: return "xfs";
    case 0x9123683e: return "btrfs";
    case 0x01021994: return "tmpfs (not durable)";
    case 0x794c7630: return "overlayfs";
    default: return fmt::format("file system {:x}", static_cast<unsigned long>(info.f_type));
  }
}

}  // namespace

Result<std::unique_ptr<BenchFolder>> BenchFolder::Make(const std::string& parent) {
  std::string path = (std::filesystem::path(parent) / "tipoff-bench-XXXXXX").string();
  if (mkdtemp(path.data()) == nullptr) {
    return Error{Errc::kDenied, fmt::format("cannot make a folder in {}: {}; choose another with "
                                            "--folder",
                                            parent, std::strerror(errno))};
  }
  return std::unique_ptr<BenchFolder>(new BenchFolder(std::move(path)));
}

BenchFolder::~BenchFolder() {
  std::error_code problem;
  std::filesystem::remove_all(path_, problem);
}

Day BenchDay() { return *ParseDay("2026-01-15"); }

RequestSpec BenchRequest(std::uint32_t ordinal) {
  int game = static_cast<int>(ordinal % kGames);
  bool home = ordinal / kGames % 2 == 0;
  RequestSpec spec;
  spec.player = PlayerId(fmt::format("p{}", 1'000'000 + ordinal));
  spec.player_name = fmt::format("Player {}", 1'000'000 + ordinal);
  spec.game = GameId(fmt::format("00225{:05}", game));
  spec.game_date = BenchDay();
  spec.team = TeamName(2 * game + (home ? 0 : 1));
  spec.opponent = TeamName(2 * game + (home ? 1 : 0));
  spec.is_home = home;
  spec.projected_minutes = 24;
  return spec;
}

Slate BenchSlate(std::uint32_t requests, Instant as_of) {
  Slate slate;
  slate.game_date = BenchDay();
  slate.as_of = as_of;
  for (int game = 0; game < kGames; ++game) {
    slate.games.push_back(
        {GameId(fmt::format("00225{:05}", game)), TeamName(2 * game), TeamName(2 * game + 1)});
  }
  for (std::uint32_t i = 0; i < requests; ++i) {
    RequestSpec spec = BenchRequest(i);
    SlatePlayer player;
    player.player = spec.player;
    player.name = spec.player_name;
    player.team = spec.team;
    player.opponent = spec.opponent;
    player.game = spec.game;
    player.is_home = spec.is_home;
    player.mean_minutes = spec.projected_minutes;
    slate.players.push_back(std::move(player));
  }
  return slate;
}

std::vector<PredictedRequest> PredictNothing(const BatchId& batch,
                                             std::span<const PredictionInput> inputs) {
  std::vector<PredictedRequest> predicted;
  predicted.reserve(inputs.size());
  for (const PredictionInput& input : inputs) {
    Prediction prediction;
    prediction.system = "noop";
    prediction.prediction_id =
        fmt::format("{}/{}", batch.str(), input.request->player.str()).substr(0, 32);
    prediction.model_version = "noop";
    predicted.push_back({RequestState::kSucceeded, "", {std::move(prediction)}});
  }
  return predicted;
}

class BenchEngine::WorkerThread {
 public:
  WorkerThread(BenchEngine& engine, AsioLoop& loop, int number)
      : loop_(loop),
        store_(std::make_unique<SqliteStore>(*engine.database_, loop_)),
        bus_(std::make_unique<SqliteBus>(*engine.database_, *engine.doorbell_, loop_)),
        history_(loop_),
        worker_(loop_, *store_, *bus_, history_, PredictNothing, Options(engine, number)),
        thread_([this] {
          loop_.Post([this] { worker_.Start(); });
          loop_.Run();
        }) {}

  void BeginStop() {
    loop_.Post([this] { worker_.Stop([this] { loop_.Stop(); }); });
  }
  void Join() { thread_.join(); }

 private:
  static Worker::Options Options(const BenchEngine& engine, int number) {
    Worker::Options options;
    options.process = engine.process_;
    options.name = fmt::format("{}/{}", engine.process_.str(), number);
    options.version = VersionText();
    return options;
  }

  AsioLoop& loop_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Bus> bus_;
  NoHistory history_;
  Worker worker_;
  std::thread thread_;
};

BenchEngine::BenchEngine() : process_(MakeIncarnation(random_)) {}
BenchEngine::~BenchEngine() { StopWorkers(); }

Result<std::unique_ptr<BenchEngine>> BenchEngine::Open(const std::string& folder) {
  std::unique_ptr<BenchEngine> engine(new BenchEngine());
  sqlite::DatabaseOptions options;
  options.path = folder + "/tipoff.db";
  options.migrations = sqlite::Migrations();
  options.process = engine->process_;
  options.on_death = sqlite::GiveBack;
  TIPOFF_TRY(engine->database_, sqlite::Database::Open(options, engine->loop_));
  TIPOFF_TRY(engine->doorbell_, sqlite::Doorbell::Open(folder + "/processes", engine->process_));
  engine->store_ = std::make_unique<SqliteStore>(*engine->database_, engine->loop_);
  engine->bus_ = std::make_unique<SqliteBus>(*engine->database_, *engine->doorbell_, engine->loop_);
  return engine;
}

void BenchEngine::StartWorkers(int count) {
  for (int i = 1; i <= count; ++i) {
    worker_loops_.push_back(std::make_unique<AsioLoop>());
    workers_.push_back(std::make_unique<WorkerThread>(*this, *worker_loops_.back(), i));
  }
}

void BenchEngine::StopWorkers() {
  for (auto& worker : workers_) worker->BeginStop();
  for (auto& worker : workers_) worker->Join();
  workers_.clear();
}

std::string DescribeMachine(const std::string& folder) {
  utsname system{};
  uname(&system);
  std::istringstream memory(ProcValue("/proc/meminfo", "MemTotal"));
  double kilobytes = 0;
  memory >> kilobytes;
  double load[1] = {0};
  getloadavg(load, 1);
  return fmt::format("{} x {}, {:.0f} GB, {} {}, {}, SQLite {}; load {:.1f}",
                     std::thread::hardware_concurrency(), ProcValue("/proc/cpuinfo", "model name"),
                     kilobytes / 1e6, system.sysname, system.release, FileSystem(folder),
                     sqlite3_libversion(), load[0]);
}

double PeakMemoryMb() {
  std::istringstream peak(ProcValue("/proc/self/status", "VmHWM"));
  double kilobytes = 0;
  peak >> kilobytes;
  return kilobytes / 1024;
}

void ResetPeakMemory() {
  malloc_trim(0);
  std::ofstream("/proc/self/clear_refs") << "5";
}

}  // namespace tipoff
