#include "flow/redrive.h"

#include <algorithm>

#include "base/crash_point.h"
#include "base/log.h"
#include "base/mutant.h"
#include "core/limits.h"
#include "flow/watch.h"

namespace tipoff {

void Redriver::Redrive(const BatchId& batch) {
  if (!known_.insert(batch).second) return;
  Log(Severity::kWarning, "the batch makes no progress: reconciling and publishing again",
      {{"batch_id", batch.str()}});
  TIPOFF_CRASH_POINT("redrive/begun");
  waiting_.push_back(batch);
  StartSome();
}

void Redriver::StartSome() {
  while (at_work_ < limits::kRedrivesAtOnce && !waiting_.empty()) {
    BatchId batch = std::move(waiting_.front());
    waiting_.pop_front();
    ++at_work_;
    Page(batch, -1);
  }
}

void Redriver::Finish(const BatchId& batch) {
  known_.erase(batch);
  --at_work_;
  StartSome();
}

void Redriver::Page(const BatchId& batch, std::int64_t after) {
  RequestFilter outstanding{.states = {RequestState::kPublished, RequestState::kLeased},
                            .after = after,
                            .limit = limits::kRowsPerPage};
  store_.ListRequests(batch, outstanding,
                      Watched<std::vector<Request>>(
                          loop_, NoAnswer(), [this, batch](Result<std::vector<Request>> rows) {
                            if (!rows.ok() || rows->empty()) return Finish(batch);
                            Staged(batch, std::move(*rows));
                          }));
}

void Redriver::Staged(const BatchId& batch, std::vector<Request> rows) {
  std::vector<std::uint32_t> ordinals;
  for (const Request& row : rows) ordinals.push_back(row.ordinal);
  store_.ListStaged(
      batch, -1, limits::kRowsPerPage, std::move(ordinals),
      Watched<std::vector<StagedResult>>(
          loop_, NoAnswer(),
          [this, batch, rows = std::move(rows)](Result<std::vector<StagedResult>> staged) mutable {
            if (!staged.ok()) return Finish(batch);
            TIPOFF_CRASH_POINT("redrive/staged-read");
            Reconcile(batch, std::move(rows), std::move(*staged));
          }));
}

// A staged result whose completion never came is a completion. What is not staged is due again.
void Redriver::Reconcile(const BatchId& batch, std::vector<Request> rows,
                         std::vector<StagedResult> staged) {
  std::int64_t last = rows.back().ordinal;
  Completions found;
  RowKeys found_keys;
  found.origin = Completions::Origin::kReconciled;
  for (StagedResult& result : staged) {
    found_keys.ordinals.push_back(static_cast<std::uint32_t>(result.outcome.ordinal));
    result.outcome.reported_at = result.staged_at;
    found.items.push_back(std::move(result.outcome));
  }
  RowKeys missing;
  for (const Request& row : rows) {
    const auto& known = found_keys.ordinals;
    if (!std::binary_search(known.begin(), known.end(), row.ordinal)) {
      missing.ordinals.push_back(row.ordinal);
    }
  }
  if (!found.items.empty() && !TIPOFF_MUTANT("reconcile-skipped")) {
    Log(Severity::kWarning, "staged predictions were never reported; counting them",
        {{"batch_id", batch.str()}, {"count", std::to_string(found.items.size())}});
    driver_.Submit(batch, std::move(found_keys), std::move(found),
                   [](const Result<Applied>&) { TIPOFF_CRASH_POINT("redrive/reconciled"); });
  }
  driver_.Submit(batch, std::move(missing), tipoff::Redrive{},
                 [this, batch, last](Result<Applied> applied) {
                   TIPOFF_CRASH_POINT("redrive/due-again");
                   if (applied.ok()) return Page(batch, last);
                   Finish(batch);
                 });
}

}  // namespace tipoff
