#include "bus/pubsub/chunks.h"

#include <gtest/gtest.h>

#include "bus/pubsub/names.h"
#include "core/limits.h"

namespace tipoff::pubsub {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// The emulator takes more than the service; these are the service's numbers.
TEST(PubsubLimits, AreTheServices) {
  EXPECT_LE(kPublishMessages, 1000u);
  EXPECT_LT(kPublishBytes, 10'000'000u);
  EXPECT_LT(limits::kMessageBytes + kMessageOverhead, kPublishBytes);
  EXPECT_LE(kAckBytes, 512u * 1024);
  EXPECT_GE(limits::kDeliveriesMax, kAttemptsMin);
  EXPECT_LE(limits::kDeliveriesMax, kAttemptsMax);
}

TEST(PubsubLimits, F18_ABurstIsCutByNumber) {
  PublishPlan plan = PlanPublish(std::vector<std::string>(2500, "x"));
  ASSERT_EQ(plan.chunks.size(), 3u);
  EXPECT_EQ(plan.chunks[0].size(), 1000u);
  EXPECT_EQ(plan.chunks[2].size(), 500u);
  EXPECT_EQ(plan.chunks[2].back(), 2499u);
}

TEST(PubsubLimits, LargeMessagesAreCutByBytes) {
  PublishPlan plan = PlanPublish(std::vector<std::string>(20, std::string(1'000'000, 'x')));
  std::size_t count = 0;
  for (const Chunk& chunk : plan.chunks) {
    EXPECT_LE(chunk.size() * (1'000'000 + kMessageOverhead), kPublishBytes);
    count += chunk.size();
  }
  EXPECT_EQ(count, 20u);
}

TEST(PubsubLimits, F03_OnlyTheMessageThatIsTooLargeIsRefused) {
  std::string largest(limits::kMessageBytes, 'x');
  PublishPlan plan = PlanPublish({largest, largest + "x", ""});
  ASSERT_EQ(plan.chunks.size(), 1u);
  EXPECT_EQ(plan.chunks[0], (Chunk{0, 2}));
  EXPECT_EQ(plan.refusals[0], "");
  EXPECT_NE(plan.refusals[1].find("1048577"), std::string::npos) << plan.refusals[1];
  EXPECT_TRUE(PlanPublish({}).chunks.empty());
}

TEST(PubsubLimits, AckIdsAreCutByNumberAndBytes) {
  auto chunks = CutAckIds(std::vector<std::string>(2001, "id"));
  ASSERT_EQ(chunks.size(), 3u);
  EXPECT_EQ(chunks[2].size(), 1u);
  for (const auto& chunk : CutAckIds(std::vector<std::string>(1000, std::string(1000, 'i')))) {
    EXPECT_LE(chunk.size() * 1000, kAckBytes);
  }
}

TEST(PubsubLimits, LeasesAreWholeSecondsThatTheServiceTakes) {
  EXPECT_EQ(HoldSeconds(seconds(60)), 60);
  EXPECT_EQ(HoldSeconds(milliseconds(1500)), 2);
  EXPECT_EQ(HoldSeconds(Duration(0)), 1);
  EXPECT_EQ(HoldSeconds(seconds(601)), 600);
  EXPECT_EQ(DelaySeconds(Duration(0)), 0);
  EXPECT_EQ(DelaySeconds(milliseconds(1)), 1);
}

TEST(PubsubNames, AreThePlatforms) {
  PubsubOptions options;
  options.project = "p";
  auto name = [&](Topic::Kind kind, const std::string& group = "") {
    return RouteOf(options, {kind, group});
  };
  EXPECT_EQ(name(Topic::Kind::kRequests).topic, "projects/p/topics/prediction-request-prod");
  EXPECT_EQ(name(Topic::Kind::kRequests).subscription,
            "projects/p/subscriptions/prediction-request-prod-subscription");
  EXPECT_EQ(name(Topic::Kind::kRequests, "my model/2").topic,
            "projects/p/topics/prediction-request-prod-my%20model%2F2");
  EXPECT_EQ(name(Topic::Kind::kCompletions).topic, "projects/p/topics/prediction-ready-prod");
  EXPECT_EQ(name(Topic::Kind::kDeadLetters).topic, "projects/p/topics/prediction-request-dlq");
  EXPECT_EQ(name(Topic::Kind::kAnnouncements).topic,
            "projects/p/topics/nba-phase5-predictions-complete");
  EXPECT_EQ(name(Topic::Kind::kAnnouncements).subscription, "");
  EXPECT_EQ(EndpointOf(options), "pubsub.googleapis.com:443");
}

}  // namespace
}  // namespace tipoff::pubsub
