// That a worker is there: what each worker writes into the store about itself, and what doctor and
// /v1/workers read. A Record of kind "worker" whose id is the worker's name.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

inline constexpr std::string_view kWorkerRecords = "worker";
// A worker writes this often; one that has been silent for three times as long is not there.
inline constexpr auto kPresencePeriod = std::chrono::seconds(10);
// Workers that were not seen for so long are forgotten.
inline constexpr auto kPresenceKept = std::chrono::hours(24);

struct WorkerCounts {
  std::uint64_t held = 0;    // Requests that it holds.
  std::uint64_t done = 0;    // Predicted or rightly skipped, since it was started.
  std::uint64_t failed = 0;  // Given up.

  friend bool operator==(const WorkerCounts&, const WorkerCounts&) = default;
};

struct WorkerPresence {
  std::string name;     // Unique to one life of it: a restarted worker has another name.
  std::string process;  // "" for a worker elsewhere, who works through the lease API.
  std::string version;
  std::string group;
  std::optional<WorkerCounts> counts;  // Absent for a worker elsewhere: nobody knows them all.
  Instant started_at;
  Instant stopped_at;   // never: it works.
  Instant asked_at;     // When the bus last answered it, with or without work; never: not yet.
  std::string refusal;  // Why it takes no work: it can't load its model; "" if it does.

  friend bool operator==(const WorkerPresence&, const WorkerPresence&) = default;
};

std::string Encode(const WorkerPresence& presence);
// kCorrupt names the field.
Result<WorkerPresence> DecodeWorkerPresence(std::string_view body);

}  // namespace tipoff
