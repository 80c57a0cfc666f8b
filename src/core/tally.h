// What this process has committed since it started, counted for whoever scrapes /metrics. A number
// here starts at 0 with each process; the truth about a batch is in the store.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/instant.h"
#include "core/batch.h"
#include "core/request.h"

namespace tipoff {

// Observations by size, cumulative as Prometheus has them: counts[n] of at most kBounds[n].
struct TimeHistogram {
  static constexpr std::array<double, 10> kBounds = {0.005, 0.025, 0.1, 0.5, 2,
                                                     10,    30,    60,  300, 1800};  // Seconds.
  void Observe(Duration took);  // A negative one, of clocks that differ, counts as 0.

  std::array<std::uint64_t, kBounds.size()> counts{};
  std::uint64_t count = 0;
  double sum = 0;  // Seconds.
};

struct Tally {
  // A durable commit. `ends`: its batch has ended with it.
  void Committed(const Batch& next, const std::vector<Request>& rows, bool ends, Duration took);

  std::map<std::pair<std::string, std::string>, std::uint64_t> batches_ended;  // Status, reason.
  std::map<std::string, std::uint64_t> requests_ended;  // By outcome, when their batch ends.
  std::uint64_t late = 0;                               // Completions after their batch's end.
  std::uint64_t commits_failed = 0;  // Conflicts are tried again, and count, too.
  std::uint64_t rows_committed = 0;
  TimeHistogram commit;   // From the call to its answer.
  TimeHistogram wait;     // Of a request, from its publish to its lease.
  TimeHistogram run;      // From its lease to its report.
  TimeHistogram overrun;  // Of a batch, after the promised time; 0 within it.
};

}  // namespace tipoff
