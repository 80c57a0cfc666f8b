// What a batch promises and how much it tolerates. Frozen into the batch when it is accepted;
// a PATCH replaces it for that batch only.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/id.h"
#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

// Until the batch is `until` old, an early end needs `percent` of its requests done. The last step
// goes on to the deadline.
struct ToleranceStep {
  double percent = 100;
  Duration until = Duration::max();  // max: up to the deadline.

  friend bool operator==(const ToleranceStep&, const ToleranceStep&) = default;
};

struct Policy {
  // The promise: terminal_by = accepted + deadline.
  Duration deadline = std::chrono::hours(2);

  // Without progress for so long the batch is stalled: what is outstanding is published again and
  // staged predictions are reconciled. Stalled for as long again, with `stall_percent` done, it
  // ends `partial (Stalled)`.
  Duration stall_after = std::chrono::minutes(5);
  double stall_percent = 90;

  // May end a batch early that still makes progress. Steps in order of `until`; none: never.
  std::vector<ToleranceStep> tolerance;
  // No early end before these are done.
  std::vector<PlayerId> required_players;

  // Publishes of one request, the first included. Rounds of a stalled batch come `stall_after`
  // apart at first, then less and less often.
  int publishes_max = 3;

  // If so many requests were answered first and all of them failed with the same error, the batch
  // ends at once, `failed (PoisonedRun)`: what is wrong is wrong for all. 0: never.
  int poison_after = 25;

  // The group commit: no two commits of this batch closer than this. 0 on SQLite.
  Duration commit_interval_min{0};

  // An unsealed batch whose creation makes no progress for so long has lost its creator: failed.
  Duration seal_within = std::chrono::minutes(1);

  friend bool operator==(const Policy&, const Policy&) = default;
};

// The share of requests that an early end needs at `age`; above 100 where no step allows one.
double ToleratedPercent(const Policy& policy, Duration age);

// "100% until 20m, 95% until 25m, 90% at deadline" and back. kInvalid names the step.
Result<std::vector<ToleranceStep>> ParseTolerance(std::string_view text);
std::string FormatTolerance(const std::vector<ToleranceStep>& steps);

// kInvalid with the field's name if a value makes no sense, alone or beside another.
Status CheckPolicy(const Policy& policy);

}  // namespace tipoff
