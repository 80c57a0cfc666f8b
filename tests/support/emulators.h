// The emulators that ctest started with tools/emulators, and projects of one's own on them.
#pragma once

#include <string>

namespace tipoff {

struct Emulators {
  std::string pubsub;     // host:port
  std::string firestore;  // host:port
  // Why there are none: not installed, or not started. Empty: they run.
  std::string missing;
};

// As tools/emulators wrote them for this build; by hand: tools/emulators start BUILD/emulators.
Emulators RunningEmulators();

// A project id that no other test has. The emulators make a project of whatever is named.
std::string OwnProject();

}  // namespace tipoff

// First line of a test, or of SetUp, that needs them.
#define TIPOFF_NEEDS_EMULATORS()                                     \
  do {                                                               \
    const std::string absent = ::tipoff::RunningEmulators().missing; \
    if (!absent.empty()) GTEST_SKIP() << absent;                     \
  } while (false)
