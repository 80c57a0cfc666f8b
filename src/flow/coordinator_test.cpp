// A coordinator on a store and a bus in memory, with the faults that this level can show.
#include "flow/coordinator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/limits.h"
#include "support/bound.h"
#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class CoordinatorTest : public testing::Test {
 protected:
  World world_;
};

TEST_F(CoordinatorTest, ABatchRunsFromStartToPublication) {
  world_.AddSlate(25);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  ASSERT_EQ(started.kind, StartOutcome::Kind::kStarted);
  EXPECT_EQ(started.summary.players, 25u);
  EXPECT_TRUE(started.batch.id.str().starts_with("batch_2025-01-15_"));
  EXPECT_EQ(started.batch.terminal_by, started.batch.created_at + minutes(120));
  EXPECT_EQ(world_.WorkAll(), 25);
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kSucceeded);
  EXPECT_EQ(batch.reason, Reason::kCompleted);
  EXPECT_EQ(batch.counts[RequestState::kSucceeded], 25u);
  EXPECT_EQ(batch.predictions, 100);
  EXPECT_EQ(batch.publication, 1u);
  ASSERT_EQ(world_.database.announcements.size(), 1u);
  EXPECT_FALSE(world_.database.announcements.begin()->second.sent_at.never());
  EXPECT_EQ(world_.broker.Inspect({Topic::Kind::kCompletions, ""}, world_.loop.Now()).leased, 0u)
      << "every completion is acked";
}

TEST_F(CoordinatorTest, EachPlayerIsRequestedOfEachGroupOfSystems) {
  world_.AddSlate(3);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartRequest request = World::For("2025-01-15");
  request.groups = {"mine", "other"};
  StartOutcome started = world_.Start(*c, request);
  EXPECT_EQ(started.summary.players, 3u);
  EXPECT_EQ(started.batch.expected(), 9u);
  world_.loop.Advance(seconds(5));
  for (const char* group : {"", "mine", "other"}) {
    Backlog waiting = world_.broker.Inspect({Topic::Kind::kRequests, group}, world_.loop.Now());
    EXPECT_EQ(waiting.waiting, 3u) << group;
  }
}

TEST_F(CoordinatorTest, ALargeBatchIsCreatedInChunksAndSealed) {
  world_.AddSlate(2500);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  EXPECT_TRUE(started.batch.sealed);
  EXPECT_EQ(started.batch.expected(), 2500u);
  EXPECT_EQ(world_.WorkAll(), 2500);
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
}

TEST_F(CoordinatorTest, F08_NoGamesNoPlayersAndNothingKnownHaveTheirAnswers) {
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  EXPECT_EQ(world_.Start(*c).kind, StartOutcome::Kind::kNoGames);
  world_.AddSlate(3);
  StartRequest picky = World::For("2025-01-15");
  picky.players.min_minutes = 40;
  EXPECT_EQ(world_.Start(*c, picky).kind, StartOutcome::Kind::kNoPlayers);
  world_.AddSlate(0);
  EXPECT_EQ(world_.Start(*c).kind, StartOutcome::Kind::kNoPlayers);
  EXPECT_TRUE(world_.database.batches().empty());
}

TEST_F(CoordinatorTest, F46_IncompleteDataIsRefusedUnlessToldOtherwise) {
  world_.AddSlate(3);
  Slate& slate = world_.database.slates.begin()->second;
  slate.recent_games = 50;
  slate.recent_games_with_rows = 39;
  auto c = world_.NewCoordinator();
  StartOutcome refused = world_.Start(*c);
  EXPECT_EQ(refused.kind, StartOutcome::Kind::kDataIncomplete);
  EXPECT_NE(refused.detail.find("39 of the 50"), std::string::npos) << refused.detail;
  StartRequest told = World::For("2025-01-15");
  told.skip_completeness_check = true;
  EXPECT_EQ(world_.Start(*c, told).kind, StartOutcome::Kind::kStarted);
}

TEST_F(CoordinatorTest, F04_StartingASlotTwiceNamesTheSameBatch) {
  world_.AddSlate(3);
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  StartOutcome first = world_.Start(*c1);
  StartOutcome second = world_.Start(*c2);
  EXPECT_EQ(second.kind, StartOutcome::Kind::kAlreadyRunning);
  EXPECT_EQ(second.batch.id, first.batch.id);
}

