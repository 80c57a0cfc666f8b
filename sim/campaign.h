// Many seeds, on all cores.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/sometimes.h"

namespace tipoff::sim {

struct CampaignOptions {
  std::uint64_t first_seed = 1;
  std::uint64_t count = 1;
  unsigned jobs = 1;
  // Asked before each seed; false: it is enough.
  std::function<bool()> go_on = [] { return true; };
  // After that many violations nobody learns anything from more.
  std::size_t violations_max = 5;
  int shrink_runs = 400;  // For each of them.
};

struct FoundViolation {
  std::uint64_t seed = 0;
  std::string law;
  std::string story;
};

struct CampaignResult {
  std::uint64_t seeds_run = 0;
  double simulated_days = 0;
  // Of all traces; the same whatever the order in which seeds were run.
  std::uint64_t trace = 0;
  std::vector<FoundViolation> violations;  // By seed.
  Sometimes sometimes;
};

// `done` counts the seeds that are through. `on_progress` is called by the caller's own thread,
// which works as well.
CampaignResult RunCampaign(const CampaignOptions& options,
                           const std::function<void(std::uint64_t done)>& on_progress);

}  // namespace tipoff::sim
