// Several batches that the clock had to help within a short time have one cause, and it lies not in
// them: that is said once, loudly, and then not again for a while.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "store/store.h"

namespace tipoff {

// A record of this kind for each intervention of the clock, put by the commit that intervened. Its
// id begins with the time, its body is ToString(Intervention) and the batch.
inline constexpr char kInterventionRecords[] = "intervention";
Record InterventionRecord(const BatchId& batch, Intervention what, Instant now);

struct Alert {
  std::string id;
  Instant at;           // Store time.
  std::string message;  // A sentence with numbers, batches, and what to type next.
};

// Newest first. Kept for limits::kAlertsKept.
void ListAlerts(Store& store, std::size_t limit, DoneWith<std::vector<Alert>> done);

// Whether the newest of `alerts` was raised within the last hour.
inline bool IsRecent(const std::vector<Alert>& alerts, Instant now) {
  return !alerts.empty() && now - alerts.front().at < std::chrono::hours(1);
}

class Alerts {
 public:
  struct Options {
    int interventions = 3;  // So many within `window` raise one alert; 0: never.
    Duration window = std::chrono::hours(1);
    Duration cooldown = std::chrono::hours(1);  // No other so soon after one.
  };

  Alerts(Loop& loop, Store& store, Options options)
      : loop_(loop), store_(store), options_(options) {}

  // Raises the alert if it is due: a line in the log and a record. All that it knows is in the
  // store, so that it makes no difference which coordinator asks; two at once raise one.
  void Check(std::function<void(Status)> done);

 private:
  void CheckCooldown(std::string newest, std::function<void(Status)> done);
  void Raise(std::string newest, std::function<void(Status)> done);
  void Write(std::string newest, std::string message, std::function<void(Status)> done);
  void DropOld();

  Loop& loop_;
  Store& store_;
  Options options_;
  Duration drop_at_{};  // Steady time.
};

}  // namespace tipoff