TEST_F(CoordinatorTest, F04_TheAnswerOfAStartGetsLost) {
  world_.AddSlate(3);
  auto c = world_.NewCoordinator();
  int lost = 0;
  c->store.fault = [&](const std::string& call) {
    return call == "Create" && lost++ == 0 ? Fault::kLostAnswer : Fault::kNone;
  };
  StartOutcome started = world_.Start(*c);
  EXPECT_EQ(started.kind, StartOutcome::Kind::kStarted);
  EXPECT_EQ(world_.database.batches().size(), 1u);
}

TEST_F(CoordinatorTest, F05_AnOldLiveBatchOfAnotherDateBlocksNothing) {
  world_.AddSlate(2, "2025-01-16");
  world_.AddSlate(2, "2025-01-15");
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome tomorrow = world_.Start(*c, World::For("2025-01-16"));
  StartOutcome today = world_.Start(*c, World::For("2025-01-15"));
  EXPECT_EQ(today.kind, StartOutcome::Kind::kStarted);
  world_.WorkAll();
  EXPECT_EQ(world_.Stored(tomorrow.batch.id).phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored(today.batch.id).phase, Phase::kSucceeded);
}

TEST_F(CoordinatorTest, F10_ForceSupersedesAndFencesLateResults) {
  world_.AddSlate(3);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome old = world_.Start(*c);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  ASSERT_EQ(held.size(), 3u);
  StartRequest force = World::For("2025-01-15");
  force.force = true;
  StartOutcome fresh = world_.Start(*c, force);
  ASSERT_EQ(fresh.kind, StartOutcome::Kind::kStarted);
  EXPECT_EQ(world_.Stored(old.batch.id).phase, Phase::kCancelled);
  EXPECT_EQ(world_.Stored(old.batch.id).reason, Reason::kSuperseded);
  EXPECT_EQ(world_.Stored(old.batch.id).superseded_by, fresh.batch.id);
  for (auto& [token, request] : held) world_.Report(request);
  world_.loop.RunIdle();
  EXPECT_EQ(world_.Stored(old.batch.id).late, 3u);
  EXPECT_EQ(world_.Stored(fresh.batch.id).counts.done(), 0u);
  EXPECT_EQ(world_.Start(*c, force).batch.id, fresh.batch.id) << "a repeat names that batch";
  EXPECT_EQ(world_.WorkAll(), 3);
  EXPECT_EQ(world_.Stored(fresh.batch.id).phase, Phase::kSucceeded);
}

TEST_F(CoordinatorTest, AStartOnASlotWhoseBatchIsOverdueEndsThatFirst) {
  world_.AddSlate(3);
  auto dead = world_.NewCoordinator("c1");
  StartOutcome old = world_.Start(*dead);
  dead.reset();
  world_.loop.Advance(minutes(121));
  auto c = world_.NewCoordinator("c2");
  StartOutcome fresh = world_.Start(*c);
  EXPECT_EQ(fresh.kind, StartOutcome::Kind::kStarted);
  EXPECT_EQ(world_.Stored(old.batch.id).reason, Reason::kDeadlineExceeded);
}

TEST_F(CoordinatorTest, F01_DiesAfterTheBatchIsRecordedAndAnotherLifePublishesIt) {
  world_.AddSlate(5);
  auto first = world_.NewCoordinator("c1");
  StartOutcome started = world_.Start(*first);
  first.reset();  // Before anything is published: nothing of it ran since the answer.
  ASSERT_EQ(world_.broker.Inspect({Topic::Kind::kRequests, ""}, world_.loop.Now()).waiting, 0u);
  auto second = world_.NewCoordinator("c2");
  second->coordinator.Start();
  EXPECT_EQ(world_.WorkAll(), 5);
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
}

