#include "bus/pubsub/plan.h"

#include <gtest/gtest.h>

#include "core/limits.h"

namespace tipoff::pubsub {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

PubsubOptions Options() {
  PubsubOptions options;
  options.project = "p";
  return options;
}

class PlanTest : public testing::Test {
 protected:
  // The only flaw there is.
  Flaw TheFlaw(Duration slowest = {}) {
    auto flaws = Compare(planned_, found_, slowest);
    EXPECT_EQ(flaws.size(), 1u);
    return flaws.empty() ? Flaw() : flaws.front();
  }

  SubscriptionShape planned_ = MakePlan(Options()).subscriptions.at(1);
  SubscriptionShape found_ = planned_;
};

TEST_F(PlanTest, AsPlannedIsWell) { EXPECT_TRUE(Compare(planned_, found_, seconds(10)).empty()); }

TEST_F(PlanTest, ThePlatformsOwnSettingsAreWell) {
  found_.ack_deadline = seconds(300);
  found_.attempts_max = 15;
  found_.retention = hours(24 * 31);
  EXPECT_TRUE(Compare(planned_, found_, seconds(120)).empty());
}

TEST_F(PlanTest, DeadLettersComeFirstAndEachGroupHasItsOwn) {
  PubsubOptions options = Options();
  options.groups = {"mine"};
  options.requests_push_endpoint = "https://worker/predict";
  Plan plan = MakePlan(options);
  ASSERT_EQ(plan.topics.size(), 5u);
  EXPECT_EQ(ShortName(plan.topics.front()), "prediction-request-dlq");
  ASSERT_EQ(plan.subscriptions.size(), 4u);
  EXPECT_EQ(plan.subscriptions[0].dead_letter_topic, "");
  EXPECT_EQ(plan.subscriptions[1].push_endpoint, "https://worker/predict");
  EXPECT_EQ(ShortName(plan.subscriptions[2].name), "prediction-request-prod-mine-subscription");
  EXPECT_EQ(plan.subscriptions[2].push_endpoint, "");
  EXPECT_EQ(plan.subscriptions[2].dead_letter_topic, plan.topics.front());
  EXPECT_EQ(plan.subscriptions[2].attempts_max, limits::kDeliveriesMax);
  EXPECT_EQ(plan.subscriptions[3].dead_letter_topic, "") << "completions are never given up";
}

TEST_F(PlanTest, F20_ADeletedTopicIsNamedAndTheSubscriptionMadeAnew) {
  found_.topic = kDeletedTopic;
  EXPECT_NE(TheFlaw().what.find("_deleted-topic_"), std::string::npos);
  EXPECT_EQ(TheFlaw().mend, Flaw::Mend::kAnew);
}

TEST_F(PlanTest, F20_ADetachedSubscriptionIsMadeAnew) {
  found_.detached = true;
  EXPECT_EQ(TheFlaw().mend, Flaw::Mend::kAnew);
}

TEST_F(PlanTest, F20_OneThatExpiresIsNamed) {
  found_.expires = true;
  found_.expires_after = hours(24 * 31);
  EXPECT_NE(TheFlaw().what.find("expires"), std::string::npos);
  EXPECT_EQ(TheFlaw().field, "expiration_policy");
}

TEST_F(PlanTest, F20_AnAckDeadlineShorterThanTheSlowestRequestIsNamed) {
  found_.ack_deadline = seconds(60);
  EXPECT_TRUE(Compare(planned_, found_, seconds(60)).empty());
  Flaw flaw = TheFlaw(seconds(90));
  EXPECT_EQ(flaw.field, "ack_deadline_seconds");
  EXPECT_NE(flaw.remedy.find("--ack-deadline=180"), std::string::npos) << flaw.remedy;
}

TEST_F(PlanTest, F20_OneThatIsPushedToIsNoUseToWhoPulls) {
  found_.push_endpoint = "https://old/predict";
  EXPECT_EQ(TheFlaw().mend, Flaw::Mend::kNobody) << "others may depend on it";
  EXPECT_NE(TheFlaw().remedy.find("modify-push-config"), std::string::npos);
}

TEST_F(PlanTest, F20_APausedPushIsNamed) {
  planned_.push_endpoint = "https://worker/predict";
  EXPECT_NE(TheFlaw().what.find("paused"), std::string::npos);
}

TEST_F(PlanTest, F16_DeadLettersThatGoNowhereAreNamed) {
  found_.dead_letter_topic = "";
  EXPECT_EQ(TheFlaw().field, "dead_letter_policy");
  found_.dead_letter_topic = kDeletedTopic;
  EXPECT_NE(TheFlaw().what.find("_deleted-topic_"), std::string::npos);
  found_.dead_letter_topic = "projects/p/topics/other";
  EXPECT_NE(TheFlaw().what.find("'other'"), std::string::npos);
}

TEST_F(PlanTest, CompletionsThatAreGivenUpAreNamed) {
  planned_.dead_letter_topic = "";
  EXPECT_NE(TheFlaw().remedy.find("--clear-dead-letter-policy"), std::string::npos);
}

TEST_F(PlanTest, AForeignTopicAFilterAndABrokenOneAreNamed) {
  found_.topic = "projects/p/topics/other";
  EXPECT_NE(TheFlaw().what.find("'other'"), std::string::npos);
  found_ = planned_;
  found_.filter = "attributes.a = \"b\"";
  EXPECT_NE(TheFlaw().what.find("filter"), std::string::npos);
  found_ = planned_;
  found_.broken = true;
  EXPECT_NE(TheFlaw().what.find("RESOURCE_ERROR"), std::string::npos);
  found_ = planned_;
  found_.has_retry_policy = false;
  EXPECT_EQ(TheFlaw().field, "retry_policy");
  found_ = planned_;
  found_.retention = std::chrono::minutes(10);
  EXPECT_EQ(TheFlaw().field, "message_retention_duration");
}

// The emulator takes all of these.
TEST(PubsubOptionsTest, F49_WhatTheServiceDoesNotTakeIsRefused) {
  EXPECT_TRUE(CheckOptions(Options()).ok());
  PubsubOptions options = Options();
  options.ack_deadline = seconds(9);
  EXPECT_NE(CheckOptions(options).error().message.find("ack_deadline"), std::string::npos);
  options.ack_deadline = seconds(601);
  EXPECT_FALSE(CheckOptions(options).ok());
  options = Options();
  options.retention = hours(24 * 32);
  EXPECT_NE(CheckOptions(options).error().message.find("retention"), std::string::npos);
  options = Options();
  options.retry_max = seconds(601);
  EXPECT_NE(CheckOptions(options).error().message.find("retry_max"), std::string::npos);
  options = Options();
  options.retry_min = seconds(90);
  EXPECT_NE(CheckOptions(options).error().message.find("retry_min"), std::string::npos);
  EXPECT_NE(CheckOptions({}).error().message.find("project"), std::string::npos);
}

}  // namespace
}  // namespace tipoff::pubsub
