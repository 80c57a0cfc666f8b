#include "demo/market.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "base/new_york.h"
#include "core/line.h"

namespace tipoff {
namespace {

constexpr std::uint64_t kSite = 5;
constexpr std::array<std::string_view, 4> kBooks{"northbook", "parlayhouse", "ridgebet",
                                                 "oaklines"};
constexpr double kBookOffers = 0.85;
constexpr double kPointsOffered = 5.5;  // Below it no bookmaker makes a line.
constexpr double kMarketError = 0.9;    // The market's estimate of a player, in points.
constexpr double kBookError = 0.35;     // One bookmaker's beside it.
constexpr double kWholeLines = 0.2;
constexpr std::size_t kRecentGames = 12;

constexpr std::array<int, 5> kTips{19 * 60, 19 * 60 + 30, 20 * 60, 21 * 60, 22 * 60};

double Recent(const std::vector<int>& points) {
  std::size_t n = std::min(points.size(), kRecentGames);
  double sum = 0;
  for (std::size_t i = points.size() - n; i < points.size(); ++i) sum += points[i];
  return n == 0 ? 0 : sum / static_cast<double>(n);
}

double Season(const std::vector<int>& points) {
  double sum = 0;
  for (int p : points) sum += p;
  return points.empty() ? 0 : sum / static_cast<double>(points.size());
}

// A half or a whole number near the estimate.
Line MakeLine(double estimate, Dice& dice) {
  double near = std::max(estimate + dice.Normal(0, kBookError), 1.0);
  auto milli = dice.Chance(kWholeLines) ? std::lround(near) * 1000
                                        : static_cast<long>(std::floor(near)) * 1000 + 500;
  return Line::FromMilli(static_cast<std::int32_t>(milli));
}

// American odds have nothing between -100 and 100.
int Odds(int odds) { return odds > -100 ? odds + 200 : odds; }

// 2026-04-10T23:00:00Z.
std::string TipText(Day date, int minute_of_day) {
  return FormatInstant(NewYorkInstant(date, minute_of_day)).substr(0, 19) + "Z";
}

std::string Code(int team) {
  return std::string(DemoTeamNames()[static_cast<std::size_t>(team)].code);
}

struct Availability {
  std::string_view text;  // Empty: not on the report.
  std::string_view reason;
};

Availability AvailabilityOf(const DemoPlayer& player, Dice& dice) {
  double chance = dice.Uniform();
  if (player.games_out > 0) return {"Out", player.injury};
  if (player.games_back < 2) return {"Probable", player.injury};
  if (chance < 0.015) return {"Doubtful", "Injury/Illness - Right Ankle; Sprain"};
  if (chance < 0.050) return {"Questionable", "Injury/Illness - Left Knee; Soreness"};
  if (chance < 0.075) return {"Probable", "Injury/Illness - N/A; Illness"};
  return {"", ""};
}

std::string LinesOf(const DemoPlayer& player, double estimate, const std::string& matchup,
                    const std::string& tip, Dice& dice) {
  std::string rows;
  for (std::string_view book : kBooks) {
    if (!dice.Chance(kBookOffers)) continue;
    int lean = dice.Pick(-14, 14);
    rows += fmt::format("{},{},{},player_points,{},{},{},{}\n", player.name.Full(), matchup, tip,
                        MakeLine(estimate, dice).str(), book, Odds(-112 + lean), Odds(-112 - lean));
  }
  return rows;
}

}  // namespace

DemoMarket MakeDemoMarket(std::uint64_t seed, const std::vector<DemoGame>& games,
                          const std::vector<DemoPlayer>& players,
                          const std::vector<std::vector<int>>& scored) {
  Dice dice(seed, kSite);
  DemoMarket market;
  market.lines = "player,game,game_time,market,line,bookmaker,over_odds,under_odds\n";
  market.injuries = "date,game_time,matchup,team,player,status,reason\n";
  for (const DemoGame& game : games) {
    int minute = kTips[static_cast<std::size_t>(dice.Below(kTips.size()))];
    CivilDay civil = ToCivil(game.date);
    for (std::size_t i = 0; i < players.size(); ++i) {
      const DemoPlayer& player = players[i];
      if (player.team != game.home && player.team != game.away) continue;
      Availability status = AvailabilityOf(player, dice);
      if (!status.text.empty()) {
        market.injuries += fmt::format(
            "{:02}/{:02}/{:04},{:02}:{:02} (ET),{}@{},{},\"{}\",{},{}\n", civil.month, civil.day,
            civil.year, minute / 60 - 12, minute % 60, Code(game.away), Code(game.home),
            Code(player.team), player.name.SurnameFirst(), status.text, status.reason);
      }
      double estimate = 0.5 * Recent(scored[i]) + 0.5 * Season(scored[i]);
      estimate += dice.Normal(0, kMarketError);
      if (status.text == "Out" || estimate < kPointsOffered) continue;
      market.lines += LinesOf(player, estimate, Code(game.away) + " @ " + Code(game.home),
                              TipText(game.date, minute), dice);
    }
  }
  return market;
}

}  // namespace tipoff
