// What a process works with: its loop, the store and the bus of its profile, history, and the
// workers that live in it.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "app/backend.h"
#include "app/command.h"
#include "app/history.h"
#include "base/asio_loop.h"
#include "base/random.h"
#include "flow/published.h"
#include "history/history.h"
#include "history/import/importer.h"
#include "history/table.h"
#include "worker/worker.h"

namespace tipoff {

class Engines {
 public:
  // Opens what the profile of `globals` names. Embedded: the data folder, which read-write creates;
  // kNotFound if it is to be read and is not there.
  static Result<std::unique_ptr<Engines>> Open(const Globals& globals, Access access);
  ~Engines();

  AsioLoop& loop() { return loop_; }
  Store& store() { return *store_; }
  Random& random() { return random_; }
  const Incarnation& process() const { return process_; }

  // Makes a history source of this profile for a loop.
  const HistorySources& histories() const { return histories_; }

  // For Access::kReadWrite only.
  Bus& bus() { return *bus_; }
  // How many writes a full disk has refused.
  std::uint64_t disk_full() const { return backend_->disk_full(); }

  // Starts `count` workers, each on a thread and a loop of its own, that predict with `predict`,
  // which any of their threads may call. The process of `options` is filled in, its name gets what
  // makes it one of this life of this process, and its version the program's in front.
  void StartWorkers(int count, const Predictor& predict, const Worker::Options& options = {});
  // Lets them finish what they hold, all at once, and joins their threads.
  void StopWorkers();

  // Runs the loop until `call`'s callback has answered. Not from within the loop.
  template <class T>
  Result<T> Wait(const std::function<void(DoneWith<T>)>& call) {
    std::optional<Result<T>> answer;
    call([&](Result<T> result) {
      answer.emplace(std::move(result));
      loop_.Stop();
    });
    while (!answer) loop_.Run();
    return std::move(*answer);
  }

 private:
  class WorkerThread;
  explicit Engines(HistorySources histories);

  HistorySources histories_;
  AsioLoop loop_;
  // Loops of workers, those that have stopped included: the backend may still post answers to
  // them, so they outlive it.
  std::vector<std::unique_ptr<AsioLoop>> worker_loops_;
  SystemRandom random_;
  Incarnation process_;
  std::unique_ptr<Backend> backend_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Bus> bus_;
  std::vector<std::unique_ptr<WorkerThread>> workers_;
};

// One life of one process: "host-4711-k3f9a2".
Incarnation MakeIncarnation(Random& random);

// Writes slates into the store, as importing does.
Result<SlateSink> SlateWriterFor(const Globals& globals);

// Builds the slates that an import into `data` left undone when it was cut off.
Status BuildDueSlates(const std::string& data, Engines& engines, Instant now);

// Whether anything was ever imported into a data folder.
bool HasHistory(const std::string& data);
// The box scores of a data folder; kNotFound with the remedy while there are none.
Result<HistoryTable> LoadHistoryTable(const Globals& globals);
// The stored slate of a day.
Result<Slate> LoadSlate(const Globals& globals, Day day);
// What the readers of a day's slot, without a dataset, are shown.
Result<std::vector<PublishedPlayer>> LoadPublished(const Globals& globals, Day day);

}  // namespace tipoff
