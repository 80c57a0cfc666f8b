// The few samplers of the demo league. Plain arithmetic on a seeded sequence, because the standard
// library's distributions and the mathematical functions differ from platform to platform.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "base/random.h"

namespace tipoff {

class Dice {
 public:
  // `site` names what is drawn, so that one part of the league never moves another's numbers.
  Dice(std::uint64_t seed, std::uint64_t site) : random_(Mix(seed, site)) {}

  double Uniform() { return UnitInterval(random_.Next()); }
  double Between(double low, double high) { return low + (high - low) * Uniform(); }
  // 0 .. n-1, for n > 0.
  int Below(int n) { return static_cast<int>(random_.Next() % static_cast<std::uint64_t>(n)); }
  // low .. high, both included.
  int Pick(int low, int high) { return low + Below(high - low + 1); }
  bool Chance(double probability) { return Uniform() < probability; }

  // Mean 0, standard deviation 1, by the sum of twelve: never beyond 6.
  double Normal() {
    double sum = -6;
    for (int i = 0; i < 12; ++i) sum += Uniform();
    return sum;
  }
  double Normal(double mean, double deviation) { return mean + deviation * Normal(); }

  // Successes in n tries.
  int Binomial(int n, double probability) {
    int successes = 0;
    for (int i = 0; i < n; ++i) successes += Chance(probability) ? 1 : 0;
    return successes;
  }

  template <class T>
  void Shuffle(std::vector<T>& items) {
    for (std::size_t i = items.size(); i > 1; --i) {
      std::swap(items[i - 1], items[static_cast<std::size_t>(Below(static_cast<int>(i)))]);
    }
  }

 private:
  SeededRandom random_;
};

}  // namespace tipoff
