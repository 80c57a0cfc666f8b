#include "history/sqlite/sqlite_history.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include "history/sqlite/history_database.h"

namespace tipoff {

struct SqliteHistory::Impl {
  struct Job {
    HistoryQuery query;
    LoadDone done;
  };

  Impl(Loop& its_loop, std::string its_path) : loop(its_loop), path(std::move(its_path)) {
    thread = std::thread([this] { Work(); });
  }

  ~Impl() {
    {
      std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_one();
    thread.join();
  }

  void Work() {
    while (std::optional<Job> job = Take()) {
      auto answer = std::make_shared<Result<HistoryBatch>>(Answer(job->query));
      loop.Post([answer, done = std::move(job->done)] { done(std::move(*answer)); });
    }
  }

  std::optional<Job> Take() {
    std::unique_lock lock(mutex);
    wake.wait(lock, [this] { return stopping || !jobs.empty(); });
    if (stopping) return std::nullopt;
    Job job = std::move(jobs.front());
    jobs.pop_front();
    return job;
  }

  // Opens the file at the first query that finds it, and again after any error.
  Result<HistoryBatch> Answer(const HistoryQuery& query) {
    if (!database) {
      auto opened = HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadOnly);
      if (!opened.ok()) return opened.error();
      database.emplace(std::move(*opened));
    }
    Result<HistoryBatch> answer = database->Query(query);
    if (!answer.ok()) database.reset();
    return answer;
  }

  Loop& loop;
  std::string path;
  std::optional<HistoryDatabase> database;  // Used by the thread only.
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> jobs;
  bool stopping = false;
  std::thread thread;
};

SqliteHistory::SqliteHistory(Loop& loop, std::string path)
    : impl_(std::make_unique<Impl>(loop, std::move(path))) {}
SqliteHistory::~SqliteHistory() = default;

void SqliteHistory::Load(HistoryQuery query, LoadDone done) {
  {
    std::lock_guard lock(impl_->mutex);
    impl_->jobs.push_back({std::move(query), std::move(done)});
  }
  impl_->wake.notify_one();
}

}  // namespace tipoff
