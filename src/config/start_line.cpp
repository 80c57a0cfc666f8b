#include "config/start_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <vector>

namespace tipoff {
namespace {

constexpr std::size_t kCronFields = 5;

// The platform's. BACKFILL is left out: it is for days of the past.
constexpr std::array<std::string_view, 7> kRunModes{"OVERNIGHT", "FIRST", "RETRY",   "FINAL_RETRY",
                                                    "LAST_CALL", "EARLY", "PRE_GAME"};

}  // namespace

Result<StartLine> ParseStartLine(std::string_view text) {
  StartLine line;
  line.text = text;
  std::istringstream words(line.text);
  std::string word, cron;
  std::size_t count = 0;
  bool date_read = false, mode_read = false;
  while (words >> word) {
    if (count++ < kCronFields) {
      cron += (cron.empty() ? "" : " ") + word;
    } else if (!date_read && !mode_read && (word == "TODAY" || word == "TOMORROW")) {
      line.tomorrow = word == "TOMORROW";
      date_read = true;
    } else if (!mode_read && std::count(kRunModes.begin(), kRunModes.end(), word) == 1) {
      line.run_mode = word;
      mode_read = true;
    } else {
      return Error{Errc::kInvalid,
                   fmt::format("'{}': after the five fields come TODAY or TOMORROW and a run mode "
                               "({}); '{}' is none of them",
                               text, fmt::join(kRunModes, ", "), word)};
    }
  }
  auto parsed = ParseCron(cron);
  if (!parsed.ok()) return Annotate(parsed.error(), fmt::format("'{}'", text));
  line.cron = *parsed;
  return line;
}

}  // namespace tipoff
