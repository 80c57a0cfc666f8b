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
  if (settling_.insert(batch).second) SettleChunk(batch, -1);
}

// Each chunk begins behind the one before it: what is settled is not looked at again.
void FanIn::SettleChunk(const BatchId& batch, std::int64_t after) {
  RequestFilter open{
      .states = {RequestState::kPending, RequestState::kPublished, RequestState::kLeased},
      .after = after,
      .limit = kChunk};
  store_.ListRequests(batch, open,
                      Watched<std::vector<Request>>(
                          loop_, NoAnswer(), [this, batch](Result<std::vector<Request>> rows) {
                            if (!rows.ok() || rows->empty()) {  // The sweep asks again.
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
  auto settled = [this, batch, after = rows.back().ordinal](const Result<Applied>& applied) {
    TIPOFF_CRASH_POINT("fan-in/settled");
    if (applied.ok() && applied->batch.rows_open_at_end > 0) return SettleChunk(batch, after);
    settling_.erase(batch);
  };
  driver_.Submit(batch, std::move(keys), tipoff::Settle{}, settled);
}

}  // namespace tipoff
