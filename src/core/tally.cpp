#include "core/tally.h"

#include <algorithm>

namespace tipoff {

void TimeHistogram::Observe(Duration took) {
  double seconds = std::max(0.0, std::chrono::duration<double>(took).count());
  for (std::size_t n = 0; n < kBounds.size(); ++n) counts[n] += seconds <= kBounds[n] ? 1 : 0;
  ++count;
  sum += seconds;
}

void Tally::Committed(const Batch& next, const std::vector<Request>& rows, bool ends,
                      Duration took) {
  commit.Observe(took);
  rows_committed += rows.size();
  for (const Request& row : rows) {
    if (!row.late_at.never()) {
      ++late;
      continue;
    }
    if (row.hops.counted.never()) continue;
    const Hops& hops = row.hops;
    if (hops.leased.never()) continue;  // The bus reports none.
    if (!hops.published.never()) wait.Observe(hops.leased - hops.published);
    if (!hops.reported.never()) run.Observe(hops.reported - hops.leased);
  }
  if (!ends) return;
  ++batches_ended[{std::string(ToString(next.phase)), std::string(ToString(next.reason))}];
  overrun.Observe(next.terminal_at - next.terminal_by);
  for (RequestState state :
       {RequestState::kSucceeded, RequestState::kSkipped, RequestState::kFailed,
        RequestState::kExpired, RequestState::kCancelled, RequestState::kUndelivered}) {
    requests_ended[std::string(ToString(state))] += next.counts[state];
  }
}

}  // namespace tipoff
