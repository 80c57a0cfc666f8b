#include "history/sqlite/history_reader.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "base/log.h"
#include "history/compact_history.h"
#include "history/sqlite/box_score_scan.h"
#include "history/sqlite/history_database.h"

namespace tipoff {
namespace {

// Rows taken into memory before somebody who has asked meanwhile is answered: about 1 ms.
constexpr int kRowsPerStep = 1000;
// Of somebody who asks so often without a pause, the next moment without a query will do.
constexpr int kAnswersMany = 16;

}  // namespace

struct HistoryReader::Impl {
  struct Job {
    const void* client;
    Loop* loop;
    HistoryQuery query;
    History::LoadDone done;
  };

  Impl(std::string its_path, Options its_options)
      : path(std::move(its_path)), options(its_options), thread([this] { Work(); }) {}

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    thread.join();
  }

  void Work() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (!jobs.empty()) {
        Job job = std::move(jobs.front());
        jobs.pop_front();
        client = job.client;
        lock.unlock();
        auto answer = std::make_shared<Result<HistoryBatch>>(Answer(job.query));
        job.loop->Post([answer, done = std::move(job.done)] { done(std::move(*answer)); });
        lock.lock();
        client = nullptr;
        answered.notify_all();
      } else if (scan) {
        lock.unlock();
        TakeSome();
        lock.lock();
      } else if (answers > 0) {
        Duration idle = answers < kAnswersMany ? options.idle : Duration(0);
        bool asked = wake.wait_for(lock, idle, [this] { return stopping || !jobs.empty(); });
        if (asked) continue;
        lock.unlock();
        BeginScan();
        lock.lock();
      } else {
        wake.wait(lock, [this] { return stopping || !jobs.empty(); });
      }
    }
  }

  // Opens the file at the first query that finds it, and again after any error.
  Result<HistoryBatch> Answer(const HistoryQuery& query) {
    if (!database) {
      auto opened = HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadOnly);
      if (!opened.ok()) return opened.error();
      database.emplace(std::move(*opened));
    }
    if (table) {
      auto version = database->DataVersion();
      if (version.ok() && *version == table->data_version()) return table->Query(query);
      table.reset();
      in_memory = false;
    }
    Result<HistoryBatch> answer = database->Query(query);
    answers = answer.ok() ? answers + 1 : 0;
    if (!answer.ok()) database.reset();
    return answer;
  }

  void BeginScan() {
    answers = 0;
    auto begun = BoxScoreScan::Begin(path);
    if (!begun.ok()) return;
    scan.emplace(std::move(*begun));
    taken = std::make_unique<CompactHistory>();
  }

  void TakeSome() {
    auto more = scan->Next(kRowsPerStep, [this](const PlayerId& player, const GameRecord& game) {
      taken->Add(player, game);
    });
    if (more.ok() && *more) return;
    if (more.ok()) {
      taken->Seal(scan->data_version());
      Log(Severity::kDebug, "history is in memory", {{"rows", std::to_string(taken->size())}});
      table = std::move(taken);
      in_memory = true;
    }
    taken.reset();
    scan.reset();
  }

  std::string path;
  Options options;
  std::mutex mutex;
  std::condition_variable wake, answered;
  std::deque<Job> jobs;
  const void* client = nullptr;  // Whose query is under way.
  bool stopping = false;
  std::atomic<bool> in_memory = false;
  // Used by the thread only.
  std::optional<HistoryDatabase> database;
  std::unique_ptr<const CompactHistory> table;
  std::optional<BoxScoreScan> scan;  // Under way.
  std::unique_ptr<CompactHistory> taken;
  int answers = 0;     // From the file, since there was nothing in memory.
  std::thread thread;  // The last member: it uses the others.
};

HistoryReader::HistoryReader(std::string path, Options options)
    : impl_(std::make_unique<Impl>(std::move(path), options)) {}
HistoryReader::~HistoryReader() = default;

void HistoryReader::Ask(const void* client, Loop& loop, HistoryQuery query,
                        History::LoadDone done) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->jobs.push_back({client, &loop, std::move(query), std::move(done)});
  }
  impl_->wake.notify_all();
}

void HistoryReader::Forget(const void* client) {
  std::unique_lock lock(impl_->mutex);
  std::erase_if(impl_->jobs, [&](const Impl::Job& job) { return job.client == client; });
  impl_->answered.wait(lock, [&] { return impl_->client != client; });
}

bool HistoryReader::in_memory() const { return impl_->in_memory; }

}  // namespace tipoff
