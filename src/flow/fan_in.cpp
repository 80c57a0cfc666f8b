#include "flow/fan_in.h"

#include "base/crash_point.h"
#include "base/mutant.h"
#include "flow/watch.h"

namespace tipoff {
namespace {

constexpr std::size_t kChunk = 500;

}  // namespace

void FanIn::Finalize(const BatchId& batch) {
  TIPOFF_CRASH_POINT("fan-in/finalize");
  // If it fails, the batch stays in kFinalizing and the sweep asks again.
  driver_.Submit(batch, {}, tipoff::Finalize{},
                 [](const Result<Applied>&) { TIPOFF_CRASH_POINT("fan-in/finalized"); });
}

void FanIn::Settle(const BatchId& batch) {
  if (TIPOFF_MUTANT("settle-forgotten")) return;
  if (settling_.insert(batch).second) SettleChunk(batch);
}

void FanIn::SettleChunk(const BatchId& batch) {
  RequestFilter open{
      .states = {RequestState::kPending, RequestState::kPublished, RequestState::kLeased},
      .limit = kChunk};
  store_.ListRequests(batch, open,
                      Watched<std::vector<Request>>(
                          loop_, NoAnswer(), [this, batch](Result<std::vector<Request>> rows) {
                            if (!rows.ok()) {  // The sweep asks again.
                              settling_.erase(batch);
                              return;
                            }
                            SettleRows(batch, *rows);
                          }));
}

void FanIn::SettleRows(const BatchId& batch, const std::vector<Request>& rows) {
  TIPOFF_CRASH_POINT("fan-in/settle");
  RowKeys keys;
  for (const Request& row : rows) keys.ordinals.push_back(row.ordinal);
  driver_.Submit(batch, std::move(keys), tipoff::Settle{}, [this, batch](Result<Applied> applied) {
    TIPOFF_CRASH_POINT("fan-in/settled");
    if (applied.ok() && applied->batch.rows_open_at_end > 0) return SettleChunk(batch);
    settling_.erase(batch);
  });
}

}  // namespace tipoff
