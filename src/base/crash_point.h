// Places at which the process can be made to die as by `kill -9`, by name: between any two steps
// that must both become durable. TIPOFF_CRASH_POINT("relay/published") is one load and one branch
// that is never taken, unless the environment's TIPOFF_CRASH_AT names it.
//
// Each name stands once in the table below and once in the sources: a name that is not in the table
// does not compile, one that has no place fails crash_point_test. docs/PROOF.md says how to use
// them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace tipoff::crash {

// Sorted. The part before the slash says whose life it is about.
inline constexpr std::string_view kPoints[] = {
#define TIPOFF_CRASH_NAME(name) name,
#include "base/crash_points.inc"
#undef TIPOFF_CRASH_NAME
};

// Compiles only for a name of the table.
consteval std::uint32_t IndexOf(std::string_view name) {
  for (std::uint32_t i = 0; i < std::size(kPoints); ++i) {
    if (kPoints[i] == name) return i;
  }
  throw "there is no such crash point: add it to base/crash_points.inc";
}

// `NAME` or `NAME:N`: at its N-th pass of that point the process says so and kills itself.
// kInvalid, and nothing armed, for a name that is not in the table or an N that is no number
// from 1. Before any thread is started; once a process.
Status Arm(std::string_view text);

inline constexpr std::uint32_t kNone = UINT32_MAX;
inline constinit std::atomic<std::uint32_t> armed{kNone};
void Pass(std::uint32_t point);

}  // namespace tipoff::crash

#define TIPOFF_CRASH_POINT(name)                                                              \
  do {                                                                                        \
    constexpr std::uint32_t crash_point = ::tipoff::crash::IndexOf(name);                     \
    if (::tipoff::crash::armed.load(std::memory_order_relaxed) == crash_point) [[unlikely]] { \
      ::tipoff::crash::Pass(crash_point);                                                     \
    }                                                                                         \
  } while (false)
