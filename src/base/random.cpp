#include "base/random.h"

#include <random>

namespace tipoff {

std::uint64_t SystemRandom::Next() {
  thread_local std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::uint64_t SeededRandom::Next() {
  state_ += 0x9e3779b97f4a7c15ull;
  return Mix(state_, 0);
}

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  std::uint64_t z = a ^ (b * 0xd6e8feb86659fd93ull + 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

std::uint64_t MixText(std::uint64_t a, std::string_view text) {
  std::uint64_t mixed = Mix(a, text.size());
  for (char c : text) mixed = Mix(mixed, static_cast<unsigned char>(c));
  return mixed;
}

double UnitInterval(std::uint64_t bits) { return static_cast<double>(bits >> 11) * 0x1.0p-53; }

std::string RandomToken(Random& random, int length) {
  static constexpr char kAlphabet[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::string token;
  for (int i = 0; i < length; ++i) token += kAlphabet[random.Next() % 36];
  return token;
}

}  // namespace tipoff
