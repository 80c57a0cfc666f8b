// The running product in memory with one fault in it, drawn from a seed: what `why` says about it.
// The faults are those of which it is agreed which layer is at fault.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/diagnose.h"

namespace tipoff {

struct FaultTruth {
  std::string id;  // "F01"
  Layer layer;
};
const std::vector<FaultTruth>& FaultTruths();

struct Asked {
  Diagnosis diagnosis;
  std::string story;  // What was done to the batch, and when it was asked about.
  Facts facts;
};

// Lets one batch meet the fault and asks when an operator would: when it is stalled or has ended.
Asked AskAbout(const std::string& fault, std::uint64_t seed);

}  // namespace tipoff
