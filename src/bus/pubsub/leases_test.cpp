#include "bus/pubsub/leases.h"

#include <gtest/gtest.h>

#include <deque>
#include <optional>

#include "bus/pubsub/chunks.h"
#include "support/manual_loop.h"

namespace tipoff::pubsub {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::string kSubscription = "projects/p/subscriptions/s";

// Answers when it is told to, and writes down what it was asked.
class FakeService final : public Service {
 public:
  struct PullCall {
    std::size_t max;
    PullMode mode;
    std::function<void(Result<std::vector<Received>>)> done;
  };

  void Publish(const std::string&, std::vector<std::string>, std::function<void(Status)>) override {
  }
  void Pull(const std::string&, std::size_t max, PullMode mode, Duration,
            std::function<void(Result<std::vector<Received>>)> done) override {
    pulls.push_back({max, mode, std::move(done)});
  }
  void Claim(const std::vector<Received>& messages) override { claimed += messages.size(); }
  void Hold(const std::string&, std::vector<std::string> ack_ids, std::int32_t for_seconds,
            Duration, std::function<void(Status)> done) override {
    (for_seconds == 0 ? given_back : held) += ack_ids.size();
    held_seconds = for_seconds;
    holds.push_back(std::move(done));
  }
  void Acknowledge(const std::string&, std::vector<std::string>,
                   std::function<void(Status)>) override {}
  void LookAt(const std::string&, Duration, std::function<void(Result<Subscribed>)> done) override {
    looks.push_back(std::move(done));
  }
  void LookAtTopic(const std::string&, Duration, std::function<void(Status)>) override {}

  // The oldest pull brings so many messages.
  void Bring(std::size_t count) {
    std::vector<Received> messages(count);
    for (Received& message : messages) message.ack_id = std::to_string(next_id++);
    Answer(std::move(messages));
  }
  void Answer(Result<std::vector<Received>> messages) {
    ASSERT_FALSE(pulls.empty()) << "nobody pulls";
    PullCall call = std::move(pulls.front());
    pulls.pop_front();
    call.done(std::move(messages));
  }
  void AnswerHold(Status status) {
    ASSERT_FALSE(holds.empty());
    auto done = std::move(holds.front());
    holds.pop_front();
    done(std::move(status));
  }
  void AnswerLook(Result<Subscribed> seen) {
    ASSERT_FALSE(looks.empty()) << "nobody looks";
    auto done = std::move(looks.front());
    looks.pop_front();
    done(std::move(seen));
  }

  std::deque<PullCall> pulls;
  std::deque<std::function<void(Status)>> holds;
  std::deque<std::function<void(Result<Subscribed>)>> looks;
  std::size_t claimed = 0;
  std::size_t held = 0;
  std::size_t given_back = 0;
  std::int32_t held_seconds = -1;
  int next_id = 1;
};

class LeasesTest : public testing::Test {
 protected:
  using Answered = std::optional<Result<std::vector<Delivery>>>;

  std::shared_ptr<Answered> Lease(std::size_t max, Duration wait, Duration lease = seconds(60)) {
    auto answer = std::make_shared<Answered>();
    leases_->Lease(kSubscription, pushed_, {.max = max, .lease = lease, .wait = wait},
                   [answer](Result<std::vector<Delivery>> result) {
                     EXPECT_FALSE(answer->has_value()) << "answered twice";
                     answer->emplace(std::move(result));
                   });
    return answer;
  }
  static std::size_t Size(const std::shared_ptr<Answered>& answer) {
    EXPECT_TRUE(answer->has_value()) << "not answered";
    EXPECT_TRUE(answer->has_value() && (*answer)->ok());
    return answer->has_value() && (*answer)->ok() ? (**answer)->size() : 0;
  }

