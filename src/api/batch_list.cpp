#include "api/batch_list.h"

#include <algorithm>
#include <iterator>

#include "api/fields.h"
#include "base/new_york.h"
#include "core/limits.h"

namespace tipoff {
namespace {

// Pages looked through for one answer; then the caller goes on with the cursor.
constexpr int kPagesMax = 50;

struct Finder : std::enable_shared_from_this<Finder> {
  Finder(Store& a_store, BatchListQuery a_query) : store(a_store), query(std::move(a_query)) {}

  void Next() {
    BatchFilter filter = query.filter;
    filter.limit = query.filter.limit - found.batches.size();
    filter.after = cursor;
    store.ListBatches(filter, [self = shared_from_this()](Result<BatchPage> page) {
      if (!page.ok()) return self->done(page.error());
      self->Take(std::move(*page));
    });
  }

  void Take(BatchPage page) {
    Instant now = store.Now();
    for (Batch& batch : page.batches) {
      if (query.stuck && !IsStuck(batch, now)) continue;
      if (now - batch.created_at < query.older_than) continue;
      found.batches.push_back(std::move(batch));
    }
    cursor = page.next;
    bool full = found.batches.size() >= query.filter.limit || ++pages >= kPagesMax;
    if (!cursor.empty() && !full) return Next();
    found.next = cursor;
    done(std::move(found));
  }

  Store& store;
  BatchListQuery query;
  DoneWith<BatchPage> done;
  std::string cursor;
  int pages = 0;
  BatchPage found;
};

struct LiveFinder : std::enable_shared_from_this<LiveFinder> {
  explicit LiveFinder(Store& a_store) : store(a_store) {}

  void Next(const std::string& cursor) {
    BatchFilter live{.live_only = true, .after = cursor, .limit = limits::kBatchesPerPage};
    store.ListBatches(live, [self = shared_from_this()](Result<BatchPage> page) {
      if (!page.ok()) return self->done(page.error());
      std::move(page->batches.begin(), page->batches.end(), std::back_inserter(self->found));
      if (!page->next.empty()) return self->Next(page->next);
      self->done(std::move(self->found));
    });
  }

  Store& store;
  DoneWith<std::vector<Batch>> done;
  std::vector<Batch> found;
};

}  // namespace

bool IsStuck(const Batch& batch, Instant now) {
  if (IsTerminal(batch.phase)) return false;
  return now > batch.terminal_by || now - batch.progress_at >= batch.policy.stall_after;
}

LiveSummary Summarise(const std::vector<Batch>& live, Instant now) {
  LiveSummary summary;
  summary.live = live.size();
  for (const Batch& batch : live) {
    summary.stuck += IsStuck(batch, now) ? 1 : 0;
    summary.overdue += now > batch.terminal_by ? 1 : 0;
    summary.requests_open += batch.counts.open();
    summary.idle_max = std::max(summary.idle_max, now - batch.progress_at);
  }
  return summary;
}

Result<BatchListQuery> ReadBatchListQuery(const HttpRequest& request, Instant now) {
  QueryReader reader(request);
  TIPOFF_TRY_STATUS(
      reader.Only({"phase", "date", "live", "stuck", "older_than", "limit", "cursor"}));
  BatchListQuery query;
  TIPOFF_TRY(query.stuck, reader.Flag("stuck"));
  TIPOFF_TRY(query.filter.live_only, reader.Flag("live"));
  query.filter.live_only |= query.stuck;
  TIPOFF_TRY(std::int64_t limit,
             reader.Integer("limit", 50, 1, static_cast<int>(limits::kBatchesPerPage)));
  query.filter.limit = static_cast<std::size_t>(limit);
  query.filter.after = request.Query("cursor");
  if (std::string_view text = request.Query("phase"); !text.empty()) {
    auto phase = ParsePhase(text);
    if (!phase.ok()) return Annotate(phase.error(), "phase");
    query.filter.phase = *phase;
  }
  if (std::string_view text = request.Query("date"); !text.empty()) {
    auto date = ResolveGameDate(text, now);
    if (!date.ok()) return Annotate(date.error(), "date");
    query.filter.game_date = *date;
  }
  if (std::string_view text = request.Query("older_than"); !text.empty()) {
    auto age = ParseDuration(text);
    if (!age.ok()) return Annotate(age.error(), "older_than");
    query.older_than = *age;
  }
  return query;
}

void FindBatches(Store& store, BatchListQuery query, DoneWith<BatchPage> done) {
  auto finder = std::make_shared<Finder>(store, std::move(query));
  finder->cursor = finder->query.filter.after;
  finder->done = std::move(done);
  finder->Next();
}

void FindLive(Store& store, DoneWith<std::vector<Batch>> done) {
  auto finder = std::make_shared<LiveFinder>(store);
  finder->done = std::move(done);
  finder->Next("");
}

}  // namespace tipoff
