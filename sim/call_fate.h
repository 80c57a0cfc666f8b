// What becomes of one call of a process to the store or the bus.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"
#include "sim/faults.h"

namespace tipoff::sim {

struct CallFate {
  bool crash_before = false;  // The process dies as it calls.
  bool crash_after = false;   // It dies as it is answered.
  Duration there{};           // Until the call is where it is applied.
  Duration back{};            // Until its answer is where it was called.
  bool applied = true;
  std::optional<Error> error;    // Answered instead of what came out.
  std::optional<Duration> late;  // Applied so long after the answer was given.
  bool silent = false;           // Never answered, whatever the port promises.
  std::optional<Site> fault;     // Which of them it is, if anything is wrong with it.
};

enum class CallKind : std::uint8_t {
  kRead,
  kWrite,
};

CallFate StoreFate(Faults& faults, std::uint64_t entity, std::string_view call, CallKind kind,
                   bool outage);
// Of the bus: an error says that nothing is known, trying again is harmless.
CallFate BusFate(Faults& faults, std::uint64_t entity, std::string_view call);

}  // namespace tipoff::sim
