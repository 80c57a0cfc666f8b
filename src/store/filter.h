// Which batches a filter asks for, for stores that judge it themselves.
#pragma once

#include "store/store.h"

namespace tipoff {

// Cursor and limit are not looked at.
bool Matches(const BatchFilter& filter, const Batch& batch);

}  // namespace tipoff
