// Port: where randomness comes from. Batch ids, jitter and the simulated world draw from it; the
// simulator's is keyed, so that a seed replays.
#pragma once

#include <cstdint>
#include <string>

namespace tipoff {

class Random {
 public:
  virtual ~Random() = default;
  // Uniform over all 64-bit values. Callable from the loop's thread only.
  virtual std::uint64_t Next() = 0;
};

// From the operating system's entropy; only app/ makes one.
class SystemRandom final : public Random {
 public:
  std::uint64_t Next() override;
};

// splitmix64 of a seed: the same seed gives the same sequence everywhere.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() override;

 private:
  std::uint64_t state_;
};

// A well-spread hash of two words; chain it for more. Pure: jitter and fault choices use it.
std::uint64_t Mix(std::uint64_t a, std::uint64_t b);
std::uint64_t MixText(std::uint64_t a, std::string_view text);

// Uniform in [0, 1).
double UnitInterval(std::uint64_t bits);

// `length` characters of [0-9a-z], for ids that people type.
std::string RandomToken(Random& random, int length);

}  // namespace tipoff
