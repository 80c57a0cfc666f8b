#include "flow/retention.h"

#include <memory>

#include "base/crash_point.h"
#include "base/log.h"
#include "flow/published.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr auto kPassPeriod = std::chrono::hours(1);
// Batches looked at, and calls that remove something, in one step.
constexpr std::size_t kCandidates = 50;
constexpr std::size_t kCalls = 20;
// Batches of one step that may fail before it is taken for the store's fault.
constexpr int kFailures = 3;

// Goes through the publications of a slot, the newest first, and keeps those that are the first to
// say something about somebody.
struct VisibleReader : std::enable_shared_from_this<VisibleReader> {
  explicit VisibleReader(Store& a_store) : store(a_store) {}

  void NextBatch() {
    if (next == batches.size()) return done(std::move(visible));
    if (next == 0) visible.insert(batches[0].id);
    after = -1;
    NextRows();
  }

  void NextRows() {
    RequestFilter settled{.states = {RequestState::kSucceeded, RequestState::kSkipped},
                          .after = after};
    store.ListRequests(batches[next].id, settled,
                       [self = shared_from_this()](Result<std::vector<Request>> rows) {
                         if (!rows.ok()) return self->done(rows.error());
                         self->Take(*rows);
                       });
  }

  void Take(const std::vector<Request>& rows) {
    for (const Request& row : rows) {
      bool first = players.insert({row.player, row.group}).second;
      if (first) visible.insert(batches[next].id);
    }
    if (rows.empty()) {
      ++next;
      return NextBatch();
    }
    after = rows.back().ordinal;
    NextRows();
  }

  Store& store;
  DoneWith<std::set<BatchId>> done;
  std::vector<Batch> batches;
  std::size_t next = 0;
  std::int64_t after = -1;
  std::set<std::pair<PlayerId, std::string>> players;
  std::set<BatchId> visible;
};

}  // namespace

void FindVisible(Store& store, const Slot& slot, DoneWith<std::set<BatchId>> done) {
  auto reader = std::make_shared<VisibleReader>(store);
  reader->done = std::move(done);
  ListPublications(store, slot, [reader](Result<std::vector<Batch>> batches) {
    if (!batches.ok()) return reader->done(batches.error());
    reader->batches = std::move(*batches);
    reader->NextBatch();
  });
}

void Retention::Step(std::function<void(Status)> done) {
  bool between = cursor_.empty() && loop_.Steady() < next_pass_;
  // A step of another round is still under way: two would only get into each other's way.
  if (keep_ == Duration::zero() || between || done_ != nullptr) {
    return loop_.Post([done] { done(Ok()); });
  }
  done_ = std::move(done);
  calls_left_ = kCalls;
  failures_left_ = kFailures;
  if (cursor_.empty()) next_pass_ = loop_.Steady() + kPassPeriod;
  BatchFilter old{.ended_before = store_.Now() - keep_, .after = cursor_, .limit = kCandidates};
  store_.ListBatches(old, Watched<BatchPage>(loop_, NoAnswer(), [this](Result<BatchPage> page) {
                       if (!page.ok()) return Finish(page.error());
                       cursor_ = page->next;
                       candidates_.assign(page->batches.begin(), page->batches.end());
                       NextBatch();
                     }));
}

void Retention::NextBatch() {
  if (candidates_.empty() || calls_left_ == 0) return Finish(Ok());
  Batch batch = std::move(candidates_.front());
  candidates_.pop_front();
  if (batch.publication == 0) return Drop(batch.id);
  Judge(batch);
}

void Retention::Judge(const Batch& batch) {
  auto decide = [this, id = batch.id](const std::set<BatchId>& visible) {
    TIPOFF_CRASH_POINT("retention/judged");
    if (visible.contains(id)) return NextBatch();
    Drop(id);
  };
  auto known = visible_.find(batch.slot);
  if (known != visible_.end()) return decide(known->second);
  FindVisible(store_, batch.slot,
              Watched<std::set<BatchId>>(loop_, NoAnswer(),
                                         [this, id = batch.id, slot = batch.slot,
                                          decide](Result<std::set<BatchId>> visible) {
                                           if (!visible.ok()) return Failed(id, visible.error());
                                           decide(visible_[slot] = std::move(*visible));
                                         }));
}

void Retention::Drop(const BatchId& batch) {
  if (calls_left_ == 0) return Finish(Ok());  // A later pass takes away what is left of it.
  --calls_left_;
  TIPOFF_CRASH_POINT("retention/drop");
  store_.DropBatch(batch, limits::kRowsPerChunk,
                   Watched<bool>(loop_, NotKnown(), [this, batch](Result<bool> gone) {
                     if (!gone.ok()) {
                       bool skip = gone.error().code == Errc::kConflict ||
                                   gone.error().code == Errc::kNotFound;
                       return skip ? NextBatch() : Failed(batch, gone.error());
                     }
                     if (!*gone) TIPOFF_CRASH_POINT("retention/part-dropped");
                     if (!*gone) return Drop(batch);
                     TIPOFF_CRASH_POINT("retention/dropped");
                     ++dropped_;
                     Log(Severity::kInfo, "an old batch was dropped", {{"batch_id", batch.str()}});
                     NextBatch();
                   }));
}

void Retention::Failed(const BatchId& batch, const Error& error) {
  Log(Severity::kWarning, "an old batch can't be dropped",
      {{"batch_id", batch.str()}, {"error", error.message}});
  if (--failures_left_ == 0) return Finish(error);
  NextBatch();
}

void Retention::Finish(Status status) {
  bool more_of_this_page = status.ok() && !candidates_.empty();
  if (more_of_this_page) {  // What it has dropped is gone, so the next step finds the rest.
    cursor_.clear();
    next_pass_ = loop_.Steady();
  }
  candidates_.clear();
  visible_.clear();
  auto done = std::exchange(done_, nullptr);
  done(std::move(status));
}

}  // namespace tipoff
