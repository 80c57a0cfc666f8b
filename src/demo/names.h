// Made-up teams and people. No name is a real team's or player's.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace tipoff {

inline constexpr int kDemoTeams = 30;

struct DemoTeamName {
  std::string_view code;  // Three letters, none of them a real team's.
  std::string_view name;
};
// Divisions of five, in order; the first three divisions are one conference.
const std::array<DemoTeamName, kDemoTeams>& DemoTeamNames();

struct DemoPlayerName {
  std::string first;
  std::string surname;
  std::string suffix;  // "", "Jr.", "II", ...

  std::string Full() const;          // "Luán Ba'Kell Jr."
  std::string SurnameFirst() const;  // "Ba'Kell Jr., Luán", as the injury report writes it.
};
// `count` different names, some with apostrophes, hyphens, diacritics and suffixes; no two share
// first name and surname. At most 5,000.
std::vector<DemoPlayerName> MakeDemoNames(std::uint64_t seed, int count);

}  // namespace tipoff
