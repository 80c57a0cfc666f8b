#include "predict/similarity.h"

#include <algorithm>
#include <cmath>

#include "predict/features.h"
#include "predict/spread.h"

namespace tipoff {
namespace {

constexpr double kKeep = 0.91700404320467123;  // 2^(-1/8): half-life 8 games.
constexpr double kHotShare = 0.15;             // Above or below his mean by that much: hot, cold.
constexpr std::size_t kFormGames = 5;

struct Situation {
  int opponent_tier = 1;
  int rest_bucket = 0;  // 0 back-to-back, 1 one day off, 2 two or three, 3 more.
  bool is_home = false;
  int form = 0;  // -1 cold, 0 usual, 1 hot.
};

int RestBucket(int days) { return days <= 1 ? 0 : days == 2 ? 1 : days <= 4 ? 2 : 3; }

int FormBefore(std::span<const GameRecord> earlier, double usual) {
  std::size_t n = std::min(earlier.size(), kFormGames);
  if (n == 0 || usual <= 0) return 0;
  double sum = 0;
  for (std::size_t i = 0; i < n; ++i) sum += earlier[i].points;
  double ratio = sum / (static_cast<double>(n) * usual);
  return ratio > 1 + kHotShare ? 1 : ratio < 1 - kHotShare ? -1 : 0;
}

// 0..100.
double Score(const Situation& now, const Situation& then) {
  static constexpr double kTier[] = {40, 20, 0};
  static constexpr double kRest[] = {30, 15, 0, 0};
  static constexpr double kForm[] = {15, 5, 0};
  return kTier[std::abs(now.opponent_tier - then.opponent_tier)] +
         kRest[std::abs(now.rest_bucket - then.rest_bucket)] +
         (now.is_home == then.is_home ? 15 : 0) + kForm[std::abs(now.form - then.form)];
}

Estimate EstimateFrom(const Features& f, const PredictionInput& input) {
  std::span<const GameRecord> games = EarlierGames(input);
  double usual = 0;
  for (const GameRecord& game : games) usual += game.points;
  usual /= static_cast<double>(games.size());
  Situation now{static_cast<int>(f.opponent_tier), RestBucket(static_cast<int>(f.rest_days)),
                input.request->is_home, FormBefore(games, usual)};

  double weight = 0, squares = 0, points = 0, scores = 0, age = 1;
  for (std::size_t i = 0; i < games.size(); ++i, age *= kKeep) {
    std::span<const GameRecord> before = games.subspan(i + 1);
    int rest = before.empty() ? 3 : games[i].date - before.front().date;
    Situation then{OpponentTier(*input.teams, games[i].opponent), RestBucket(rest),
                   games[i].is_home, FormBefore(before, usual)};
    double score = Score(now, then) / 100;
    double w = (0.05 + score * score) * age;
    weight += w;
    squares += w * w;
    points += w * games[i].points;
    scores += w * score;
  }
  double effective_games = weight * weight / squares;
  double mean = std::clamp(points / weight, kPointsMin, kPointsMax);
  double confidence = (scores / weight) * effective_games / (effective_games + 5);
  return Estimate{.mean = mean,
                  .spread = PointsSpread(mean, f),
                  .confidence = std::clamp(confidence, 0.1, 0.9),
                  .components = {{"games_effective", effective_games},
                                 {"mean_similarity", scores / weight},
                                 {"opponent_tier", f.opponent_tier},
                                 {"form", static_cast<double>(now.form)}}};
}

}  // namespace

std::vector<std::optional<Estimate>> Similarity::Predict(
    std::span<const PredictionInput> inputs) const {
  return EstimateEach(inputs, kGamesMin, EstimateFrom);
}

}  // namespace tipoff
