#include "demo/names.h"

#include "base/panic.h"
#include "demo/dice.h"

namespace tipoff {
namespace {

constexpr std::uint64_t kSite = 1;

constexpr std::array<DemoTeamName, kDemoTeams> kTeams{{
    {"ARD", "Ardmoor Foxes"},      {"BEX", "Bexley Harbor Gulls"}, {"CAL", "Calder Falls Otters"},
    {"DUN", "Dunwich Sailors"},    {"ELM", "Elmhaven Wardens"},    {"FAR", "Farrow Comets"},
    {"GRE", "Greyport Anchors"},   {"HAL", "Halden Miners"},       {"ISL", "Isleton Herons"},
    {"JUN", "Juniper Bay Tides"},  {"KES", "Keswick Lanterns"},    {"LOR", "Lorne Stags"},
    {"MAR", "Marrow Creek Bears"}, {"NEV", "Nevis Peaks"},         {"OAK", "Oakridge Owls"},
    {"PEM", "Pembroke Rapids"},    {"QUI", "Quillan Arrows"},      {"RAV", "Ravenna Crows"},
    {"SOL", "Solway Suns"},        {"TAM", "Tamarack Wolves"},     {"UMB", "Umber Hills Rams"},
    {"VAL", "Valmont Vipers"},     {"WEX", "Wexcombe Knots"},      {"XAN", "Xanthe Dolphins"},
    {"YAR", "Yarrow Badgers"},     {"ZEP", "Zephyr City Kites"},   {"BRI", "Brightwater Pikes"},
    {"COR", "Corvane Ravens"},     {"DRA", "Drayton Forge"},       {"HUX", "Huxley Orbits"},
}};

constexpr std::array<std::string_view, 72> kFirst{
    "Abel",    "Ade",     "Alaric",  "Amadou", "Andrej", "Ansel",   "Arlo",   "Bastien",  "Bo",
    "Brannon", "Caspian", "Cedro",   "Corbin", "Da'Ron", "Dario",   "De'Von", "Desmond",  "Dušan",
    "Eamon",   "Élie",    "Emeka",   "Enzo",   "Ezra",   "Fabrice", "Faolan", "Gideon",   "Goran",
    "Hakim",   "Hollis",  "Ibrahim", "Ignác",  "Ivo",    "J.R.",    "Jalon",  "Jean-Luc", "Jorrit",
    "Joël",    "K.C.",    "Kaleb",   "Keanan", "Kofi",   "Lamont",  "Leif",   "Luán",     "Mads",
    "Malik",   "Matéo",   "Micah",   "Milo",   "N'Dour", "Nikolás", "Obi",    "Omari",    "Orson",
    "Pavel",   "Quade",   "Rashid",  "Reuben", "Rémy",   "Roko",    "Sacha",  "Silas",    "Søren",
    "Tadeo",   "Tavon",   "Théo",    "Ugo",    "Vaughn", "Wendell", "Xavi",   "Yusuf",    "Žiga",
};

constexpr std::array<std::string_view, 96> kSurnames{
    "Abernant",      "Adeyola",     "Almgren",     "Ashdown",       "Ba'Kell",    "Balogar",
    "Barrowby",      "Bellamont",   "Blackmoor",   "Boateld",       "Brannigal",  "Bražić",
    "Calloway-Reed", "Carrick",     "Castellar",   "Čavlović",      "Chidera",    "Clovis",
    "Coldwell",      "Crane-Okoro", "D'Ambrose",   "D'Arvo",        "Dacanay",    "Delacorte",
    "Diabaté-Sow",   "Dorrance",    "Drummel",     "Dubravec",      "Eastlake",   "Ekwueme",
    "Ellingsen",     "Fairweather", "Falkner",     "Farrington",    "Ferreirós",  "Fontenay",
    "Garrowby",      "Gbadebo",     "Gentry-Vale", "Godspeed",      "Grünfeld",   "Hallorand",
    "Harkaway",      "Haverford",   "Hollinsby",   "Idowu",         "Jankević",   "Jørvik",
    "Kallaway",      "Karamoko",    "Keïtana",     "Kestrel",       "Kovarić",    "Lagardère",
    "Lindqvister",   "Lockridge",   "Łukaszek",    "MacAllard",     "Maddoxen",   "Mbengué",
    "Merriweth",     "Montclair",   "Mwangala",    "N'Guessan",     "Nakamuro",   "Nightingale",
    "Núñara",        "O'Dunnell",   "O'Merrin",    "Okonjolo",      "Oyelaran",   "Pemberley",
    "Peñarosa",      "Petrakovs",   "Pickersgill", "Quarrier",      "Radovanić",  "Ravensdale",
    "Redfearn",      "Rookwood",    "Saint-Cyrus", "Sandoval-Ruiz", "Šarunec",    "Sedgemoor",
    "St. Aubin",     "Strandvik",   "Tamblyn",     "Thistlewood",   "Traoréba",   "Underhay",
    "Vandermoor",    "Vasquelle",   "Weatherall",  "Whitlocke",     "Yarborough", "Zubiarte",
};

constexpr std::array<std::string_view, 4> kSuffixes{"Jr.", "II", "III", "IV"};
constexpr double kSuffixShare = 0.06;

}  // namespace

const std::array<DemoTeamName, kDemoTeams>& DemoTeamNames() { return kTeams; }

std::string DemoPlayerName::Full() const {
  return first + " " + surname + (suffix.empty() ? "" : " " + suffix);
}

std::string DemoPlayerName::SurnameFirst() const {
  return surname + (suffix.empty() ? "" : " " + suffix) + ", " + first;
}

std::vector<DemoPlayerName> MakeDemoNames(std::uint64_t seed, int count) {
  TIPOFF_CHECK(count <= 5000, "more demo players than names");
  Dice dice(seed, kSite);
  std::vector<int> pairs;
  for (int i = 0; i < static_cast<int>(kFirst.size() * kSurnames.size()); ++i) pairs.push_back(i);
  dice.Shuffle(pairs);
  std::vector<DemoPlayerName> names;
  for (int i = 0; i < count; ++i) {
    auto pair = static_cast<std::size_t>(pairs[static_cast<std::size_t>(i)]);
    std::string suffix;
    if (dice.Chance(kSuffixShare)) suffix = kSuffixes[static_cast<std::size_t>(dice.Below(4))];
    names.push_back({std::string(kFirst[pair % kFirst.size()]),
                     std::string(kSurnames[pair / kFirst.size()]), suffix});
  }
  return names;
}

}  // namespace tipoff
