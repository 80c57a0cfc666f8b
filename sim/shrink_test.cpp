#include "sim/shrink.h"

#include <gtest/gtest.h>

#include "sim/faults.h"

namespace tipoff::sim {
namespace {

TEST(Faults, LeavingOneOutLeavesTheOthersWhereTheyWere) {
  std::uint64_t seed = 1;
  while (!Faults(seed).On(Site::kMessageLost)) ++seed;
  auto strikes = [&](Faults& faults) {
    std::vector<std::uint64_t> keys;
    for (int i = 0; i < 3000; ++i) {
      if (auto fault = faults.Strike(Site::kMessageLost, static_cast<std::uint64_t>(i % 3))) {
        keys.push_back(fault->key);
      }
    }
    return keys;
  };
  Faults all(seed);
  std::vector<std::uint64_t> keys = strikes(all);
  ASSERT_GT(keys.size(), 2u);
  Faults some(seed);
  std::set<std::uint64_t> allowed(keys.begin(), keys.end());
  allowed.erase(keys[1]);
  some.AllowOnly(allowed);
  keys.erase(keys.begin() + 1);
  EXPECT_EQ(strikes(some), keys);
}

TEST(Faults, NoneStrikesAfterHealing) {
  Faults faults(1);
  faults.Heal();
  for (int site = 0; site < kSites; ++site) {
    for (std::uint64_t i = 0; i < 200; ++i) {
      EXPECT_FALSE(faults.Strike(static_cast<Site>(site), i).has_value());
    }
  }
}

TEST(Story, SaysWhichLawWasBrokenAndWithWhichFaults) {
  Shrunk shrunk;
  shrunk.result.violations = {{"5 acked is durable", "c1 acks what is open"}};
  shrunk.result.struck = {{1, Site::kPause, 0}, {2, Site::kPause, 0}};
  shrunk.result.story = {"first", "second", "third"};
  EXPECT_EQ(Story(shrunk, 2),
            "law 5 acked is durable: c1 acks what is open\n"
            "with 2 faults: 2 x pause;\n"
            "... 1 lines before\nsecond\nthird\n");
}

}  // namespace
}  // namespace tipoff::sim
