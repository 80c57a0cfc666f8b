// One batch as it really is: what its time demands is written before it is told.
#pragma once

#include "api/api.h"

namespace tipoff {

// The header, after the sweep's own decision about it if one is due. Where that can't be written in
// time, the header as it is stored. kNotFound if there is no such batch.
void VisitBatch(const ApiParts& parts, const BatchId& id, DoneWith<Batch> done);

}  // namespace tipoff
