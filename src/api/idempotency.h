// Idempotency-Key: the same POST with the same key is answered as the first time.
#pragma once

#include <functional>

#include "api/router.h"
#include "store/store.h"

namespace tipoff {

// Runs `handler` unless this key was answered within the last 24 h: then that answer is given
// again. The same key with another method, path or body: 422. Only what a call did is kept, 2xx and
// 409: a refusal, a failure and an answer that says when to ask again (Retry-After) are not, and
// such a call may be tried again. Two at once may both run; what a start or an order does
// twice is harmless, and Call::idempotency_key makes it one batch.
void PerformOnce(Store& store, Call call, std::function<void(Call)> handler);

}  // namespace tipoff
