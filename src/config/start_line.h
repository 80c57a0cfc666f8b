// One line of `schedule.start`: when to start, which day, in which run mode.
#pragma once

#include <string>
#include <string_view>

#include "config/cron.h"

namespace tipoff {

struct StartLine {
  std::string text;  // As it was written.
  Cron cron;
  bool tomorrow = false;  // The game date: the New York day after, instead of the day itself.
  std::string run_mode = "OVERNIGHT";
};

// "0 10 * * *", "30 23 * * * TOMORROW", "0 18 * * * TODAY LAST_CALL". kInvalid says which word.
Result<StartLine> ParseStartLine(std::string_view text);

}  // namespace tipoff
