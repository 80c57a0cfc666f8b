// What a start asks for, read from a body, and how its summary is told: shared by the platform's
// /start and POST /v1/batches.
#pragma once

#include <boost/json.hpp>

#include "api/api.h"
#include "flow/start.h"

namespace tipoff {

// The platform's body. Unknown fields are tolerated; kInvalid names the field. Its date window is
// checked, too, unless prediction_run_mode is BACKFILL.
Result<StartRequest> ReadPlatformStart(const boost::json::object& body, const ApiOptions& options,
                                       Instant now);

// The body of POST /v1/batches. Unknown fields are errors.
Result<StartRequest> ReadStart(const boost::json::object& body, const ApiOptions& options,
                               Instant now);

// `changes` over `policy`: the "policy" member of a start. kInvalid names the field.
Result<Policy> ReadPolicy(const boost::json::object& changes, Policy policy);

boost::json::object SummaryToJson(const Slot& slot, const StartSummary& summary);

}  // namespace tipoff
