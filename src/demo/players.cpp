#include "demo/players.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace tipoff {
namespace {

constexpr std::uint64_t kSite = 3;
constexpr int kFirstId = 9'000'001;
constexpr int kRosterMax = 15;

constexpr double kStandingKept = 0.93;
constexpr double kStandingStep = 0.16;
constexpr double kTouchKept = 0.90;
constexpr double kTouchStep = 0.05;

constexpr double kHurt = 0.024;   // A game.
constexpr double kRested = 0.01;  // A game; on the second of two days more.
constexpr double kRestedBackToBack = 0.05;
constexpr double kStarTalent = 1.2;

constexpr std::array<const char*, 8> kInjuries{
    "Injury/Illness - Left Ankle; Sprain",    "Injury/Illness - Right Knee; Soreness",
    "Injury/Illness - Lower Back; Tightness", "Injury/Illness - Right Hamstring; Strain",
    "Injury/Illness - N/A; Illness",          "Injury/Illness - Left Calf; Strain",
    "Injury/Illness - Right Wrist; Sprain",   "Injury/Illness - Left Foot; Soreness"};

// How good the n-th man of a roster is, before chance.
constexpr std::array<double, kRosterMax> kTalentByPlace{
    2.0, 1.35, 0.9, 0.55, 0.3, 0.05, -0.15, -0.35, -0.55, -0.75, -0.95, -1.15, -1.35, -1.5, -1.65};

DemoPlayer MakePlayer(int place, Dice& dice) {
  DemoPlayer player;
  double size = dice.Uniform();  // 0 a guard, 1 a centre.
  player.talent = kTalentByPlace[static_cast<std::size_t>(place)] + dice.Normal(0, 0.3);
  player.shots_per_minute =
      std::clamp(0.352 + 0.079 * player.talent + dice.Normal(0, 0.055), 0.16, 0.68);
  player.three_share = std::clamp(0.56 - 0.34 * size + dice.Normal(0, 0.12), 0.0, 0.8);
  player.two_percent = std::clamp(0.525 + 0.08 * size + 0.006 * player.talent, 0.4, 0.72);
  player.three_percent = std::clamp(dice.Normal(0.36, 0.025), 0.28, 0.44);
  player.free_percent = std::clamp(dice.Normal(0.81 - 0.10 * size, 0.06), 0.45, 0.94);
  player.free_per_shot =
      std::clamp(0.15 + 0.05 * player.talent + 0.07 * size + dice.Normal(0, 0.05), 0.05, 0.5);
  player.rebounds = std::clamp(0.085 + 0.18 * size + dice.Normal(0, 0.03), 0.04, 0.5);
  player.assists =
      std::clamp(0.155 - 0.12 * size + 0.025 * player.talent + dice.Normal(0, 0.03), 0.02, 0.35);
  player.steals = std::clamp(dice.Normal(0.031, 0.008), 0.01, 0.06);
  player.blocks = std::clamp(0.008 + 0.03 * size, 0.003, 0.1);
  player.turnovers = std::clamp(0.03 + 0.12 * player.assists + 0.012 * player.talent, 0.02, 0.12);
  return player;
}

// Most miss a game or a few; some miss months.
int GamesMissed(Dice& dice) {
  double kind = dice.Uniform();
  if (kind < 0.55) return dice.Pick(1, 3);
  if (kind < 0.88) return dice.Pick(4, 15);
  return dice.Pick(16, 55);
}

}  // namespace

std::vector<DemoPlayer> MakeDemoPlayers(std::uint64_t seed) {
  Dice dice(seed, kSite);
  std::vector<DemoPlayerName> names = MakeDemoNames(seed, kDemoTeams * kRosterMax);
  std::vector<DemoPlayer> players;
  for (int team = 0; team < kDemoTeams; ++team) {
    double strength = dice.Normal(0, 0.12);  // A good team is a little better at every place.
    int roster = dice.Pick(13, kRosterMax);
    for (int place = 0; place < roster; ++place) {
      DemoPlayer player = MakePlayer(place, dice);
      player.talent += strength;
      player.two_percent += 0.06 * strength;
      player.id = kFirstId + static_cast<int>(players.size());
      player.name = names[players.size()];
      player.team = team;
      players.push_back(std::move(player));
    }
  }
  return players;
}

void LiveOn(DemoPlayer& player, bool back_to_back, Dice& dice) {
  player.standing = kStandingKept * player.standing + dice.Normal(0, kStandingStep);
  player.touch = kTouchKept * player.touch + dice.Normal(0, kTouchStep);
  if (player.games_out > 0) {
    if (--player.games_out == 0) player.games_back = 0;
    return;
  }
  ++player.games_back;
  if (dice.Chance(kHurt)) {
    player.games_out = GamesMissed(dice);
    player.injury = kInjuries[static_cast<std::size_t>(dice.Below(kInjuries.size()))];
  } else if (dice.Chance(back_to_back && player.talent > kStarTalent ? kRestedBackToBack
                                                                     : kRested)) {
    player.games_out = 1;
    player.injury = "Rest";
  }
}

void TradeDemoPlayers(std::vector<DemoPlayer>& players, int trades, Dice& dice) {
  for (int made = 0; made < trades;) {
    DemoPlayer& one =
        players[static_cast<std::size_t>(dice.Below(static_cast<int>(players.size())))];
    DemoPlayer& other =
        players[static_cast<std::size_t>(dice.Below(static_cast<int>(players.size())))];
    if (one.team == other.team || std::abs(one.talent - other.talent) > 0.4) continue;
    std::swap(one.team, other.team);
    ++made;
  }
}

}  // namespace tipoff
