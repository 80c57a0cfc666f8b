#include "app/history.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

using std::chrono::seconds;

Config With(const std::string& toml) { return ParseConfig(toml, "test.toml").value(); }

Config WithVariable(const std::string& value) {
  ConfigSources sources;
  sources.environment = {{"ENABLE_BATCH_HISTORICAL_LOAD", value}};
  return ResolveConfig(sources).value();
}

TEST(HistoryPlan, WorkersLoadWhatLiesInTheDataFolder) {
  EXPECT_FALSE(PrefetchPlanFrom(Config()).on);
}

TEST(HistoryPlan, TheCoordinatorLoadsAheadWhatIsARoundTripAway) {
  const std::string toml =
      "[history]\nsource = \"postgres\"\npostgres.url = \"postgresql://db/nba\"\n";
  EXPECT_TRUE(PrefetchPlanFrom(With(toml)).on);
  EXPECT_FALSE(PrefetchPlanFrom(With(toml + "mode = \"worker\"\n")).on);
}

TEST(HistoryPlan, ThePlatformsVariableTurnsThePrefetchOnAndOff) {
  EXPECT_TRUE(PrefetchPlanFrom(WithVariable("true")).on);
  EXPECT_FALSE(PrefetchPlanFrom(WithVariable("false")).on);
  EXPECT_TRUE(PrefetchPlanFrom(With("history.mode = \"prefetch\"")).on);
  EXPECT_FALSE(PrefetchPlanFrom(With("history.mode = \"worker\"")).on);
}

TEST(HistoryPlan, ADelayImpliesThePrefetchAndDelaysNothingElse) {
  PrefetchPlan plan = PrefetchPlanFrom(With("history.mode = \"worker\""), seconds(205));
  EXPECT_TRUE(plan.on);
  EXPECT_EQ(plan.delay, seconds(205));
  EXPECT_EQ(plan.wait_max, seconds(2));
}

TEST(HistoryPlan, RulesAreThoseOfTheConfiguration) {
  HistoryRules rules = HistoryRulesFrom(
      With("[history]\nmax_games = 10\nlookback = \"36h\"\ntimeout = \"3s\"\nparallel = 2"));
  EXPECT_EQ(rules.max_games, 10);
  EXPECT_EQ(rules.lookback_days, 2);
  EXPECT_EQ(rules.timeout, seconds(3));
  EXPECT_EQ(rules.parallel, 2);
}

}  // namespace
}  // namespace tipoff
