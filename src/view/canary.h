// Canaries: no-op requests that go the whole way, so that a dead path is known before a batch needs
// it. Each hop writes a Record of its own, whose id is the canary's; ids ascend with time.
//
//   recorded ─► published ─► worked (by a worker) ─► counted (its answer is back)
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

inline constexpr std::string_view kCanaryRecords = "canary";                 // Canary; see below.
inline constexpr std::string_view kCanaryWorkedRecords = "canary.worked";    // CanaryHop.
inline constexpr std::string_view kCanaryCountedRecords = "canary.counted";  // CanaryHop.

// That a canary came so far, written by whoever it came to.
struct CanaryHop {
  Instant at;
  std::string worker;
  std::string worker_version;

  friend bool operator==(const CanaryHop&, const CanaryHop&) = default;
};

enum class CanaryState : std::uint8_t {
  kUnderWay,
  kBack,
  kLost,
};

// What the coordinator that sent it knows, complete once it is not under way any more.
struct Canary {
  std::string id;
  CanaryState state = CanaryState::kUnderWay;
  Instant sent_at;
  Instant expires_at;
  Instant published_at;  // The bus has confirmed it; never: it has not.
  Instant worked_at;
  Instant counted_at;
  std::string worker;
  std::string worker_version;
  std::string lost_after;  // The last hop that it got past: "recorded", "published", "worked".
  std::string message;     // A sentence, if it is lost.
  // For how many periods it is lost: while it still lies on the bus no other is sent after it.
  int lost_periods = 0;

  friend bool operator==(const Canary&, const Canary&) = default;
};

std::string_view ToString(CanaryState state);  // "under_way", "back", "lost"

std::string Encode(const CanaryHop& hop);
Result<CanaryHop> DecodeCanaryHop(std::string_view body);
std::string Encode(const Canary& canary);
// kCorrupt names the field.
Result<Canary> DecodeCanary(std::string_view body);

// How the path stands, by the newest canaries, newest first.
struct CanaryHealth {
  int losses = 0;      // Periods in a row, up to now, in which none came back.
  Canary newest_lost;  // If there are losses.
  Canary newest_back;  // Its id is "" if none of them came back.
  Instant newest_at;   // When the newest was sent; never: none was.
};
CanaryHealth JudgeCanaries(std::span<const Canary> canaries);

}  // namespace tipoff
