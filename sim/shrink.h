// From a seed that violates a law to the least that violates it still: fewest faults, fewest
// requests, fewest batches. And its story, to be read.
#pragma once

#include <string>

#include "sim/seed.h"

namespace tipoff::sim {

struct Shrunk {
  WorldOptions options;  // Runs it again.
  SeedResult result;     // With its story.
  int runs = 0;          // Spent on it.
};

// `found` violates something. At most `runs_max` runs; the law stays the same, its words may not.
Shrunk Shrink(const SeedResult& found, int runs_max);

// The violation, what was left of the faults, and what happened, line by line.
std::string Story(const Shrunk& shrunk, std::size_t lines_max);

}  // namespace tipoff::sim