TEST_F(CoordinatorTest, F02_DiesAfterKOfNArePublishedForEveryK) {
  // The crash comes before the k-th commit that would confirm a publish: what is confirmed is not
  // published again, what is not confirmed is, and each request is counted once.
  constexpr int kSent = 4;
  for (int k = 0; k <= kSent; ++k) {
    World world;
    world.AddSlate(kSent);
    auto first = world.NewCoordinator("c1");
    StartOutcome started = world.Start(*first);
    std::vector<Published::Item> confirmed;
    for (int i = 0; i < k; ++i) {
      confirmed.push_back({static_cast<std::uint32_t>(i), 1, ""});
    }
    // Published and confirmed by hand, so that exactly k of N are; then the process dies.
    auto outbox = world.database.ListOutbox(started.batch.id, -1, 100, world.loop.Now());
    first->loop.Kill();
    RowKeys keys;
    for (int i = 0; i < k; ++i) {
      RequestMessage message;
      message.batch = started.batch.id;
      message.ordinal = i;
      message.spec = outbox[static_cast<std::size_t>(i)].spec;
      world.broker.Publish({Topic::Kind::kRequests, ""}, Encode(message), world.loop.Now());
      keys.ordinals.push_back(static_cast<std::uint32_t>(i));
    }
    if (k > 0) {
      CommitBuilder builder(*world.database.Load(started.batch.id, keys));
      builder.Apply(Published{world.loop.Now(), confirmed});
      ASSERT_TRUE(world.database.Commit(builder.Build("c1", world.loop.Now(), {"log"})).ok());
    }
    auto second = world.NewCoordinator("c2");
    second->coordinator.Start();
    EXPECT_EQ(world.WorkAll(), kSent) << "only the missing " << kSent - k;
    EXPECT_EQ(world.Stored(started.batch.id).phase, Phase::kSucceeded) << k;
    EXPECT_EQ(world.Stored(started.batch.id).predictions, 4 * kSent) << k;
  }
}

TEST_F(CoordinatorTest, F12_NobodyWorksAndTheBatchEndsAtItsPromisedTime) {
  world_.AddSlate(3);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.Advance(minutes(120) + seconds(5));
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kFailed);
  EXPECT_EQ(batch.reason, Reason::kDeadlineExceeded);
  ExpectEndedInTime(batch);
  EXPECT_LE(batch.terminal_at - batch.terminal_by, Duration(seconds(5))) << "the leader lives";
  EXPECT_EQ(batch.counts[RequestState::kExpired], 3u);
  for (const auto& [ordinal, request] : world_.Everything(batch.id).requests) {
    EXPECT_EQ(request.row.state, RequestState::kExpired) << "rewritten";
  }
}

TEST_F(CoordinatorTest, F14_CompletionsAreLostAndTheSweepReconcilesThem) {
  world_.AddSlate(6);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  for (auto& [token, request] : world_.LeaseRequests()) {
    world_.Stage(request);
    world_.broker.Ack({token});  // Staged and acked; its completion never arrives.
  }
  world_.loop.Advance(minutes(4));
  EXPECT_EQ(world_.Stored(started.batch.id).counts.done(), 0u);
  world_.loop.Advance(minutes(2));
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kSucceeded);
  EXPECT_EQ(batch.predictions, 24);
}

TEST_F(CoordinatorTest, F28_NinetyFivePercentAndSilenceEndsPartialAndNamesWhoIsMissing) {
  world_.AddSlate(20);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  for (std::size_t i = 0; i < 19; ++i) {
    world_.Stage(held[i].second);
    world_.Report(held[i].second);
    world_.broker.Ack({held[i].first});
  }
  world_.broker.Ack({held[19].first});  // A worker that acks without ever answering.
  for (int minute = 0; minute < 12; ++minute) {
    world_.loop.Advance(minutes(1));
    for (auto& [token, request] : world_.LeaseRequests()) world_.broker.Ack({token});
  }
  Batch batch = world_.Stored(started.batch.id);
  ExpectEndedInTime(batch);
  EXPECT_EQ(batch.phase, Phase::kPartial);
  EXPECT_EQ(batch.reason, Reason::kStalled);
  auto expired = world_.database.ListRequests(batch.id, {.states = {RequestState::kExpired}});
  ASSERT_EQ(expired->size(), 1u);
  EXPECT_EQ(expired->at(0).player, held[19].second.spec.player);
  EXPECT_EQ(expired->at(0).attempt, 2) << "it was published again before it was given up";
}

