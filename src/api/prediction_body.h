// Predictions as workers in other languages send them. Strict: what would be stored wrongly is
// refused with its place, "predictions[3].spread".
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "base/result.h"
#include "core/prediction.h"

namespace tipoff {

// The field "predictions" of `body`, without ids; numbers rounded as they are stored. kInvalid for
// a missing or empty list, too: that is not how "can't be predicted" is told.
Result<std::vector<Prediction>> ReadPredictions(const boost::json::value& body);

}  // namespace tipoff
