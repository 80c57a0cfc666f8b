#include "base/random.h"

#include <gtest/gtest.h>

#include <set>

#include "base/hash.h"

namespace tipoff {
namespace {

TEST(Random, ASeedRepeatsAndIsPinned) {
  SeededRandom a(7), b(7), c(8);
  std::uint64_t first = a.Next();
  EXPECT_EQ(first, b.Next());
  EXPECT_NE(first, c.Next());
  // Pinned: traces of seeds must not change between builds and compilers.
  EXPECT_EQ(first, 9398003893131893463ull);
  EXPECT_EQ(Mix(1, 2), 17272635333775621898ull);
  EXPECT_EQ(MixText(1, "x"), 14032778190344457790ull);
  EXPECT_NE(Mix(1, 2), Mix(2, 1));
}

TEST(Random, TokensDoNotRepeat) {
  SeededRandom random(1);
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(RandomToken(random, 8));
  EXPECT_EQ(tokens.size(), 1000u);
}

TEST(Random, UnitIntervalIsBelowOne) {
  EXPECT_EQ(UnitInterval(0), 0);
  EXPECT_LT(UnitInterval(~0ull), 1);
}

TEST(Hash, IsSha256) {
  EXPECT_EQ(Sha256Hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

}  // namespace
}  // namespace tipoff
