#include "flow/canary.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;

const Topic kRequests{Topic::Kind::kRequests, ""};
const Topic kCompletions{Topic::Kind::kCompletions, ""};

// A coordinator that sends a canary a minute; a test is its worker.
class CanaryTest : public testing::Test {
 protected:
  CanaryTest() : coordinator_(world_.NewCoordinator()) {
    coordinator_->coordinator.Start();
    runner_ = NewRunner("c1");
    runner_->Start();
  }

  std::unique_ptr<CanaryRunner> NewRunner(const std::string& name) {
    return std::make_unique<CanaryRunner>(
        coordinator_->loop, coordinator_->store, coordinator_->bus, coordinator_->random,
        Incarnation(name), CanaryRunner::Options{minutes(1), seconds(30)});
  }

  // What a worker does with the canaries that it finds; how many those were.
  int Work(bool answer = true) {
    world_.loop.RunIdle();
    auto leased = Await<std::vector<Delivery>>(world_.loop, [&](auto done) {
      coordinator_->bus.Lease(kRequests, Incarnation("w"), {}, done);
    });
    for (const Delivery& delivery : *leased) {
      auto canary = std::get<CanaryMessage>(DecodeWork(delivery.body).value());
      CanaryHop hop{world_.loop.Now(), "w", "1"};
      world_.database.PutRecord({std::string(kCanaryWorkedRecords), canary.id, {}, Encode(hop)},
                                PutMode::kFirstStays, world_.loop.Now());
      if (answer) Answer(canary.id);
      coordinator_->bus.Ack(kRequests, {delivery.token}, [](Status) {});
    }
    world_.loop.RunIdle();
    return static_cast<int>(leased->size());
  }

  void Answer(const std::string& id) {
    std::string body = Encode(CanaryAnswer{id, world_.loop.Now(), "w", "1"});
    coordinator_->bus.Publish(kCompletions, {body}, [](auto) {});
    world_.loop.RunIdle();
  }

  // Newest first.
  std::vector<Canary> Canaries() {
    auto records = Await<std::vector<Record>>(world_.loop, [&](auto done) {
      coordinator_->memory.ListRecords(
          {.kind = std::string(kCanaryRecords), .newest_first = true, .limit = 500}, done);
    });
    std::vector<Canary> canaries;
    for (const Record& record : *records) canaries.push_back(DecodeCanary(record.body).value());
    return canaries;
  }
  CanaryHealth Health() { return JudgeCanaries(Canaries()); }
  std::uint64_t OnTheBus() {
    Backlog backlog = world_.broker.Inspect(kRequests, world_.loop.Now());
    return backlog.waiting + backlog.leased;
  }

  World world_;
  std::unique_ptr<TestCoordinator> coordinator_;
  std::unique_ptr<CanaryRunner> runner_;
};

TEST_F(CanaryTest, ItGoesTheWholeWayAndEachHopIsKept) {
  EXPECT_EQ(Work(), 1);
  world_.loop.Advance(seconds(2));
  std::vector<Canary> canaries = Canaries();
  ASSERT_EQ(canaries.size(), 1u);
  const Canary& canary = canaries[0];
  EXPECT_EQ(canary.state, CanaryState::kBack);
  EXPECT_FALSE(canary.published_at.never());
  EXPECT_FALSE(canary.worked_at.never());
  EXPECT_FALSE(canary.counted_at.never());
  EXPECT_EQ(canary.worker, "w");
  EXPECT_EQ(Health().losses, 0);
  EXPECT_EQ(Work(), 0) << "one a period";
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(Work(), 1);
  world_.loop.Advance(seconds(2));
  EXPECT_EQ(Canaries().size(), 2u);
}

TEST_F(CanaryTest, F12_WithoutAWorkerItIsLostAfterThePublishAndNoneIsSentBehindIt) {
  world_.loop.Advance(seconds(20));
  EXPECT_EQ(Health().losses, 0) << "not yet";
  world_.loop.Advance(seconds(15));
  EXPECT_EQ(Health().losses, 1);
  EXPECT_EQ(Health().newest_lost.lost_after, "published");
  EXPECT_THAT(Health().newest_lost.message, HasSubstr("no worker"));
  world_.loop.Advance(hours(5));
  EXPECT_EQ(OnTheBus(), 1u) << "canaries never pile up";
  EXPECT_GT(Health().losses, 250) << "each period counts";
  EXPECT_EQ(Work(), 1);
  int fresh = 0;
  for (int i = 0; i < 8; ++i) {
    world_.loop.Advance(seconds(10));
    fresh += Work();
  }
  EXPECT_GE(fresh, 1) << "once the old one was taken";
  world_.loop.Advance(seconds(2));
  EXPECT_EQ(Health().losses, 0);
}

