#include "predict/scores.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "base/random.h"

namespace tipoff {
namespace {

constexpr int kResamples = 400;
constexpr std::uint64_t kResampleSeed = 20241022;
constexpr std::size_t kBands = kMinutesBands.size() + 1;  // The first is all.

// Of one date, or of several.
struct Sums {
  double n = 0, absolute = 0, signed_sum = 0, squares = 0;

  void Add(double error) {
    n += 1;
    absolute += std::abs(error);
    signed_sum += error;
    squares += error * error;
  }
  void Add(const Sums& other) {
    n += other.n;
    absolute += other.absolute;
    signed_sum += other.signed_sum;
    squares += other.squares;
  }
  double mae() const { return absolute / n; }
  double bias() const { return signed_sum / n; }
  double rmse() const { return std::sqrt(squares / n); }
};

Measured Between(double value, std::vector<double>& drawn) {
  std::sort(drawn.begin(), drawn.end());
  std::size_t cut = drawn.size() / 40;  // 2.5 % on either side.
  return {value, drawn[cut], drawn[drawn.size() - 1 - cut]};
}

void Resample(const std::map<Day, Sums>& by_date, SystemScore& score) {
  std::vector<Sums> dates;
  Sums all;
  for (const auto& [date, sums] : by_date) {
    dates.push_back(sums);
    all.Add(sums);
  }
  std::vector<double> mae, bias, rmse;
  for (int draw = 0; draw < kResamples; ++draw) {
    Sums drawn;
    std::uint64_t key = Mix(kResampleSeed, static_cast<std::uint64_t>(draw));
    for (std::size_t i = 0; i < dates.size(); ++i) drawn.Add(dates[Mix(key, i) % dates.size()]);
    mae.push_back(drawn.mae());
    bias.push_back(drawn.bias());
    rmse.push_back(drawn.rmse());
  }
  score.mae = Between(all.mae(), mae);
  score.bias = Between(all.bias(), bias);
  score.rmse = Between(all.rmse(), rmse);
}

std::string BandName(std::size_t band) {
  if (band == 0) return "all";
  if (band == kMinutesBands.size()) return fmt::format("{:.0f}+", kMinutesBands.back());
  return fmt::format("{:.0f}-{:.0f}", kMinutesBands[band - 1], kMinutesBands[band]);
}

struct Collected {
  SystemScore score;
  std::map<Day, Sums> by_date;

  void Add(const GradeRow& row) {
    double actual = *row.actual_points;
    double error = row.predicted_points - actual;
    ++score.count;
    by_date[row.game_date].Add(error);
    score.mean_spread += row.spread;
    score.within_spread += std::abs(error) <= row.spread ? 1 : 0;
    if (row.quantiles) {
      ++score.intervals;
      bool covered = row.quantiles->p10 <= actual && actual <= row.quantiles->p90;
      score.coverage += covered ? 1 : 0;
    }
    if (row.line && row.line->value() != actual) AddLine(row, actual > row.line->value());
  }

  void AddLine(const GradeRow& row, bool over) {
    if (row.p_over) {
      double miss = *row.p_over - (over ? 1 : 0);
      ++score.lines;
      score.brier += miss * miss;
    }
    if (row.recommendation != Recommendation::kOver &&
        row.recommendation != Recommendation::kUnder) {
      return;
    }
    ++score.said;
    score.hit_rate += (row.recommendation == Recommendation::kOver) == over ? 1 : 0;
  }

  SystemScore Finish() {
    auto mean = [](double& sum, std::size_t n) { sum = n == 0 ? 0 : sum / static_cast<double>(n); };
    mean(score.mean_spread, score.count);
    mean(score.within_spread, score.count);
    mean(score.coverage, score.intervals);
    mean(score.brier, score.lines);
    mean(score.hit_rate, score.said);
    Resample(by_date, score);
    return score;
  }
};

struct OfSystem {
  std::string system;
  std::array<Collected, kBands> bands;
};

}  // namespace

std::vector<SystemScore> ScoreSystems(const std::vector<GradeRow>& rows) {
  std::vector<OfSystem> systems;
  for (const GradeRow& row : rows) {
    if (!row.actual_points) continue;
    auto system = std::find_if(systems.begin(), systems.end(), [&](const OfSystem& candidate) {
      return candidate.system == row.system;
    });
    if (system == systems.end()) system = systems.insert(system, OfSystem{row.system, {}});
    system->bands[0].Add(row);
    system->bands[1 + MinutesBand(row.minutes)].Add(row);
  }
  std::vector<SystemScore> scores;
  for (OfSystem& system : systems) {
    for (std::size_t band = 0; band < kBands; ++band) {
      Collected& collected = system.bands[band];
      if (collected.score.count == 0) continue;
      collected.score.system = system.system;
      collected.score.band = BandName(band);
      scores.push_back(collected.Finish());
    }
  }
  return scores;
}

std::vector<GradeRow> WorstMisses(const std::vector<GradeRow>& rows, const std::string& system,
                                  std::size_t count) {
  std::vector<GradeRow> misses;
  for (const GradeRow& row : rows) {
    if (row.system == system && row.actual_points) misses.push_back(row);
  }
  auto miss = [](const GradeRow& row) {
    return std::abs(row.predicted_points - *row.actual_points);
  };
  std::stable_sort(misses.begin(), misses.end(),
                   [&](const GradeRow& a, const GradeRow& b) { return miss(a) > miss(b); });
  if (misses.size() > count) misses.resize(count);
  return misses;
}

}  // namespace tipoff
