// The store of the incident that tipoff was born from: 76 batches that nobody ends.
#pragma once

#include <string>
#include <vector>

#include "base/instant.h"

namespace tipoff {

struct StuckBatch {
  std::string id;
  std::string date;     // Of its games.
  std::string dataset;  // One live batch a slot: those of one day differ in it.
  std::uint32_t done = 0;
  std::uint32_t expected = 0;
  std::chrono::minutes age{0};  // Without any progress since.
};

// As they were found: most at nothing done, four above 91 %, some of minutes, most of days ago.
std::vector<StuckBatch> TheStuckBatches();

// Writes them into the store of `data`, which is made if it is not there.
void WriteStuckBatches(const std::string& data, const std::vector<StuckBatch>& batches);

}  // namespace tipoff
