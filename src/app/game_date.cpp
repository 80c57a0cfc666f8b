#include "app/game_date.h"

#include <chrono>

#include "base/new_york.h"

namespace tipoff {

Instant WallClock() {
  return Instant::FromMicros(
      std::chrono::duration_cast<Duration>(std::chrono::system_clock::now().time_since_epoch())
          .count());
}

Result<Day> ResolveGameDate(std::string_view text, Instant now) {
  if (text == "TODAY") return NewYorkDay(now);
  if (text == "TOMORROW") return NewYorkDay(now) + 1;
  auto day = ParseDay(text);
  if (day.ok()) return day;
  return Error{Errc::kInvalid, day.error().message + ", TODAY or TOMORROW"};
}

Result<Day> ResolveGameDate(std::string_view text) { return ResolveGameDate(text, WallClock()); }

}  // namespace tipoff
