#include "core/retry.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(Backoff, DoublesUpToItsCapWithAtMostHalfTaken) {
  Backoff backoff{milliseconds(200), seconds(30)};
  Duration full = milliseconds(200);
  for (int tries = 1; tries < 200; ++tries) {
    Duration delay = BackoffDelay(backoff, tries, 42);
    EXPECT_LE(delay, full);
    EXPECT_GE(delay, full / 2);
    full = std::min<Duration>(full * 2, seconds(30));
  }
}

TEST(Backoff, SpreadsCallersAndRepeatsItself) {
  Backoff backoff{seconds(1), seconds(60)};
  EXPECT_EQ(BackoffDelay(backoff, 5, 1), BackoffDelay(backoff, 5, 1));
  EXPECT_NE(BackoffDelay(backoff, 5, 1), BackoffDelay(backoff, 5, 2));
}

}  // namespace
}  // namespace tipoff
