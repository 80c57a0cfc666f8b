#include "demo/game.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/panic.h"

namespace tipoff {
namespace {

constexpr double kHomeEdge = 2.6;         // Points.
constexpr double kTired = 1.4;            // Points, on the second of two days.
constexpr double kPointsPerTalent = 0.8;  // Margin of a team whose players are better by 1 in all.
constexpr double kMarginDeviation = 4;    // Of one night, beside the luck of the shots.
constexpr double kMoodDeviation = 0.27;   // Of one man's share of the shots.
constexpr double kPaceDeviation = 0.045;
constexpr double kTeamShots = 88;  // Field goals tried in 240 minutes.
constexpr double kTypicalPoints = 114;
constexpr double kAnswer = 0.7;  // How far a lucky evening is answered, per point of it.
constexpr double kOvertime = 0.055;
constexpr int kLopsided = 17;
constexpr int kMinutesMax = 46;
constexpr std::size_t kRotationMin = 9;
constexpr std::size_t kRotationMax = 13;

// Minutes of the n-th man of the night.
constexpr std::array<double, kRotationMax> kMinutesByPlace{35,   33.2, 31.4, 29,  26,  21.6, 18.4,
                                                           14.8, 11,   7.5,  4.5, 3.5, 2.5};

struct Tonight {
  const DemoPlayer* player;
  double place;  // What the coach sorts by.
  double wish;   // Minutes, before they are made to add up.
};

// Whole minutes in proportion to the wishes that add up to `total`; at least 1 each.
std::vector<int> ShareMinutes(const std::vector<Tonight>& tonight, int total) {
  double wishes = 0;
  for (const Tonight& man : tonight) wishes += man.wish;
  std::vector<int> minutes;
  int left = total;
  for (const Tonight& man : tonight) {
    int share = static_cast<int>(man.wish / wishes * total + 0.5);
    minutes.push_back(std::clamp(share, 1, kMinutesMax));
    left -= minutes.back();
  }
  for (std::size_t i = 0; left != 0; i = (i + 1) % minutes.size()) {
    int step = left > 0 ? 1 : -1;
    if (minutes[i] + step < 1 || minutes[i] + step > kMinutesMax) continue;
    minutes[i] += step;
    left -= step;
  }
  return minutes;
}

// Who plays tonight, and how long he should. `lopsided` 0..1: the regulars sit, the bench plays.
std::vector<Tonight> Rotation(const DemoSide& side, double lopsided, Dice& dice) {
  std::vector<Tonight> tonight;
  for (const DemoPlayer* player : side.available) {
    double place = player->talent + player->standing + dice.Normal(0, 0.16);
    if (player->games_back < 3) place -= 0.25;
    tonight.push_back({player, place, 0});
  }
  std::stable_sort(tonight.begin(), tonight.end(),
                   [](const Tonight& a, const Tonight& b) { return a.place > b.place; });
  double men = static_cast<double>(kRotationMin) + 4.8 * dice.Uniform() + 2.5 * lopsided;
  auto size = std::min({static_cast<std::size_t>(men), kRotationMax, tonight.size()});
  tonight.resize(size);
  for (std::size_t i = 0; i < tonight.size(); ++i) {
    Tonight& man = tonight[i];
    man.wish = kMinutesByPlace[i] + dice.Normal(0, 1.6 + 3.2 * dice.Uniform());
    man.wish += lopsided * (i < 5 ? -7.0 : i < 8 ? 1.0 : 6.5);
    if (man.player->games_back < 3) man.wish *= 0.8;
    if (dice.Chance(0.02)) man.wish *= 0.4;  // Leaves early.
    man.wish = std::max(man.wish, 1.0);
  }
  return tonight;
}

DemoBoxScore PlayMan(const DemoPlayer& player, int minutes, double shots, double aim, Dice& dice) {
  DemoBoxScore line;
  line.player = &player;
  line.minutes = minutes;
  line.fga = static_cast<int>(shots + dice.Uniform());  // Rounded by chance, so that sums hold.
  line.fg3a = dice.Binomial(line.fga, player.three_share);
  line.fg3m = dice.Binomial(line.fg3a, player.three_percent * aim);
  line.fgm = line.fg3m + dice.Binomial(line.fga - line.fg3a, player.two_percent * aim);
  line.fta = 2 * dice.Binomial(line.fga, player.free_per_shot / 2) + dice.Binomial(minutes, 0.006);
  line.ftm = dice.Binomial(line.fta, player.free_percent);
  line.rebounds = dice.Binomial(minutes, player.rebounds);
  line.assists = dice.Binomial(minutes, player.assists);
  line.steals = dice.Binomial(minutes, player.steals);
  line.blocks = dice.Binomial(minutes, player.blocks);
  line.turnovers = dice.Binomial(minutes, player.turnovers);
  return line;
}

double PointsPerShot(const DemoPlayer& player, double aim) {
  double twos = (1 - player.three_share) * 2 * player.two_percent * aim;
  double threes = player.three_share * 3 * player.three_percent * aim;
  return twos + threes + player.free_per_shot * player.free_percent;
}

std::vector<DemoBoxScore> PlaySide(const std::vector<Tonight>& tonight, int total_minutes,
                                   double pace, double aim, Dice& dice) {
  std::vector<int> minutes = ShareMinutes(tonight, total_minutes);
  std::vector<double> shots;  // Who has a good night takes them from the others.
  double all = 0;
  for (std::size_t i = 0; i < tonight.size(); ++i) {
    const DemoPlayer& player = *tonight[i].player;
    double mood = std::clamp(1 + player.touch + dice.Normal(0, kMoodDeviation), 0.25, 2.2);
    shots.push_back(minutes[i] * player.shots_per_minute * mood);
    all += shots.back();
  }
  double scale = kTeamShots * pace * total_minutes / 240 / all;
  std::vector<DemoBoxScore> lines;
  double luck = 0;  // Points so far beyond what was to be expected; defences answer to it.
  for (std::size_t i = 0; i < tonight.size(); ++i) {
    const DemoPlayer& player = *tonight[i].player;
    double answered = aim * (1 - kAnswer * luck / kTypicalPoints);
    lines.push_back(PlayMan(player, minutes[i], scale * shots[i], answered, dice));
    luck += lines.back().points() - scale * shots[i] * PointsPerShot(player, aim);
  }
  return lines;
}

double Strength(const DemoSide& side) {
  std::vector<double> talents;
  for (const DemoPlayer* player : side.available) talents.push_back(player->talent);
  std::sort(talents.rbegin(), talents.rend());
  double strength = 0;
  for (std::size_t i = 0; i < std::min<std::size_t>(talents.size(), 9); ++i) {
    strength += talents[i];
  }
  return kPointsPerTalent * strength - (side.back_to_back ? kTired : 0);
}

int Sum(const std::vector<DemoBoxScore>& lines) {
  int sum = 0;
  for (const DemoBoxScore& line : lines) sum += line.points();
  return sum;
}

}  // namespace

DemoResult PlayDemoGame(const DemoSide& home, const DemoSide& away, Dice& dice) {
  TIPOFF_CHECK(home.available.size() >= 8 && away.available.size() >= 8, "too few demo players");
  double margin = Strength(home) - Strength(away) + kHomeEdge + dice.Normal(0, kMarginDeviation);
  double lopsided =
      std::clamp((std::abs(margin) - kLopsided) / 15.0 + 0.15 * dice.Normal(), 0.0, 1.0);
  double pace = dice.Normal(1, kPaceDeviation);
  int minutes = dice.Chance(kOvertime) ? 265 : 240;
  double aim = margin / 2 / kTypicalPoints;
  std::vector<DemoBoxScore> ours =
      PlaySide(Rotation(home, lopsided, dice), minutes, pace, 1 + aim, dice);
  std::vector<DemoBoxScore> theirs =
      PlaySide(Rotation(away, lopsided, dice), minutes, pace, 1 - aim, dice);

  if (Sum(ours) == Sum(theirs)) {  // A last free throw decides.
    DemoBoxScore& last = dice.Chance(0.55) ? ours.front() : theirs.front();
    ++last.fta;
    ++last.ftm;
  }
  DemoResult result{.home_score = Sum(ours), .away_score = Sum(theirs)};
  for (auto* lines : {&ours, &theirs}) {
    int won_by = result.home_score - result.away_score;
    for (DemoBoxScore& line : *lines) {
      line.is_home = lines == &ours;
      double share = line.minutes * 5.0 / minutes;
      double expected = (line.is_home ? won_by : -won_by) * share;
      line.plus_minus = static_cast<int>(std::lround(dice.Normal(expected, 6 * std::sqrt(share))));
      result.lines.push_back(line);
    }
  }
  return result;
}

}  // namespace tipoff
