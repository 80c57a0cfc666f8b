// When and against whom the demo league plays: one season of 1,230 games.
#pragma once

#include <cstdint>
#include <vector>

#include "base/instant.h"

namespace tipoff {

struct DemoGame {
  Day date;
  int home = 0;  // Team, 0..29.
  int away = 0;
};

// 82 games for each of the 30 teams, 41 of them at home: 4 against each of the division, 3 or 4
// against the rest of the conference, 2 against the others. From late October of `year` to
// mid-April, with back-to-backs (never three days in a row), a break in mid-February, and 0 to 15
// games a day. By date.
std::vector<DemoGame> MakeDemoCalendar(std::uint64_t seed, int year);

}  // namespace tipoff