TEST_F(CanaryTest, F14_WhereTheAnswerIsNotCountedItIsLostAfterTheWorker) {
  Work(false);
  world_.loop.Advance(seconds(35));
  EXPECT_EQ(Health().newest_lost.lost_after, "worked");
  EXPECT_THAT(Health().newest_lost.message, HasSubstr("worker 'w' answered"));
  world_.loop.Advance(minutes(1));
  Work(false);
  world_.loop.Advance(seconds(35));
  EXPECT_EQ(Health().losses, 2) << "the next one is sent: the bus is empty";
}

TEST_F(CanaryTest, F03_WhatTheBusHasLostIsFollowedByAnother) {
  world_.loop.RunIdle();
  auto lost = Await<std::vector<Delivery>>(world_.loop, [&](auto done) {
    coordinator_->bus.Lease(kRequests, Incarnation("thief"), {}, done);
  });
  coordinator_->bus.Ack(kRequests, {lost->at(0).token}, [](Status) {});
  world_.loop.Advance(minutes(1) + seconds(5));
  EXPECT_EQ(Work(), 1);
}

TEST_F(CanaryTest, F31_CallsThatAreNeverAnsweredEndNoCanaries) {
  for (const char* hanging : {"AcquireLease", "ListRecords", "GetRecord", "PutRecord"}) {
    int hang = 3;
    coordinator_->store.fault = [&](const std::string& call) {
      return call == hanging && hang-- > 0 ? Fault::kHang : Fault::kNone;
    };
    std::size_t before = Canaries().size();
    for (int i = 0; i < 10; ++i) {
      world_.loop.Advance(minutes(1));
      Work();
    }
    EXPECT_GT(Canaries().size(), before) << hanging;
  }
}

TEST_F(CanaryTest, F13_AWorkerThatDiedWithItGivesItToTheNext) {
  world_.loop.RunIdle();
  auto taken = Await<std::vector<Delivery>>(world_.loop, [&](auto done) {
    coordinator_->bus.Lease(kRequests, Incarnation("dead"), {.lease = seconds(10)}, done);
  });
  ASSERT_EQ(taken->size(), 1u);
  world_.loop.Advance(seconds(11));
  EXPECT_EQ(Work(), 1);
  world_.loop.Advance(seconds(2));
  EXPECT_EQ(Health().losses, 0);
  EXPECT_EQ(Health().newest_back.worker, "w");
}

TEST_F(CanaryTest, ALateAnswerChangesNothing) {
  Work(false);
  world_.loop.Advance(seconds(35));
  std::string id = Health().newest_lost.id;
  Answer(id);
  world_.loop.Advance(seconds(5));
  EXPECT_EQ(Health().newest_lost.id, id);
  EXPECT_EQ(world_.broker.Inspect(kCompletions, world_.loop.Now()).waiting, 0u) << "it is acked";
}

TEST_F(CanaryTest, AnAnswerToNoCanaryIsAckedAndForgotten) {
  Answer("nobody-knows-it");
  EXPECT_TRUE(world_.database.quarantine.empty());
  Backlog left = world_.broker.Inspect(kCompletions, world_.loop.Now());
  EXPECT_EQ(left.waiting + left.leased, 0u);
}

TEST_F(CanaryTest, SeveralCoordinatorsSendNoMoreThanOne) {
  auto second = NewRunner("c2");
  second->Start();
  for (int i = 0; i < 10; ++i) {
    Work();
    world_.loop.Advance(seconds(30));
  }
  EXPECT_LE(Canaries().size(), 6u);
  runner_.reset();  // The one that sent is gone; the other takes over.
  for (int i = 0; i < 6; ++i) {
    Work();
    world_.loop.Advance(seconds(30));
  }
  EXPECT_GE(Canaries().size(), 7u);
}

TEST_F(CanaryTest, F25_WhatCantBeReadIsNotCalledLost) {
  Work();
  coordinator_->store.fault = [](const std::string& call) {
    return call == "GetRecord" ? Fault::kRefused : Fault::kNone;
  };
  world_.loop.Advance(minutes(5));
  EXPECT_EQ(Health().losses, 0);
  coordinator_->store.fault = [](const std::string&) { return Fault::kNone; };
  world_.loop.Advance(seconds(5));
  EXPECT_EQ(Health().newest_back.worker, "w");
}

}  // namespace
}  // namespace tipoff
