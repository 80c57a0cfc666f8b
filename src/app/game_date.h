// A game date as people write it.
#pragma once

#include <string_view>

#include "base/instant.h"
#include "base/new_york.h"

namespace tipoff {

// YYYY-MM-DD, or TODAY or TOMORROW by New York's calendar at this moment: resolved once, here at
// the door.
Result<Day> ResolveGameDate(std::string_view text);

// The wall clock, for doors that need one before there is a loop.
Instant WallClock();

}  // namespace tipoff
