// "Did you mean": the known name that a mistyped one is nearest to.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tipoff {

// The one of `known` with the fewest letters changed, left out, added or swapped; "" if none is
// near enough to be meant.
std::string Nearest(std::string_view mistyped, const std::vector<std::string>& known);

}  // namespace tipoff
