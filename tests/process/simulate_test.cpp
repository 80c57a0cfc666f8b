// `tipoff simulate` as a user runs it.
#include <gtest/gtest.h>

#include "base/json.h"
#include "process/program.h"

namespace tipoff {
namespace {

boost::json::object Simulate(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "simulate");
  arguments.insert(arguments.end(), {"-o", "json"});
  Finished finished = RunTipoff(arguments);
  EXPECT_EQ(finished.exit, 0) << finished.err;
  auto json = ParseJson(finished.out);
  EXPECT_TRUE(json.ok()) << finished.out;
  return json.ok() ? json->as_object() : boost::json::object();
}

TEST(SimulateTest, TwoRunsOfTheSameSeedsHaveTheSameTrace) {
  auto one = Simulate({"--seed", "7", "--count", "30", "--jobs", "1"});
  auto two = Simulate({"--seed", "7", "--count", "30", "--jobs", "2"});
  EXPECT_EQ(one.at("trace_hash"), two.at("trace_hash"));
  EXPECT_EQ(one.at("first_seed").to_number<int>(), 7);
  EXPECT_EQ(one.at("count").to_number<int>(), 30);
  EXPECT_EQ(one.at("seeds_run").to_number<int>(), 30);
  EXPECT_TRUE(one.at("violations").as_array().empty());
  EXPECT_GT(one.at("simulated_days").to_number<double>(), 0);
  EXPECT_GT(one.at("seeds_per_second").to_number<double>(), 0);
  EXPECT_TRUE(one.at("sometimes").as_object().contains("reason Completed"));
}

TEST(SimulateTest, TheStoryOfASeedIsTold) {
  Finished finished = RunTipoff({"simulate", "--seed", "3", "--count", "1", "--story"});
  EXPECT_EQ(finished.exit, 0) << finished.err;
  EXPECT_NE(finished.out.find("caller"), std::string::npos) << finished.out;
}

TEST(SimulateTest, TheProductKnowsNoMutants) {
  EXPECT_EQ(RunTipoff({"simulate", "--mutant", "ack-before-commit"}).exit, 2);
}

}  // namespace
}  // namespace tipoff
