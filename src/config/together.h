// Settings that are sound one by one and dangerous together.
#pragma once

#include <string>
#include <vector>

#include "config/config.h"

namespace tipoff {

// One sentence for each danger, with both keys, their origins and the remedy.
std::vector<std::string> DangersTogether(const Config& config);

}  // namespace tipoff
