// A game date as people write it.
#pragma once

#include <string_view>

#include "base/instant.h"

namespace tipoff {

// YYYY-MM-DD, or TODAY or TOMORROW by New York's calendar at this moment: resolved once, here at
// the door.
Result<Day> ResolveGameDate(std::string_view text);
// The same at a given moment.
Result<Day> ResolveGameDate(std::string_view text, Instant now);

// The wall clock, for doors that need one before there is a loop.
Instant WallClock();

}  // namespace tipoff
