// The game day is America/New_York's. The only place that knows a time zone.
#pragma once

#include <string_view>

#include "base/instant.h"

namespace tipoff {

// A game date as people write it: YYYY-MM-DD, or TODAY or TOMORROW in New York at `now`. To be
// resolved once, at the door.
Result<Day> ResolveGameDate(std::string_view text, Instant now);

// The calendar day in New York at `at`: 2025-01-16T04:30:00Z is still 2025-01-15 there.
Day NewYorkDay(Instant at);

// Minutes since midnight on New York's wall clock, 0..1439.
int NewYorkMinuteOfDay(Instant at);

// The instant at which New York's wall clock shows `minute_of_day` on `day`. Where the clock skips
// that time the first instant after the gap; where it shows it twice, the earlier one.
Instant NewYorkInstant(Day day, int minute_of_day);

}  // namespace tipoff
