// What `tipoff bench` puts around the product's own parts: requests that cost nothing to predict,
// workers that predict them, and a folder that is gone afterwards.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/asio_loop.h"
#include "base/random.h"
#include "bus/bus.h"
#include "core/slate.h"
#include "history/history.h"
#include "sqlite/database.h"
#include "sqlite/doorbell.h"
#include "store/store.h"
#include "worker/worker.h"

namespace tipoff {

// A folder of its own under `parent`, removed with everything in it.
class BenchFolder {
 public:
  static Result<std::unique_ptr<BenchFolder>> Make(const std::string& parent);
  ~BenchFolder();
  BenchFolder(const BenchFolder&) = delete;
  BenchFolder& operator=(const BenchFolder&) = delete;
  const std::string& path() const { return path_; }

 private:
  explicit BenchFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

// Request `ordinal` of a made-up day, the same each time.
RequestSpec BenchRequest(std::uint32_t ordinal);
// The day of all of them.
Day BenchDay();
// A slate that a start makes exactly these requests of.
Slate BenchSlate(std::uint32_t requests, Instant as_of);
// The least that a request can be answered with: one prediction, of nothing.
std::vector<PredictedRequest> PredictNothing(const BatchId& batch,
                                             std::span<const PredictionInput> inputs);

// Store and bus on one database, and workers as `serve` has them, each on a thread of its own.
class BenchEngine {
 public:
  static Result<std::unique_ptr<BenchEngine>> Open(const std::string& folder);
  ~BenchEngine();

  AsioLoop& loop() { return loop_; }
  Store& store() { return *store_; }
  Bus& bus() { return *bus_; }
  Random& random() { return random_; }
  const Incarnation& process() const { return process_; }
  sqlite::Database& database() { return *database_; }

  void StartWorkers(int count);
  void StopWorkers();

 private:
  class WorkerThread;
  BenchEngine();

  AsioLoop loop_;
  std::vector<std::unique_ptr<AsioLoop>>
      worker_loops_;  // Outlive the database, which posts to them.
  SystemRandom random_;
  Incarnation process_;
  std::unique_ptr<sqlite::Doorbell> doorbell_;
  std::unique_ptr<sqlite::Database> database_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Bus> bus_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
};

// "2 x Xeon ..., 8 GB, Linux 6.18, ext4, SQLite 3.40.1; load 0.4": what the figures belong to.
std::string DescribeMachine(const std::string& folder);

// Peak resident memory of this process since the last ResetPeakMemory.
double PeakMemoryMb();
void ResetPeakMemory();

}  // namespace tipoff
