// That a coordinator is there: what each one writes into the store about itself, and what `why`
// reads. A Record of kind "coordinator" whose id is the process.
#pragma once

#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

inline constexpr char kCoordinatorRecords[] = "coordinator";

struct CoordinatorPresence {
  std::string process;
  Instant started_at;
  Instant stopped_at;  // never: it works.
  Instant swept_at;    // When it last knew that a sweep had gone through; never: not yet.

  friend bool operator==(const CoordinatorPresence&, const CoordinatorPresence&) = default;
};

std::string Encode(const CoordinatorPresence& presence);
// kCorrupt names the field.
Result<CoordinatorPresence> DecodeCoordinatorPresence(std::string_view body);

}  // namespace tipoff
