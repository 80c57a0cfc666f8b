#include "app/game_date.h"

#include <chrono>

#include "base/new_york.h"

namespace tipoff {

Instant WallClock() {
  return Instant::FromMicros(
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Result<Day> ResolveGameDate(std::string_view text) { return ResolveGameDate(text, WallClock()); }

}  // namespace tipoff
