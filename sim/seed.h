// One seed, from start to verdict.
#pragma once

#include <string>
#include <vector>

#include "sim/world.h"

namespace tipoff::sim {

struct SeedResult {
  std::uint64_t seed = 0;
  std::vector<Violation> violations;
  Duration lived{};         // Simulated.
  std::uint64_t trace = 0;  // A digest of all that happened, in order.
  Sometimes sometimes;
  std::vector<Fault> struck;
  std::vector<std::string> story;  // If it was to be told.
};

// The same options give the same result, on any machine, from any compiler.
SeedResult RunSeed(const WorldOptions& options);

}  // namespace tipoff::sim
