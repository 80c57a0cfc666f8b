// Broken invariants end the process, in every build: a coordinator that goes on with a state it
// does not understand loses completions silently, which is worse than a restart.
#pragma once

#include <stdexcept>
#include <string_view>

namespace tipoff {

// Writes `message` and where it was raised to standard error, then aborts.
[[noreturn]] void Panic(const char* file, int line, std::string_view message);

struct CaughtPanic : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// While one lives, a panic of its thread throws CaughtPanic: a simulated process that breaks an
// invariant must not end the program that watches it. What panicked is not to be used again.
class PanicCapture {
 public:
  PanicCapture();
  ~PanicCapture();
  PanicCapture(const PanicCapture&) = delete;
  PanicCapture& operator=(const PanicCapture&) = delete;
};

}  // namespace tipoff

// Ends the process unless `condition` holds. For what only a bug can break; never for bad input,
// a full disk or a lost connection, which are `Result`s.
#define TIPOFF_CHECK(condition, message)                            \
  do {                                                              \
    if (!(condition)) ::tipoff::Panic(__FILE__, __LINE__, message); \
  } while (false)