TEST_F(CoordinatorTest, F19_DuplicatesAndReorderingChangeNothing) {
  world_.AddSlate(4);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  for (int repeat = 0; repeat < 5; ++repeat) {
    for (auto request = held.rbegin(); request != held.rend(); ++request) {
      world_.Report(request->second);
      if (repeat % 2 == 1) world_.loop.RunIdle();
    }
  }
  world_.loop.RunIdle();
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kSucceeded);
  EXPECT_EQ(batch.predictions, 16);
  EXPECT_EQ(batch.late, 0u);
}

TEST_F(CoordinatorTest, F30_TheSweepRacesTheLastCompletionAndNothingIsLost) {
  for (bool sweep_first : {false, true}) {
    World world;
    world.AddSlate(10);
    auto c1 = world.NewCoordinator("c1");
    auto c2 = world.NewCoordinator("c2");
    BatchId id = world.Start(*c1).batch.id;
    world.loop.RunIdle();
    auto held = world.LeaseRequests();
    Completions most;
    RowKeys keys;
    for (std::uint32_t i = 0; i < 9; ++i) {
      keys.ordinals.push_back(i);
      most.items.push_back({.ordinal = i, .predictions = 4});
    }
    c1->coordinator.driver().Submit(id, keys, most, nullptr);
    world.loop.RunIdle();
    Batch stale = world.Stored(id);
    world.loop.Advance(minutes(120));
    // Both decide on the same version; the store lets one of them win.
    auto complete = [&] {
      c1->coordinator.driver().Submit(id, {.ordinals = {9}},
                                      Completions{{}, {{.ordinal = 9, .predictions = 4}}}, nullptr);
    };
    if (!sweep_first) complete();
    c2->coordinator.sweep().Visit(stale, nullptr);
    if (sweep_first) complete();
    world.loop.Advance(seconds(2));  // Whoever lost decides again.
    Batch batch = world.Stored(id);
    ASSERT_TRUE(IsTerminal(batch.phase) || batch.phase == Phase::kFinalizing);
    EXPECT_EQ(batch.counts[RequestState::kSucceeded] + batch.late, 10u)
        << "the last completion is counted, or kept as late";
    EXPECT_EQ(batch.phase == Phase::kPartial ? 1u : 0u, batch.late);
    EXPECT_GT(c1->store.calls["Commit"] + c2->store.calls["Commit"], 3) << "they did collide";
  }
}

TEST_F(CoordinatorTest, F03_ABusThatIsDownIsTriedWithBackoffUntilItIsBack) {
  world_.AddSlate(5);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  c->bus.down = true;
  BatchId id = world_.Start(*c).batch.id;
  world_.loop.Advance(minutes(10));
  EXPECT_EQ(world_.Stored(id).phase, Phase::kAccepted);
  EXPECT_LT(c->bus.publishes, 100) << "no storm";
  EXPECT_GT(c->bus.publishes, 5) << "it was tried again";
  c->bus.down = false;
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(world_.WorkAll(), 5);
  EXPECT_EQ(world_.Stored(id).phase, Phase::kSucceeded);
}

