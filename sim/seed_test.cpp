#include "sim/seed.h"

#include <gtest/gtest.h>

#include <set>

#include "sim/call_fate.h"
#include "sim/callers.h"
#include "sim/campaign.h"
#include "sim/checkers/checker.h"
#include "sim/mutants.h"
#include "sim/operators.h"
#include "sim/process.h"
#include "sim/readers.h"
#include "sim/receivers.h"
#include "sim/sim_bus.h"
#include "sim/sim_history.h"
#include "sim/sim_store.h"
#include "sim/sometimes.h"
#include "sim/weather.h"
#include "sim/world.h"

namespace tipoff::sim {
namespace {

constexpr std::uint64_t kSeeds = 40;

CampaignResult Campaign(unsigned jobs) {
  CampaignOptions options;
  options.count = kSeeds;
  options.jobs = jobs;
  return RunCampaign(options, [](std::uint64_t) {});
}

TEST(Simulation, SomeSeedsBreakNoLaw) {
  CampaignResult result = Campaign(1);
  EXPECT_EQ(result.seeds_run, kSeeds);
  for (const FoundViolation& violation : result.violations) {
    ADD_FAILURE() << "seed " << violation.seed << "\n" << violation.story;
  }
}

TEST(Simulation, TheTraceIsThatOfTheSeedsWhateverTheThreads) {
  CampaignResult one = Campaign(1);
  CampaignResult three = Campaign(3);
  EXPECT_EQ(one.trace, three.trace);
  EXPECT_EQ(one.sometimes.All(), three.sometimes.All());
  EXPECT_NE(RunSeed({.seed = 1}).trace, RunSeed({.seed = 2}).trace);
}

TEST(Simulation, TellingTheStoryChangesNothing) {
  SeedResult quiet = RunSeed({.seed = 11});
  SeedResult told = RunSeed({.seed = 11, .tell = true});
  EXPECT_EQ(quiet.trace, told.trace);
  EXPECT_TRUE(quiet.story.empty());
  EXPECT_FALSE(told.story.empty());
}

TEST(Simulation, OnlyTheFaultsThatAreAllowedStrike) {
  SeedResult all = RunSeed({.seed = 5});
  ASSERT_GT(all.struck.size(), 1u);
  SeedResult none = RunSeed({.seed = 5, .limited = true});
  EXPECT_TRUE(none.struck.empty());
  EXPECT_TRUE(none.violations.empty());
  WorldOptions one{.seed = 5};
  one.only_faults = {all.struck.front().key};
  SeedResult first = RunSeed(one);
  ASSERT_EQ(first.struck.size(), 1u);
  EXPECT_EQ(first.struck.front().bits, all.struck.front().bits);
}

TEST(Simulation, EveryMutantHasItsNameOnce) {
  std::set<std::string_view> names;
  for (const Mutant& mutant : Mutants()) EXPECT_TRUE(names.insert(mutant.name).second);
  EXPECT_GE(names.size(), 12u);
}

}  // namespace
}  // namespace tipoff::sim
