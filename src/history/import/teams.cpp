#include "history/import/teams.h"

#include <algorithm>
#include <array>
#include <unordered_map>

#include "history/names.h"

namespace tipoff {
namespace {

struct Team {
  std::string_view code;
  std::string_view city;
  std::string_view nickname;
};

// Franchises that have moved since 1996, when box scores became complete, keep the code of their
// time; a nickname that has come back (Hornets) is the present team's.
constexpr std::array<Team, 36> kTeams{{
    {"ATL", "Atlanta", "Hawks"},
    {"BOS", "Boston", "Celtics"},
    {"BKN", "Brooklyn", "Nets"},
    {"CHA", "Charlotte", "Hornets"},
    {"CHI", "Chicago", "Bulls"},
    {"CLE", "Cleveland", "Cavaliers"},
    {"DAL", "Dallas", "Mavericks"},
    {"DEN", "Denver", "Nuggets"},
    {"DET", "Detroit", "Pistons"},
    {"GSW", "Golden State", "Warriors"},
    {"HOU", "Houston", "Rockets"},
    {"IND", "Indiana", "Pacers"},
    {"LAC", "LA", "Clippers"},
    {"LAL", "Los Angeles", "Lakers"},
    {"MEM", "Memphis", "Grizzlies"},
    {"MIA", "Miami", "Heat"},
    {"MIL", "Milwaukee", "Bucks"},
    {"MIN", "Minnesota", "Timberwolves"},
    {"NOP", "New Orleans", "Pelicans"},
    {"NYK", "New York", "Knicks"},
    {"OKC", "Oklahoma City", "Thunder"},
    {"ORL", "Orlando", "Magic"},
    {"PHI", "Philadelphia", "76ers"},
    {"PHX", "Phoenix", "Suns"},
    {"POR", "Portland", "Trail Blazers"},
    {"SAC", "Sacramento", "Kings"},
    {"SAS", "San Antonio", "Spurs"},
    {"TOR", "Toronto", "Raptors"},
    {"UTA", "Utah", "Jazz"},
    {"WAS", "Washington", "Wizards"},
    {"NJN", "New Jersey", "Nets"},
    {"SEA", "Seattle", "SuperSonics"},
    {"VAN", "Vancouver", "Grizzlies"},
    {"NOH", "New Orleans", "Hornets"},
    {"NOK", "New Orleans/Oklahoma City", "Hornets"},
    {"CHA", "Charlotte", "Bobcats"},
}};
constexpr std::size_t kPresentTeams = 30;

// ESPN's and basketball-reference's codes, and other ways to say it.
constexpr std::array<std::pair<std::string_view, std::string_view>, 23> kAliases{{
    {"GS", "GSW"},
    {"NY", "NYK"},
    {"SA", "SAS"},
    {"NO", "NOP"},
    {"UTAH", "UTA"},
    {"WSH", "WAS"},
    {"PHO", "PHX"},
    {"BRK", "BKN"},
    {"CHO", "CHA"},
    {"SAN", "SAS"},
    {"UTH", "UTA"},
    {"PHL", "PHI"},
    {"GOS", "GSW"},
    {"NOR", "NOP"},
    {"CHH", "CHH"},
    {"LA Lakers", "LAL"},
    {"Los Angeles Clippers", "LAC"},
    {"L.A. Clippers", "LAC"},
    {"L.A. Lakers", "LAL"},
    {"Sixers", "PHI"},
    {"Blazers", "POR"},
    {"Wolves", "MIN"},
    {"Cavs", "CLE"},
}};

std::unordered_map<std::string, std::string> MakeIndex() {
  std::unordered_map<std::string, std::string> index;
  auto add = [&](std::string_view name, std::string_view code) {
    index.try_emplace(FoldText(name), code);
  };
  for (const Team& team : kTeams) {
    add(team.code, team.code);
    add(std::string(team.city) + ' ' + std::string(team.nickname), team.code);
  }
  for (const auto& [name, code] : kAliases) add(name, code);
  for (const Team& team : kTeams) add(team.nickname, team.code);
  for (std::size_t i = 0; i < kPresentTeams; ++i) {
    bool ambiguous = kTeams[i].code == "LAC" || kTeams[i].code == "LAL";
    if (!ambiguous) add(kTeams[i].city, kTeams[i].code);
  }
  return index;
}

}  // namespace

std::optional<std::string> FindNbaTeam(std::string_view text) {
  static const std::unordered_map<std::string, std::string> index = MakeIndex();
  // Most sources spell codes in capitals: those need no folding.
  if (IsTeamCode(text) && text.size() == 3) {
    auto known = std::find_if(kTeams.begin(), kTeams.end(),
                              [&](const Team& team) { return team.code == text; });
    if (known != kTeams.end()) return std::string(text);
  }
  auto found = index.find(FoldText(text));
  if (found == index.end()) return std::nullopt;
  return found->second;
}

bool IsTeamCode(std::string_view text) {
  return text.size() >= 2 && text.size() <= 4 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

}  // namespace tipoff
