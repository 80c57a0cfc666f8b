#include "core/retry.h"

#include <algorithm>

#include "base/random.h"

namespace tipoff {

Duration BackoffDelay(const Backoff& backoff, int tries, std::uint64_t key) {
  TIPOFF_CHECK(tries >= 1, "a back-off comes after a failed try");
  std::int64_t full = backoff.most.count();
  int doublings = tries - 1;
  if (doublings < 40 && backoff.first.count() <= (full >> doublings)) {
    full = backoff.first.count() << doublings;
  }
  double share = 0.5 + 0.5 * UnitInterval(Mix(key, static_cast<std::uint64_t>(tries)));
  return Duration(static_cast<std::int64_t>(static_cast<double>(full) * share));
}

}  // namespace tipoff