TEST_F(CoordinatorTest, F18_TenThousandRequestsMeetOneWorkerThatTakesAHundredAtATime) {
  world_.AddSlate(10'000);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  BatchId id = world_.Start(*c).batch.id;
  world_.loop.RunIdle();
  EXPECT_EQ(world_.broker.Inspect({Topic::Kind::kRequests, ""}, world_.loop.Now()).waiting,
            10'000u);
  for (auto held = world_.LeaseRequests(100); !held.empty(); held = world_.LeaseRequests(100)) {
    ASSERT_LE(held.size(), 100u);
    std::vector<LeaseToken> tokens;
    for (auto& [token, request] : held) {
      world_.Report(request);
      tokens.push_back(token);
    }
    world_.broker.Ack(tokens);
    world_.loop.RunIdle();
  }
  Batch batch = world_.Stored(id);
  EXPECT_EQ(batch.phase, Phase::kSucceeded);
  EXPECT_EQ(batch.counts[RequestState::kSucceeded], 10'000u);
}

TEST_F(CoordinatorTest, F24_TheLastTwoCompletionsOnTwoCoordinatorsMakeOneEnd) {
  world_.AddSlate(2);
  auto c1 = world_.NewCoordinator("c1");
  StartOutcome started = world_.Start(*c1);
  c1->coordinator.Start();
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  auto c2 = world_.NewCoordinator("c2");
  int acked = 0;
  TestCoordinator* processes[] = {c1.get(), c2.get()};
  for (std::size_t i = 0; i < 2; ++i) {
    CompletionMessage message{started.batch.id, {}};
    Completion item;
    item.ordinal = held[i].second.ordinal;
    item.predictions = 4;
    message.completions = {item};
    processes[i]->coordinator.intake().Handle({Topic::Kind::kCompletions, ""}, Encode(message),
                                              world_.loop.Now(),
                                              [&](bool ack) { acked += ack ? 1 : 0; });
  }
  world_.loop.Advance(seconds(1));
  EXPECT_EQ(acked, 2);
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kSucceeded);
  EXPECT_EQ(batch.predictions, 8);
  int endings = 0;
  for (const JournalRecord& record : world_.Everything(batch.id).journal) {
    endings += DecodeJournal(record.text)->phase == Phase::kSucceeded ? 1 : 0;
  }
  EXPECT_EQ(endings, 1);
}

TEST_F(CoordinatorTest, F25_ACompletionIsAckedOnlyWhenItsCommitIsDurable) {
  for (Fault suffered : {Fault::kRefused, Fault::kLostAnswer, Fault::kLostRequest}) {
    World world;
    world.AddSlate(2);
    auto c = world.NewCoordinator();
    c->coordinator.Start();
    StartOutcome started = world.Start(*c);
    world.loop.RunIdle();
    auto held = world.LeaseRequests();
    int failures = 3;
    c->store.fault = [&](const std::string& call) {
      return call == "Commit" && failures-- > 0 ? suffered : Fault::kNone;
    };
    world.Report(held[0].second);
    world.loop.Advance(seconds(3));
    EXPECT_EQ(world.Stored(started.batch.id).predictions, 4) << "counted once";
    EXPECT_EQ(world.Stored(started.batch.id).counts.done(), 1u);
    Backlog backlog = world.broker.Inspect({Topic::Kind::kCompletions, ""}, world.loop.Now());
    EXPECT_EQ(backlog.leased + backlog.waiting, 0u) << "and acked";
  }
}

TEST_F(CoordinatorTest, F34_WithoutItsStoreNothingIsAckedAndItGoesOnByItself) {
  world_.AddSlate(2);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  bool down = true;
  c->store.fault = [&](const std::string&) { return down ? Fault::kRefused : Fault::kNone; };
  for (auto& [token, request] : held) world_.Report(request);
  world_.loop.Advance(minutes(10));
  Backlog backlog = world_.broker.Inspect({Topic::Kind::kCompletions, ""}, world_.loop.Now());
  EXPECT_EQ(backlog.leased + backlog.waiting, 2u) << "nothing acked is lost";
  down = false;
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
}

TEST_F(CoordinatorTest, F17_F21_WhatNobodyCanUseIsQuarantinedAndAcked) {
  world_.AddSlate(1);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  for (std::string body :
       {std::string("not json"), std::string("\0\0", 2), std::string(10'000, '['),
        std::string(R"({"batch_id":"batch_gone","player_lookup":"x"})"),
        R"({"batch_id":")" + started.batch.id.str() + R"(","player_lookup":"stranger"})"}) {
    world_.broker.Publish({Topic::Kind::kCompletions, ""}, body, world_.loop.Now());
  }
  world_.loop.RunIdle();
  EXPECT_EQ(world_.database.quarantine.size(), 5u);
  Backlog backlog = world_.broker.Inspect({Topic::Kind::kCompletions, ""}, world_.loop.Now());
  EXPECT_EQ(backlog.leased + backlog.waiting, 0u);
  EXPECT_EQ(world_.WorkAll(), 1);
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
}

TEST_F(CoordinatorTest, F26_DiesBetweenTheLastCountAndTheEnd) {
  world_.AddSlate(1);
  auto first = world_.NewCoordinator("c1");
  first->coordinator.Start();
  StartOutcome started = world_.Start(*first);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  int commits = 0;
  first->store.fault = [&](const std::string& call) {
    // The commit that counts goes through, the ending one hangs: the process dies there.
    return call == "Commit" && ++commits == 2 ? Fault::kHang : Fault::kNone;
  };
  world_.Report(held[0].second);
  world_.loop.RunIdle();
  ASSERT_EQ(world_.Stored(started.batch.id).phase, Phase::kFinalizing);
  first.reset();
  auto second = world_.NewCoordinator("c2");
  second->coordinator.Start();
  world_.loop.Advance(TheBound());
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
  ASSERT_EQ(world_.database.announcements.size(), 1u);
  EXPECT_FALSE(world_.database.announcements.begin()->second.sent_at.never());
}

TEST_F(CoordinatorTest, F38_ABurstOfCompletionsCostsFewCommits) {
  world_.AddSlate(450);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  ASSERT_EQ(held.size(), 450u);
  int before = c->store.calls["Commit"];
  for (auto& [token, request] : held) world_.Report(request);
  world_.loop.RunIdle();
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored(started.batch.id).counts[RequestState::kSucceeded], 450u);
  EXPECT_LE(c->store.calls["Commit"] - before, 4) << "group commit";
}

TEST_F(CoordinatorTest, AGroupWaitsForItsIntervalUnlessItEndsTheBatch) {
  world_.AddSlate(10);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartRequest request = World::For("2025-01-15");
  request.policy.commit_interval_min = seconds(1);
  StartOutcome started = world_.Start(*c, request);
  world_.loop.Advance(seconds(2));
  auto held = world_.LeaseRequests();
  int before = c->store.calls["Commit"];
  for (std::size_t i = 0; i < 8; ++i) {
    world_.Report(held[i].second);
    world_.loop.Advance(std::chrono::milliseconds(10));
  }
  EXPECT_LE(c->store.calls["Commit"] - before, 1) << "80 ms hold at most one commit";
  world_.Report(held[8].second);
  world_.Report(held[9].second);
  world_.loop.RunIdle();
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded)
      << "what ends the batch goes at once";
}

TEST_F(CoordinatorTest, F16_ADeadLetterIsCountedAsFailed) {
  world_.AddSlate(2);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  for (int i = 0; i < limits::kDeliveriesMax; ++i) {
    auto held = world_.LeaseRequests();
    ASSERT_EQ(held.size(), 2u);
    for (auto& [token, request] : held) {
      world_.broker.Nack({token}, Duration(0), world_.loop.Now());
    }
  }
  EXPECT_TRUE(world_.LeaseRequests().empty());
  world_.loop.Advance(seconds(1));
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kFailed);
  EXPECT_EQ(batch.counts[RequestState::kFailed], 2u);
  EXPECT_TRUE(world_.Everything(batch.id).requests.at(0).row.reason.starts_with("DeadLetter"));
}

TEST_F(CoordinatorTest, F25_AnswersThatNeverComeStopNoIntake) {
  world_.AddSlate(2);
  auto c = world_.NewCoordinator();
  c->bus.deaf = 4;
  c->coordinator.Start();
  BatchId id = world_.Start(*c).batch.id;
  world_.WorkAll();
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(world_.Stored(id).phase, Phase::kSucceeded);
  c->store.fault = [](const std::string& call) {
    return call == "Quarantine" ? Fault::kHang : Fault::kNone;
  };
  world_.broker.Publish({Topic::Kind::kCompletions, ""}, "rubbish", world_.loop.Now());
  world_.loop.Advance(seconds(1));
  bool stopped = false;
  c->coordinator.Stop([&] { stopped = true; });
  world_.loop.Advance(minutes(1));
  EXPECT_TRUE(stopped) << "it is settled as not durable, and comes again";
}

TEST_F(CoordinatorTest, F14_ADeadLetterWhoseResultIsStagedIsThatResult) {
  world_.AddSlate(2);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  for (int i = 0; i < limits::kDeliveriesMax; ++i) {
    for (auto& [token, request] : world_.LeaseRequests()) {
      if (i == 0 && request.ordinal == 0) world_.Stage(request);
      world_.broker.Nack({token}, Duration(0), world_.loop.Now());
    }
  }
  EXPECT_TRUE(world_.LeaseRequests().empty());
  world_.loop.Advance(seconds(1));
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kPartial);
  EXPECT_EQ(batch.counts[RequestState::kSucceeded], 1u) << "only its report got lost";
  EXPECT_EQ(batch.counts[RequestState::kFailed], 1u);
  EXPECT_EQ(batch.predictions, 4);
}

