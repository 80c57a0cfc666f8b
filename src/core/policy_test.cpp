#include "core/policy.h"

#include <gtest/gtest.h>

namespace tipoff {
namespace {

using std::chrono::minutes;

TEST(Policy, ToleranceReadsBackAsWritten) {
  std::string text = "100% until 20m, 95% until 1h30m, 90% at deadline";
  auto steps = ParseTolerance(text);
  ASSERT_TRUE(steps.ok()) << steps.error().message;
  ASSERT_EQ(steps->size(), 3u);
  EXPECT_EQ((*steps)[1].until, Duration(minutes(90)));
  EXPECT_EQ(FormatTolerance(*steps), text);
}

// The store keeps the text: one that is rounded makes another policy, or none that can be read.
TEST(Policy, ToleranceReadsBackToTheMicrosecond) {
  for (const char* text :
       {"95% until 1h30m30s", "95% until 1s500ms, 90% until 1s501ms", "50.25% until 1d2h3m4s5ms6us",
        "90% until 7us, 80% until 8us", "10% until 0s, 5% at deadline"}) {
    auto steps = ParseTolerance(text);
    ASSERT_TRUE(steps.ok()) << text;
    EXPECT_EQ(FormatTolerance(*steps), text);
  }
}

TEST(Policy, ToleranceWithoutStepsNeverEndsEarly) {
  EXPECT_GT(ToleratedPercent(Policy(), minutes(119)), 100);
}

TEST(Policy, TheLastToleranceStepGoesOn) {
  Policy policy;
  policy.tolerance = *ParseTolerance("100% until 20m, 95% until 25m");
  EXPECT_EQ(ToleratedPercent(policy, minutes(19)), 100);
  EXPECT_EQ(ToleratedPercent(policy, minutes(20)), 95);
  EXPECT_EQ(ToleratedPercent(policy, minutes(100)), 95);
}

TEST(Policy, ABadToleranceNamesTheStep) {
  for (const char* text : {"95", "95% until", "95% until 5", "120% until 5m", "x% until 5m",
                           "95% until 10m, 90% until 5m", "95 % sometimes"}) {
    auto steps = ParseTolerance(text);
    ASSERT_FALSE(steps.ok()) << text;
    EXPECT_NE(steps.error().message.find("tolerance"), std::string::npos);
  }
}

TEST(Policy, SenselessValuesNameTheirField) {
  Policy policy;
  EXPECT_TRUE(CheckPolicy(policy).ok());
  policy.deadline = Duration(0);
  EXPECT_NE(CheckPolicy(policy).error().message.find("deadline"), std::string::npos);
  policy = Policy();
  policy.stall_percent = 101;
  EXPECT_NE(CheckPolicy(policy).error().message.find("stall_percent"), std::string::npos);
  policy = Policy();
  policy.publishes_max = 0;
  EXPECT_NE(CheckPolicy(policy).error().message.find("publishes_max"), std::string::npos);
  policy.publishes_max = 101;
  EXPECT_NE(CheckPolicy(policy).error().message.find("publishes_max"), std::string::npos);
  policy = Policy();
  policy.stall_after = Duration::max();
  EXPECT_NE(CheckPolicy(policy).error().message.find("stall_after"), std::string::npos);
}

TEST(Policy, APoisonNumberThatMakesNoSenseIsNamed) {
  Policy policy;
  policy.poison_after = 0;
  EXPECT_TRUE(CheckPolicy(policy).ok());
  policy.poison_after = -1;
  EXPECT_NE(CheckPolicy(policy).error().message.find("poison_after"), std::string::npos);
}

}  // namespace
}  // namespace tipoff
