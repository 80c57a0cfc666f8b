// Single fields of public files as values. Pure; texts come trimmed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/instant.h"
#include "base/result.h"

namespace tipoff {

std::string_view Trimmed(std::string_view text);
// At least one digit and nothing else.
bool IsDigits(std::string_view text);

// Empty, or what spreadsheets and pandas write for nothing: nan, NA, None, null, -.
bool IsBlank(std::string_view text);

// `text` for messages: quoted, cut at 40 characters, without what a terminal or JSON can't show.
std::string Shown(std::string_view text);

// 2024-10-22, 2024/10/22, 10/22/2024 (US), 20241022, "Apr 13, 2025", each with or without a time.
// An instant with a zone (2024-10-23T00:30:00Z) is the day it is then in New York, unless
// `local_time` says that the column holds New York's time whatever it claims. Years 1946-2100.
Result<Day> ParseGameDay(std::string_view text, bool local_time = false);

// Seconds played, 0..80 minutes, and whether the source has rounded them.
struct Played {
  int seconds = 0;
  bool whole_minutes = false;
};
// 26, 26.0, 26.083333, 26:05. With `dot_is_colon` 26.05 is 26:05 and 15.4 is 15:40, as in Kaggle's
// files.
Result<Played> ParseMinutes(std::string_view text, bool dot_is_colon);

// 26, 26.0, +8, -14; least..most. Blank: nothing.
Result<std::optional<int>> ParseCount(std::string_view text, int least, int most);

// 1/0, true/false, yes/no, home/away, vs/@, h/a in any case.
std::optional<bool> ParseFlag(std::string_view text);

// "2024-25" from 2024-25, 2024-2025 or the league's 22024; nothing else.
std::optional<std::string> ParseSeason(std::string_view text);

}  // namespace tipoff
