// Orders: what changes batches. Each can be given for many batches at once, tried without effect,
// and is recorded by the API with who gave it and why.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "app/api_client.h"
#include "app/batch_select.h"
#include "app/command.h"
#include "app/console.h"

namespace tipoff {

enum class OrderVerb {
  kFinish,        // End now, keep what has arrived.
  kClear,         // End now as cancelled; nothing of it is published.
  kCancel,        // The same, by its other name.
  kCheckStalled,  // End if it is stalled and enough is done.
  kCleanUp,       // What the clock would do: end what is stalled with enough done, or overdue.
};

struct OrderArguments {
  std::vector<std::string> ids;
  BatchFilters filters;
  bool yes = false;      // Don't ask.
  bool dry_run = false;  // Say what would be done; do nothing.
  std::string reason;    // For the audit log.
  std::string stall_after = "5m";
  double min_percent = 90;
};

// Exit codes: 0 all went well; 1 something did not, and the others were done all the same; the
// error's own code where one batch was named; 2 where a question had to be asked and nobody was
// there to answer it.
int GiveOrder(ApiClient& client, Console& console, Output output, OrderVerb verb,
              const OrderArguments& arguments);

// What a live batch promises and tolerates from now on. Empty: as it is.
struct PatchArguments {
  std::string id;
  std::string terminal_by;  // An instant, or how long from now: "20m".
  std::string stall_after;
  std::string tolerance;
  std::vector<std::string> required_players;
  std::optional<double> stall_percent;
  std::optional<int> publishes_max;
  std::optional<int> poison_after;
  bool nobody_required = false;
  std::string reason;  // For the audit log.
};
// `now` is what a `terminal_by` of so long from now is counted from.
int PatchBatch(ApiClient& client, Console& console, Output output, const PatchArguments& arguments,
               Instant now);

// A new batch of what failed, expired or was not delivered.
int RetryBatch(ApiClient& client, Console& console, Output output, const std::string& id,
               const std::string& reason, bool wait);

}  // namespace tipoff