  bool pushed_ = false;
  ManualLoop loop_;
  FakeService service_;
  std::optional<Leases> leases_{std::in_place, service_, loop_};
};

TEST_F(LeasesTest, WhatIsPulledIsHeldForAsLongAsTheLeaseSaysAndHandedOut) {
  auto answer = Lease(10, seconds(20), seconds(90));
  ASSERT_EQ(service_.pulls.size(), 1u);
  EXPECT_EQ(service_.pulls[0].max, 10u);
  EXPECT_EQ(service_.pulls[0].mode, Service::PullMode::kWait);
  service_.Bring(3);
  EXPECT_FALSE(answer->has_value()) << "not before it is held";
  EXPECT_EQ(service_.held_seconds, 90);
  service_.AnswerHold(Ok());
  EXPECT_EQ(Size(answer), 3u);
  EXPECT_EQ(service_.claimed, 3u);
  EXPECT_TRUE(service_.pulls.empty()) << "nobody waits any more";
}

TEST_F(LeasesTest, FullPullsAreFollowedByMoreUntilOneIsNot) {
  auto answer = Lease(1000, seconds(20));
  service_.Bring(kPullMessages);
  EXPECT_EQ(service_.pulls.at(0).mode, Service::PullMode::kNow);
  service_.Bring(kPullMessages);
  service_.Bring(7);
  service_.AnswerHold(Ok());
  EXPECT_EQ(Size(answer), 2 * kPullMessages + 7);
}

TEST_F(LeasesTest, NoMoreIsTakenThanWasAskedFor) {
  auto answer = Lease(130, Duration(0));
  service_.Bring(kPullMessages);
  EXPECT_EQ(service_.pulls.at(0).max, 30u);
  service_.Bring(30);
  service_.AnswerHold(Ok());
  EXPECT_EQ(Size(answer), 130u);
  EXPECT_TRUE(service_.pulls.empty());
}

TEST_F(LeasesTest, APullThatFailsHalfWayLosesNothing) {
  auto answer = Lease(1000, Duration(0));
  service_.Bring(kPullMessages);
  service_.Answer(Error{Errc::kUnavailable, "gone"});
  service_.AnswerHold(Error{Errc::kUnavailable, "gone"});
  EXPECT_EQ(Size(answer), kPullMessages) << "held for the subscription's own time at least";
}

TEST_F(LeasesTest, ALeaseThatDoesNotWaitAnswersWhatIsThere) {
  auto empty = Lease(10, Duration(0));
  EXPECT_EQ(service_.pulls.at(0).mode, Service::PullMode::kNow);
  service_.Bring(0);
  EXPECT_EQ(Size(empty), 0u);
  auto failed = Lease(10, Duration(0));
  service_.Answer(Error{Errc::kUnavailable, "gone"});
  EXPECT_EQ((*failed)->error().code, Errc::kUnavailable);
}

TEST_F(LeasesTest, F20_AfterAWaitInVainItLooksWhetherAnythingCouldHaveCome) {
  auto answer = Lease(10, seconds(20));
  loop_.Advance(seconds(20));
  EXPECT_FALSE(answer->has_value());
  service_.AnswerLook(Error{Errc::kNotFound, "deleted"});
  EXPECT_EQ((*answer)->error().code, Errc::kNotFound);
  // The pull that waits still would wait in vain for ever.
  auto next = Lease(10, seconds(20));
  EXPECT_EQ(service_.pulls.size(), 2u) << "another one";
}

TEST_F(LeasesTest, WhoMayNotLookIsToldThatNothingCame) {
  auto answer = Lease(10, seconds(20));
  loop_.Advance(seconds(20));
  service_.AnswerLook(Error{Errc::kDenied, "no"});
  EXPECT_EQ(Size(answer), 0u);
}

TEST_F(LeasesTest, AMessageThatComesDuringTheLookIsHandedOut) {
  auto answer = Lease(10, seconds(20));
  loop_.Advance(seconds(20));
  service_.Bring(1);
  service_.AnswerHold(Ok());
  EXPECT_EQ(Size(answer), 1u);
  service_.AnswerLook(Subscribed{60});
}

TEST_F(LeasesTest, TheNextWhoWaitsTakesThePullOver) {
  auto first = Lease(10, seconds(20));
  loop_.Advance(seconds(20));
  service_.AnswerLook(Subscribed{60});
  EXPECT_EQ(Size(first), 0u);
  auto second = Lease(10, seconds(20));
  EXPECT_EQ(service_.pulls.size(), 1u) << "no second one";
  service_.Bring(2);
  EXPECT_EQ(service_.held, 0u) << "the subscription's own 60 s are the lease";
  EXPECT_EQ(Size(second), 2u);
}

TEST_F(LeasesTest, WhatComesWhileNobodyWaitsIsGivenBack) {
  auto answer = Lease(10, seconds(20));
  loop_.Advance(seconds(20));
  service_.AnswerLook(Subscribed{60});
  service_.Bring(4);
  EXPECT_EQ(service_.given_back, 4u);
  EXPECT_EQ(Size(answer), 0u);
}

TEST_F(LeasesTest, MoreThanOneMayWait) {
  auto first = Lease(2, seconds(20));
  auto second = Lease(5, seconds(20));
  ASSERT_EQ(service_.pulls.size(), 2u);
  // The second's pull is the first that answers: whoever came first is served first.
  std::swap(service_.pulls[0], service_.pulls[1]);
  service_.Bring(4);
  service_.AnswerHold(Ok());
  service_.AnswerHold(Ok());
  EXPECT_EQ(Size(first), 2u);
  EXPECT_EQ(Size(second), 2u);
}

TEST_F(LeasesTest, AnEmptyAnswerIsAskedForAgainButNotInAHotLoop) {
  auto answer = Lease(10, seconds(20));
  service_.Bring(0);
  EXPECT_TRUE(service_.pulls.empty()) << "it came at once";
  loop_.Advance(milliseconds(200));
  ASSERT_EQ(service_.pulls.size(), 1u);
  loop_.Advance(seconds(7));
  service_.Bring(0);
  EXPECT_EQ(service_.pulls.size(), 1u) << "it had waited";
  service_.Bring(1);
  service_.AnswerHold(Ok());
  EXPECT_EQ(Size(answer), 1u);
}

TEST_F(LeasesTest, APullThatFailsIsTold) {
  auto answer = Lease(10, seconds(20));
  service_.Answer(Error{Errc::kNotFound, "deleted"});
  EXPECT_EQ((*answer)->error().code, Errc::kNotFound);
  EXPECT_TRUE(service_.pulls.empty());
}

TEST_F(LeasesTest, WhatIsPushedIsNotPulledButLookedAfter) {
  pushed_ = true;
  auto answer = Lease(10, seconds(20));
  auto at_once = Lease(10, Duration(0));
  EXPECT_TRUE(service_.pulls.empty());
  loop_.Advance(Duration(0));
  service_.AnswerLook(Subscribed{60});
  EXPECT_EQ(Size(at_once), 0u);
  loop_.Advance(seconds(20));
  service_.AnswerLook(Error{Errc::kNotFound, "deleted"});
  EXPECT_EQ((*answer)->error().code, Errc::kNotFound);
}

TEST_F(LeasesTest, TimersEndWithIt) {
  Lease(10, seconds(20));
  service_.Bring(0);
  leases_.reset();
  loop_.Advance(seconds(60));
  EXPECT_TRUE(service_.looks.empty());
}

}  // namespace
}  // namespace tipoff::pubsub
