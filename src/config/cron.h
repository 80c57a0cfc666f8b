// Cron lines, read by New York's wall clock.
#pragma once

#include <bitset>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

// Which minutes a line names: "0,30 10-22 * NOV-APR MON-FRI".
struct Cron {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     // 1..31
  std::bitset<13> months;   // 1..12
  std::bitset<7> weekdays;  // 0 is Sunday.
  // As in every cron: a day must suit both fields if one of them is '*', else one is enough.
  bool either_day = false;

  friend bool operator==(const Cron&, const Cron&) = default;
};

// Five fields: minute, hour, day of the month, month, day of the week (0 or 7 is Sunday); each '*',
// numbers, names (JAN, MON), ranges, steps (*/15, 8-20/2) and lists of those. kInvalid names the
// field, also for a line whose day never comes (30 February).
Result<Cron> ParseCron(std::string_view line);

// The first time after `after` that the line names. On the days when the clocks change, a time that
// is skipped comes at the first minute that exists again, and one that is shown twice comes once,
// the first time.
Instant NextAfter(const Cron& cron, Instant after);

}  // namespace tipoff
