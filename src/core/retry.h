// Back-off with jitter, as a pure function: the same key and try give the same delay.
#pragma once

#include <cstdint>

#include "base/instant.h"

namespace tipoff {

struct Backoff {
  Duration first = std::chrono::milliseconds(200);
  Duration most = std::chrono::seconds(30);
};

// The delay before try `tries + 1`, after `tries` >= 1 failed ones: doubles from `first` up to
// `most`, of which 50-100 % are waited. `key` spreads callers that fail at the same instant.
Duration BackoffDelay(const Backoff& backoff, int tries, std::uint64_t key);

}  // namespace tipoff
