// What people and neighbours order: ending, checking and changing batches. Shared by the /v1 paths
// and the platform's. Every order is in the audit log before it is carried out.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "api/api.h"
#include "api/router.h"

namespace tipoff {

struct OrderText {
  std::string action;  // "cancel", "/reset", ...
  std::string target;  // What it is about.
  std::string why;     // In the caller's words; "" if he gave none.
};

// Writes the audit entry, then runs `then`. If it can't be written the call fails instead: nobody
// changes anything unseen.
void Audited(const ApiParts& parts, const Call& call, OrderText order, std::function<void()> then);

// Ends a batch by order. kNotFound if there is none. A batch that has ended stays as it is.
void GiveOrder(const ApiParts& parts, const BatchId& id, Order order, const std::string& why,
               DoneWith<Batch> done);

struct StallCheck {
  Batch batch;  // As it is now.
  bool was_stalled = false;
  bool ended = false;  // By this check.
};

// "completed_with_partial", "ended" for an end without success, "no_action".
std::string_view ActionOf(const StallCheck& check);

// The "reason" of an order: "" without one, kInvalid if it is too long to stand in a header.
Result<std::string> ReadReason(const boost::json::object& body, std::string fallback = "");

// The same of a call that may tell nothing else.
Result<std::string> ReadOnlyReason(const Call& call);

// Reconciles and relays what is due, as the sweep would, then ends the batch if it is stalled by
// these thresholds and enough of it is done.
void CheckBatch(const ApiParts& parts, const BatchId& id, Duration stall_after, double min_percent,
                DoneWith<StallCheck> done);

}  // namespace tipoff
