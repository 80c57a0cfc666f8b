// The platform's message that a phase is complete, on the announcements topic. docs/API.md lists
// the fields.
#pragma once

#include <string>

#include "core/batch.h"

namespace tipoff {

// Of a batch that has ended. Its status is the truth in the platform's words: success, partial,
// no_data (nobody was to be predicted) or failed, which is what a cancelled batch is to its
// readers.
std::string EncodeBatchEnd(const Batch& batch);

}  // namespace tipoff