TEST_F(CoordinatorTest, F04_TheSameIdempotencyKeyNamesTheSameBatchEvenAfterItsEnd) {
  world_.AddSlate(2);
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  c1->coordinator.Start();
  StartRequest keyed = World::For("2025-01-15");
  keyed.idempotency_key = "nightly-1";
  StartOutcome first = world_.Start(*c1, keyed);
  StartOutcome again = world_.Start(*c2, keyed);
  EXPECT_EQ(again.kind, StartOutcome::Kind::kStarted);
  EXPECT_EQ(again.batch.id, first.batch.id);
  world_.WorkAll();
  EXPECT_EQ(world_.Start(*c2, keyed).batch.id, first.batch.id);
  EXPECT_NE(world_.Start(*c2).batch.id, first.batch.id) << "without it the ended slot starts anew";
  world_.loop.Advance(std::chrono::hours(25));
  EXPECT_NE(world_.Start(*c2, keyed).batch.id, first.batch.id) << "kept for 24 h";
}

TEST_F(CoordinatorTest, F32_ARetryIsANewGenerationOfOnlyWhatIsMissing) {
  world_.AddSlate(10);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  for (std::size_t i = 0; i < 7; ++i) {
    RequestState status = i == 3 ? RequestState::kFailed : RequestState::kSucceeded;
    if (status == RequestState::kSucceeded) world_.Stage(held[i].second, status);
    world_.Report(held[i].second, status);
  }
  auto retry = [&](const BatchId& batch) {
    std::optional<Result<StartOutcome>> outcome;
    c->coordinator.starter().Retry(batch, "test", [&](auto answer) { outcome.emplace(answer); });
    world_.loop.RunUntil([&] { return outcome.has_value(); });
    return *outcome;
  };
  EXPECT_EQ(retry(started.batch.id).error().code, Errc::kConflict) << "it has not ended";
  world_.loop.Advance(minutes(121));
  Batch parent = world_.Stored(started.batch.id);
  ASSERT_EQ(parent.phase, Phase::kPartial);
  StartOutcome child = *retry(parent.id);
  ASSERT_EQ(child.kind, StartOutcome::Kind::kStarted);
  EXPECT_EQ(child.batch.expected(), 4u) << "3 expired, 1 failed";
  EXPECT_EQ(child.batch.generation, 2u);
  EXPECT_EQ(child.batch.retry_of, parent.id);
  EXPECT_EQ(retry(parent.id)->batch.id, child.batch.id) << "asked twice";
  world_.loop.Advance(minutes(2));
  world_.WorkAll();
  EXPECT_EQ(world_.Stored(child.batch.id).phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored(child.batch.id).publication, 2u);
  Batch after = world_.Stored(parent.id);
  EXPECT_EQ(after.phase, parent.phase) << "the parent is as it was";
  EXPECT_EQ(after.counts, parent.counts);
  EXPECT_EQ(after.terminal_at, parent.terminal_at);
  EXPECT_EQ(after.predictions, parent.predictions);
  EXPECT_EQ(after.late, 3u) << "what came after the end is kept, marked late";
  EXPECT_EQ(retry(child.batch.id)->kind, StartOutcome::Kind::kNothingToRetry);
  EXPECT_EQ(retry(BatchId("none")).error().code, Errc::kNotFound);
}

TEST_F(CoordinatorTest, AStaleSlateIsRefused) {
  world_.AddSlate(2);
  auto c = world_.NewCoordinator();
  StartRequest request = World::For("2025-01-15");
  request.slate_age_max = std::chrono::hours(6);
  EXPECT_EQ(world_.Start(*c, request).kind, StartOutcome::Kind::kStarted);
  world_.loop.Advance(std::chrono::hours(7));
  EXPECT_EQ(world_.Start(*c, request).kind, StartOutcome::Kind::kStale);
}

TEST_F(CoordinatorTest, StopSettlesWhatIsUnderWay) {
  world_.AddSlate(3);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.RunIdle();
  for (auto& [token, request] : world_.LeaseRequests()) world_.Report(request);
  bool stopped = false;
  world_.loop.RunIdle();
  c->coordinator.Stop([&] { stopped = true; });
  world_.loop.RunIdle();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
}

}  // namespace
}  // namespace tipoff
