// The NBA's teams by every name that sources use. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tipoff {

// "BOS" for "BOS", "Boston Celtics", "Celtics", "boston"; "NYK" for ESPN's "NY". Upper or lower
// case. Nothing if it is not an NBA team, or names two ("Los Angeles").
std::optional<std::string> FindNbaTeam(std::string_view text);

// Two to four capital letters: what a team's code looks like in any league.
bool IsTeamCode(std::string_view text);

}  // namespace tipoff
