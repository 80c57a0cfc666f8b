// The sweep on a store in memory: who sweeps, what a round survives, and what it does.
#include "flow/sweep.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/limits.h"
#include "support/bound.h"
#include "support/world.h"

namespace tipoff {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class SweepTest : public testing::Test {
 protected:
  // Writes a batch of `requests`, as a coordinator that is gone by now would have.
  BatchId Put(const std::string& name, std::uint32_t requests, Policy policy = {}) {
    Batch header;
    header.id = BatchId(name);
    header.slot = {*ParseDay("2025-01-15"), name};
    header.policy = policy;
    std::vector<NewRequest> rows;
    for (std::uint32_t i = 0; i < requests; ++i) {
      RequestSpec spec;
      spec.player = PlayerId(fmt::format("player-{:05}", i));
      rows.push_back(MakeRequest(i, spec, Now()));
    }
    auto created = world_.database.Create(
        MakeCreation(header, requests, std::move(rows), "gone", Now(), {}), std::nullopt);
    EXPECT_TRUE(created.ok() && created->created);
    return header.id;
  }

  // What happens to a batch without any coordinator.
  void Happen(const BatchId& batch, const RowKeys& keys, const Event& event) {
    CommitBuilder builder(*world_.database.Load(batch, keys));
    builder.Apply(event);
    ASSERT_TRUE(builder.changed());
    ASSERT_TRUE(world_.database.Commit(builder.Build("gone", Now(), {})).ok());
  }

  void Complete(const BatchId& batch, std::uint32_t first, std::uint32_t count) {
    RowKeys keys;
    Completions event{Now(), {}};
    for (std::uint32_t i = first; i < first + count; ++i) {
      Completion item;
      item.ordinal = i;
      item.predictions = 4;
      event.items.push_back(item);
      keys.ordinals.push_back(i);
    }
    Happen(batch, keys, event);
  }

  // Ends a batch, settled and with nobody to tell.
  void EndNow(const BatchId& batch, std::uint32_t requests) {
    Happen(batch, {}, Command{Now(), Order::kFinish, "", BatchId()});
    if (world_.Stored(batch).rows_open_at_end == 0) return;
    RowKeys all;
    for (std::uint32_t i = 0; i < requests; ++i) all.ordinals.push_back(i);
    Happen(batch, all, Settle{Now()});
  }

  std::size_t Live() const {
    std::size_t live = 0;
    for (const auto& [number, stored] : world_.database.batches()) {
      live += IsTerminal(stored.batch.phase) ? 0 : 1;
    }
    return live;
  }

  bool Stands(const BatchId& batch) const {
    for (const auto& [number, stored] : world_.database.batches()) {
      if (stored.batch.id == batch) return true;
    }
    return false;
  }

  std::vector<Record> Records(const std::string& kind) const {
    std::vector<Record> found;
    for (const auto& [key, record] : world_.database.records) {
      if (key.first == kind) found.push_back(record);
    }
    return found;
  }

  Instant Now() { return world_.loop.Now(); }

  static Policy Within(Duration deadline) {
    Policy policy;
    policy.deadline = deadline;
    return policy;
  }

  World world_;
};

// --- who sweeps
// -----------------------------------------------------------------------------------

TEST_F(SweepTest, F31_OneSweepsAndTheOthersOnlyLookForTheLease) {
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  c1->coordinator.Start();
  c2->coordinator.Start();
  world_.loop.Advance(minutes(10));
  EXPECT_TRUE(c1->coordinator.sweep().standing().leader);
  EXPECT_FALSE(c2->coordinator.sweep().standing().leader);
  EXPECT_GT(c1->store.calls["ListBatches"], 100);
  EXPECT_EQ(c2->store.calls["ListBatches"], 0);
  EXPECT_LE(c2->coordinator.sweep().standing().success_age, Duration(seconds(5)))
      << "it knows that another sweeps";
  EXPECT_GE(c2->coordinator.sweep().standing().swept_age, Duration(minutes(10)))
      << "and claims none of that for itself";
}

TEST_F(SweepTest, F31_TheLeaderDiesAtTheWorstMomentAndAnotherTakesOverInTime) {
  for (int second = 0; second < 15; ++second) {
    World world;
    world.AddSlate(3);
    auto c1 = world.NewCoordinator("c1");
    auto c2 = world.NewCoordinator("c2");
    c1->coordinator.Start();
    world.loop.Advance(seconds(1));
    c2->coordinator.Start();
    StartOutcome started = world.Start(*c1);
    world.loop.Advance(minutes(119) + seconds(45 + second));
    c1.reset();
    world.loop.Advance(TheBound());
    Batch batch = world.Stored(started.batch.id);
    ASSERT_NO_FATAL_FAILURE(ExpectEndedInTime(batch)) << second;
    EXPECT_TRUE(c2->coordinator.sweep().standing().leader);
    world.loop.Advance(minutes(1));
    EXPECT_EQ(world.Stored(started.batch.id).rows_open_at_end, 0u);
  }
}

TEST_F(SweepTest, F31_AStopGivesTheLeaseUpAtOnce) {
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  c1->coordinator.Start();
  world_.loop.RunIdle();
  c2->coordinator.Start();
  bool stopped = false;
  c1->coordinator.Stop([&] { stopped = true; });
  world_.loop.RunIdle();
  EXPECT_TRUE(stopped);
  world_.loop.Advance(seconds(5));
  EXPECT_TRUE(c2->coordinator.sweep().standing().leader) << "within one period";
  world_.loop.Advance(minutes(1));
  EXPECT_FALSE(c1->coordinator.sweep().standing().leader) << "and for good";
}

TEST_F(SweepTest, F31_AStopThatTheStoreDoesNotAnswerStopsAllTheSame) {
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  world_.loop.RunIdle();
  c->store.fault = [](const std::string&) { return Fault::kHang; };
  bool stopped = false;
  c->coordinator.Stop([&] { stopped = true; });
  world_.loop.Advance(seconds(2));
  EXPECT_TRUE(stopped);
}

TEST_F(SweepTest, F31_ALeaderThatLosesItsLeaseInTheMiddleOfARoundGivesTheRoundUp) {
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  for (int i = 0; i < 250; ++i) Put(fmt::format("b{}", i), 1, Within(minutes(1)));
  world_.loop.Advance(minutes(1));
  int pages = 0;
  c1->store.fault = [&](const std::string& call) {
    // Its machine falls asleep when it has read the first of three pages.
    if (call == "ListBatches" && ++pages == 2) c1->loop.Pause();
    return Fault::kNone;
  };
  c1->coordinator.Start();
  world_.loop.Advance(seconds(1));
  ASSERT_GT(Live(), 0u);
  c2->coordinator.Start();
  world_.loop.Advance(seconds(25));
  EXPECT_EQ(Live(), 0u) << "the other has taken over";
  int before = c1->store.calls["ListBatches"];
  c1->loop.Wake();
  world_.loop.RunIdle();
  EXPECT_EQ(c1->store.calls["ListBatches"], before) << "no further page";
  EXPECT_FALSE(c1->coordinator.sweep().standing().leader);
  world_.loop.Advance(minutes(1));
  EXPECT_FALSE(c1->coordinator.sweep().standing().leader);
  for (const auto& [number, stored] : world_.database.batches()) {
    int ends = 0;
    for (const JournalRecord& record : stored.journal) {
      auto entry = DecodeJournal(record.text);
      bool ended =
          std::find(entry->events.begin(), entry->events.end(), "clock") != entry->events.end();
      ends += ended && IsTerminal(entry->phase) ? 1 : 0;
    }
    ASSERT_EQ(ends, 1) << stored.batch.id << ": ended once, by whoever it was";
  }
}

TEST_F(SweepTest, ASweepThatIsOrderedNeedsNoLease) {
  auto asleep = world_.NewCoordinator("asleep");
  asleep->coordinator.Start();
  world_.loop.RunIdle();
  asleep->loop.Pause();
  BatchId batch = Put("b", 2, Within(minutes(1)));
  world_.loop.Advance(minutes(1));
  auto c = world_.NewCoordinator("c");
  std::optional<Status> swept;
  c->coordinator.SweepNow(seconds(10), [&](Status status) { swept = std::move(status); });
  world_.loop.Advance(seconds(1));
  ASSERT_TRUE(swept.has_value());
  EXPECT_TRUE(swept->ok());
  EXPECT_EQ(world_.Stored(batch).phase, Phase::kFailed);
  EXPECT_EQ(world_.Stored(batch).rows_open_at_end, 0u) << "answered when all of it was done";
}

// --- what a round survives
// ------------------------------------------------------------------------

TEST_F(SweepTest, F31_AnyCallMayHangAndTheNextRoundGoesOn) {
  for (std::string hanging : {"AcquireLease", "ListBatches", "Load", "Commit", "ReadJournal",
                              "ListRequests", "ListStaged", "ListRecords"}) {
    World world;
    world.AddSlate(3);
    auto c = world.NewCoordinator();
    c->coordinator.Start();
    StartOutcome started = world.Start(*c);
    world.loop.Advance(minutes(4));
    int hang = 3;
    bool commits_get_lost = hanging == "ReadJournal";  // Else the journal is not asked.
    c->store.fault = [&](const std::string& call) {
      if (call == hanging && hang-- > 0) return Fault::kHang;
      if (commits_get_lost && call == "Commit" && hang > 0) return Fault::kLostAnswer;
      return Fault::kNone;
    };
    world.loop.Advance(minutes(117));
    EXPECT_LE(hang, 0) << hanging << " was called";
    Batch batch = world.Stored(started.batch.id);
    ASSERT_NO_FATAL_FAILURE(ExpectEndedInTime(batch)) << hanging;
    world.loop.Advance(minutes(2));
    EXPECT_EQ(world.Stored(batch.id).rows_open_at_end, 0u) << hanging;
    EXPECT_EQ(c->coordinator.sweep().active(), 0u) << hanging;
  }
}

TEST_F(SweepTest, F31_ACallThatHangsAtTheDeadlineItself) {
  for (std::string hanging : {"AcquireLease", "ListBatches", "Load", "Commit"}) {
    World world;
    world.AddSlate(3);
    auto c = world.NewCoordinator();
    c->coordinator.Start();
    StartOutcome started = world.Start(*c);
    world.loop.Advance(minutes(120) - seconds(4));
    int hang = 1;
    c->store.fault = [&](const std::string& call) {
      return call == hanging && hang-- > 0 ? Fault::kHang : Fault::kNone;
    };
    world.loop.Advance(minutes(1));
    EXPECT_LE(hang, 0) << hanging;
    ASSERT_NO_FATAL_FAILURE(
        ExpectEndedInTime(world.Stored(started.batch.id), Instant(), {}, limits::kWatchTime))
        << hanging;
  }
}

TEST_F(SweepTest, F31_BatchesWhoseCommitsHangOrFailHoldUpNoOther) {
  for (Fault suffered : {Fault::kHang, Fault::kRefused}) {
    World world;
    std::swap(world_.database, world.database);
    std::vector<BatchId> batches;
    for (int i = 0; i < 200; ++i) {
      batches.push_back(Put(fmt::format("b{}", i), 1, Within(minutes(2))));
    }
    std::swap(world_.database, world.database);
    auto c = world.NewCoordinator();
    int hang = 100;
    c->store.fault = [&](const std::string& call) {
      return call == "Commit" && hang-- > 0 ? suffered : Fault::kNone;
    };
    world.loop.Advance(minutes(2));
    c->coordinator.Start();
    world.loop.Advance(seconds(8));
    std::size_t ended = 0;
    for (const BatchId& id : batches) ended += IsTerminal(world.Stored(id).phase) ? 1 : 0;
    EXPECT_GE(ended, 100u) << "all that were not hit";
    world.loop.Advance(minutes(1));
    for (const BatchId& id : batches) ASSERT_TRUE(IsTerminal(world.Stored(id).phase)) << id;
  }
}

TEST_F(SweepTest, F31_BatchesThatCanNotBeWrittenDoNotMakeTheSweepLookDead) {
  // One after the other, so that there is trouble in every round.
  for (int i = 0; i < 8; ++i) Put(fmt::format("b{}", i), 1, Within(minutes(1) + seconds(3 * i)));
  auto c = world_.NewCoordinator();
  c->store.fault = [](const std::string& call) {
    return call == "Commit" ? Fault::kRefused : Fault::kNone;
  };
  c->coordinator.Start();
  for (int second = 0; second < 600; ++second) {
    world_.loop.Advance(seconds(1));
    ASSERT_LE(c->coordinator.sweep().standing().swept_age, Duration(seconds(15))) << second;
  }
  EXPECT_GT(c->coordinator.sweep().standing().troubles, 10u) << "and it is told";
}

TEST_F(SweepTest, F31_APageThatCanNotBeReadKeepsNoOtherFromItsTurn) {
  for (int i = 0; i < 250; ++i) Put(fmt::format("b{}", i), 1, Within(minutes(1)));
  world_.loop.Advance(minutes(1));
  auto c = world_.NewCoordinator();
  int pages = 0;
  c->store.fault = [&](const std::string& call) {
    // In each round the second page hangs.
    if (call == "AcquireLease") pages = 0;
    return call == "ListBatches" && ++pages == 2 ? Fault::kHang : Fault::kNone;
  };
  c->coordinator.Start();
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(Live(), 0u);
}

TEST_F(SweepTest, F31_ManyDueBatchesAreDecidedAFewAtATime) {
  for (int i = 0; i < 500; ++i) Put(fmt::format("b{}", i), 1, Within(minutes(1)));
  world_.loop.Advance(minutes(1));
  auto c = world_.NewCoordinator();
  std::size_t most = 0;
  c->store.fault = [&](const std::string& call) {
    if (call == "Load") most = std::max(most, c->coordinator.driver().pending());
    return Fault::kNone;
  };
  c->coordinator.Start();
  world_.loop.RunIdle();
  EXPECT_EQ(Live(), 0u) << "all of them in one round";
  EXPECT_GT(most, 10u);
  // Beside the visits there are the settlings that they set going, one a batch that has ended.
  EXPECT_LE(most, 2 * limits::kVisitsAtOnce + 100);
}

TEST_F(SweepTest, F31_ThousandsOfBatchesThatNeedNothingCostOnlyTheirPages) {
  Policy quiet = Within(hours(24));
  quiet.stall_after = hours(24);
  for (int i = 0; i < 2000; ++i) {
    BatchId id = Put(fmt::format("idle-{}", i), 1, quiet);
    Happen(id, {{0}, {}}, Published{Now(), {{0, 1, ""}}});
  }
  BatchId due = Put("due", 1, Within(minutes(2)));
  for (int i = 2000; i < 2050; ++i) Put(fmt::format("idle-{}", i), 0, quiet);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  world_.loop.Advance(minutes(1));
  int loads = c->store.calls["Load"];
  world_.loop.Advance(seconds(59));
  EXPECT_LE(c->store.calls["Load"] - loads, 60) << "nothing is read about those that need nothing";
  world_.loop.Advance(TheBound());
  ExpectEndedInTime(world_.Stored(due));
}

TEST_F(SweepTest, F31_TenThousandRowsAboutWhichNothingCanBeDoneStarveNoOtherBatch) {
  Policy given_up = Within(hours(2));
  given_up.publishes_max = 1;
  BatchId hopeless = Put("hopeless", 10'000, given_up);
  for (std::uint32_t first = 0; first < 10'000; first += 1000) {
    Published event{Now(), {}};
    RowKeys keys;
    for (std::uint32_t i = first; i < first + 1000; ++i) {
      event.items.push_back({i, 1, ""});
      keys.ordinals.push_back(i);
    }
    Happen(hopeless, keys, event);
  }
  BatchId stalled = Put("stalled", 20);
  Complete(stalled, 0, 19);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  world_.loop.Advance(minutes(11));
  EXPECT_EQ(world_.Stored(stalled).phase, Phase::kPartial);
  EXPECT_EQ(world_.Stored(stalled).reason, Reason::kStalled);
  world_.loop.Advance(minutes(109) + TheBound());
  ExpectEndedInTime(world_.Stored(hopeless));
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(world_.Stored(hopeless).rows_open_at_end, 0u);
}

TEST_F(SweepTest, F30_ASweepOfAStaleSnapshotAndACompletionLoseNothing) {
  world_.AddSlate(2);
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  c1->coordinator.Start();
  StartOutcome started = world_.Start(*c1);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  ASSERT_EQ(held.size(), 2u);
  world_.Report(held[0].second);
  world_.loop.Advance(minutes(119) + seconds(58));
  Batch stale = world_.Stored(started.batch.id);
  // c2 decides about the end on what c1 changes at that moment.
  int raced = 0;
  c2->store.fault = [&](const std::string& call) {
    if (call == "Commit" && raced++ == 0) Complete(started.batch.id, 1, 1);
    return Fault::kNone;
  };
  c1->loop.Pause();
  world_.loop.Advance(seconds(2));
  std::optional<Result<Applied>> visited;
  c2->coordinator.sweep().Visit(stale, [&](auto applied) { visited.emplace(applied); });
  world_.loop.Advance(seconds(1));
  ASSERT_TRUE(visited.has_value() && visited->ok());
  EXPECT_GE(raced, 1) << "the sweep wanted to end it";
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kSucceeded) << "the completion was first, so nothing had to end";
  EXPECT_EQ(batch.predictions, 8);
}

// --- time
// -----------------------------------------------------------------------------------------

TEST_F(SweepTest, F35_ClocksTenMinutesApartEndABatchAtItsTime) {
  world_.AddSlate(2);
  auto ahead = world_.NewCoordinator("ahead");
  auto behind = world_.NewCoordinator("behind");
  ahead->loop.skew = minutes(10);
  behind->loop.skew = -minutes(10);
  for (TestCoordinator* leader : {ahead.get(), behind.get()}) {
    TestCoordinator* other = leader == ahead.get() ? behind.get() : ahead.get();
    (void)other->store.Now();  // Both know the store.
    (void)leader->store.Now();
  }
  behind->coordinator.Start();
  world_.loop.RunIdle();
  ahead->coordinator.Start();
  ASSERT_TRUE(behind->coordinator.sweep().standing().leader);
  Duration begun = world_.loop.Steady();
  StartOutcome started = world_.Start(*ahead);
  world_.loop.Advance(minutes(120) - seconds(1));
  EXPECT_FALSE(IsTerminal(world_.Stored(started.batch.id).phase)) << "not early";
  world_.loop.Advance(TheBound());
  ASSERT_TRUE(IsTerminal(world_.Stored(started.batch.id).phase)) << "nor late";
  ExpectEndedInTime(world_.Stored(started.batch.id));
  EXPECT_LE(world_.loop.Steady() - begun, minutes(120) + TheBound());
}

TEST_F(SweepTest, F35_AWallClockThatStepsBackDelaysNothing) {
  world_.AddSlate(2);
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  c1->coordinator.Start();
  c2->coordinator.Start();
  StartOutcome started = world_.Start(*c1);
  world_.loop.Advance(minutes(60));
  world_.loop.StepWallClock(-minutes(30));
  world_.loop.Advance(minutes(60) - seconds(1));
  EXPECT_FALSE(IsTerminal(world_.Stored(started.batch.id).phase));
  world_.loop.Advance(TheBound());
  ExpectEndedInTime(world_.Stored(started.batch.id));
}

TEST_F(SweepTest, F35_TheLeaderSleepsForAnHourOverTheDeadline) {
  world_.AddSlate(2);
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  c1->coordinator.Start();
  world_.loop.RunIdle();
  c2->coordinator.Start();
  StartOutcome started = world_.Start(*c1);
  world_.loop.Advance(minutes(90));
  c1->loop.Pause();
  world_.loop.Advance(minutes(60));
  Batch ended = world_.Stored(started.batch.id);
  ASSERT_NO_FATAL_FAILURE(ExpectEndedInTime(ended));
  c1->loop.Wake();
  world_.loop.RunIdle();
  EXPECT_FALSE(c1->coordinator.sweep().standing().leader) << "it does not believe its old lease";
  world_.loop.Advance(minutes(1));
  Batch after = world_.Stored(started.batch.id);
  EXPECT_EQ(after.phase, ended.phase);
  EXPECT_EQ(after.terminal_at, ended.terminal_at);
  EXPECT_EQ(after.counts, ended.counts);
}

TEST_F(SweepTest, F35_ASleepingOnlyCoordinatorEndsWhatIsDueWhenItWakes) {
  world_.AddSlate(2);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.Advance(minutes(100));
  c->loop.Pause();
  world_.loop.Advance(hours(1));
  Instant awake = Now();
  c->loop.Wake();
  world_.loop.Advance(TheBound());
  ExpectEndedInTime(world_.Stored(started.batch.id), awake);
}

// --- what it does
// ---------------------------------------------------------------------------------

TEST_F(SweepTest, F26_DiesBetweenTheEndAndItsAnnouncement) {
  world_.AddSlate(1);
  auto first = world_.NewCoordinator("c1");
  first->coordinator.Start();
  StartOutcome started = world_.Start(*first);
  first->store.fault = [&](const std::string& call) {
    return call == "ListAnnouncements" ? Fault::kHang : Fault::kNone;
  };
  ASSERT_EQ(world_.WorkAll(), 1);
  ASSERT_EQ(world_.Stored(started.batch.id).phase, Phase::kSucceeded);
  ASSERT_EQ(world_.database.announcements.size(), 1u);
  ASSERT_TRUE(world_.database.announcements.begin()->second.sent_at.never());
  std::string id = world_.database.announcements.begin()->first;
  first.reset();
  auto second = world_.NewCoordinator("c2");
  second->coordinator.Start();
  world_.loop.Advance(seconds(10));
  ASSERT_EQ(world_.database.announcements.size(), 1u);
  EXPECT_EQ(world_.database.announcements.begin()->first, id) << "under one id";
  EXPECT_FALSE(world_.database.announcements.begin()->second.sent_at.never());
}

TEST_F(SweepTest, F29_NothingDoneAndNoEventIsPublishedAgainAndFailsInTime) {
  world_.AddSlate(3);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartOutcome started = world_.Start(*c);
  world_.loop.Advance(minutes(120) + TheBound());
  Batch batch = world_.Stored(started.batch.id);
  ASSERT_NO_FATAL_FAILURE(ExpectEndedInTime(batch));
  EXPECT_EQ(batch.phase, Phase::kFailed);
  EXPECT_EQ(batch.reason, Reason::kDeadlineExceeded);
  EXPECT_EQ(world_.Everything(batch.id).requests.at(0).row.attempt, 3) << "published_max times";
}

TEST_F(SweepTest, F27_F28_ToleranceFallsWithTimeAndRequiredPlayersHoldItBack) {
  Policy policy;
  policy.stall_after = hours(2);  // So that only tolerance can end it.
  policy.tolerance = *ParseTolerance("100% until 20m, 95% until 25m, 90% at deadline");
  BatchId free = Put("free", 100, policy);
  policy.required_players = {PlayerId("player-00099")};
  BatchId held = Put("held", 100, policy);
  BatchId required_done = Put("required-done", 100, policy);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  world_.loop.RunIdle();
  Complete(free, 0, 92);
  Complete(held, 0, 96);
  Complete(required_done, 4, 96);
  world_.loop.Advance(minutes(20) - seconds(5));
  EXPECT_EQ(Live(), 3u) << "100 % until 20m";
  world_.loop.Advance(seconds(10));
  EXPECT_EQ(world_.Stored(required_done).reason, Reason::kToleranceMet) << "95 % until 25m";
  EXPECT_FALSE(IsTerminal(world_.Stored(free).phase));
  world_.loop.Advance(minutes(5));
  EXPECT_EQ(world_.Stored(free).reason, Reason::kToleranceMet) << "90 % at deadline";
  EXPECT_FALSE(IsTerminal(world_.Stored(held).phase)) << "player-00099 is required";
  world_.loop.Advance(minutes(95) + TheBound());
  ExpectEndedInTime(world_.Stored(held));
  EXPECT_EQ(world_.Stored(held).reason, Reason::kDeadlineExceeded);
  EXPECT_EQ(world_.Stored(held).phase, Phase::kPartial);
}

TEST_F(SweepTest, ManyInterventionsRaiseOneAlertWhoeverLeads) {
  auto c1 = world_.NewCoordinator("c1");
  auto c2 = world_.NewCoordinator("c2");
  c1->coordinator.Start();
  world_.loop.RunIdle();
  c2->coordinator.Start();
  Policy policy = Within(minutes(3));
  Put("a", 2, policy);
  Put("b", 2, policy);
  world_.loop.Advance(minutes(4));
  EXPECT_EQ(Records("intervention").size(), 2u);
  EXPECT_TRUE(Records("alert").empty()) << "two are none";
  c1.reset();
  Put("c", 2, policy);
  world_.loop.Advance(minutes(5));
  ASSERT_EQ(Records("alert").size(), 1u);
  EXPECT_NE(Records("alert")[0].body.find("3 times"), std::string::npos)
      << Records("alert")[0].body;
  EXPECT_NE(Records("alert")[0].body.find("3 batches"), std::string::npos);
  for (int i = 0; i < 5; ++i) Put(fmt::format("d{}", i), 2, policy);
  world_.loop.Advance(minutes(30));
  auto c3 = world_.NewCoordinator("c3");
  c2.reset();
  c3->coordinator.Start();
  world_.loop.Advance(minutes(5));
  EXPECT_EQ(Records("alert").size(), 1u) << "quiet for an hour, whoever leads";
  world_.loop.Advance(minutes(40));
  EXPECT_EQ(Records("alert").size(), 2u) << "that it went on is told when the hour is over";
  world_.loop.Advance(hours(2));
  EXPECT_EQ(Records("alert").size(), 2u) << "nothing new has happened";
  for (int i = 0; i < 3; ++i) Put(fmt::format("e{}", i), 2, policy);
  world_.loop.Advance(minutes(5));
  EXPECT_EQ(Records("alert").size(), 3u);
  std::optional<Result<std::vector<Alert>>> alerts;
  ListAlerts(c3->store, 10, [&](auto listed) { alerts.emplace(listed); });
  world_.loop.RunIdle();
  ASSERT_EQ((*alerts)->size(), 3u);
  EXPECT_GT((**alerts)[0].at, (**alerts)[1].at) << "newest first";
}

TEST_F(SweepTest, AnAlertCanBeSwitchedOffAndOldInterventionsAreForgotten) {
  Sweep::Options options;
  options.alerts.interventions = 0;
  auto c = world_.NewCoordinator("c", options);
  c->coordinator.Start();
  for (int i = 0; i < 5; ++i) Put(fmt::format("b{}", i), 1, Within(minutes(1)));
  world_.loop.Advance(minutes(10));
  EXPECT_TRUE(Records("alert").empty());
  options.alerts.interventions = 3;
  auto other = world_.NewCoordinator("other", options);
  c.reset();
  world_.loop.Advance(hours(3));
  other->coordinator.Start();
  world_.loop.Advance(minutes(1));
  EXPECT_TRUE(Records("alert").empty()) << "that was hours ago";
  EXPECT_TRUE(Records("intervention").empty());
}

TEST_F(SweepTest, F36_RetentionDropsOnlyWhatNobodyNeeds) {
  Policy policy;
  BatchId old_failed = Put("old-failed", 3, policy);
  EndNow(old_failed, 3);
  BatchId old_unannounced = Put("old-unannounced", 1, policy);
  EndNow(old_unannounced, 1);
  world_.database.announcements["x"] = {.id = "x", .batch = old_unannounced, .target = "elsewhere"};
  Policy long_one = Within(hours(24 * 7));
  BatchId live = Put("live", 1, long_one);
  Sweep::Options options;
  options.keep_batches = hours(24);
  auto c = world_.NewCoordinator("c", options);
  world_.loop.Advance(hours(23) + minutes(30));
  c->coordinator.Start();
  world_.loop.Advance(minutes(1));
  EXPECT_TRUE(Stands(old_failed)) << "not yet";
  world_.loop.Advance(hours(1));
  EXPECT_FALSE(Stands(old_failed));
  EXPECT_TRUE(Stands(old_unannounced)) << "somebody is still to be told";
  EXPECT_TRUE(Stands(live));
  world_.database.announcements["x"].dead = true;
  world_.loop.Advance(hours(1));
  EXPECT_FALSE(Stands(old_unannounced)) << "given up is told";
}

TEST_F(SweepTest, F36_APublicationThatReadersStillSeeStaysHoweverOld) {
  // One slot: the first succeeded for all, the second for player 0 only, the third for him again.
  auto publish = [&](const std::string& name, std::uint32_t done) {
    Batch header;
    header.id = BatchId(name);
    header.slot = {*ParseDay("2025-01-15"), ""};
    std::vector<NewRequest> rows;
    for (std::uint32_t i = 0; i < 3; ++i) {
      RequestSpec spec;
      spec.player = PlayerId(fmt::format("player-{}", i));
      rows.push_back(MakeRequest(i, spec, Now()));
    }
    auto created = world_.database.Create(
        MakeCreation(header, 3, std::move(rows), "gone", Now(), {}), std::nullopt);
    EXPECT_TRUE(created.ok() && created->created);
    Complete(header.id, 0, done);
    if (done == 3) {
      Happen(header.id, {}, Finalize{Now()});
    } else {
      EndNow(header.id, 3);
    }
    return header.id;
  };
  BatchId all = publish("all", 3);
  BatchId one = publish("one", 1);
  BatchId again = publish("again", 1);
  ASSERT_EQ(world_.Stored(again).publication, 3u);
  Sweep::Options options;
  options.keep_batches = hours(24);
  auto c = world_.NewCoordinator("c", options);
  world_.loop.Advance(hours(24 * 30));
  c->coordinator.Start();
  world_.loop.Advance(minutes(1));
  EXPECT_TRUE(Stands(all)) << "players 1 and 2 are read from it";
  EXPECT_FALSE(Stands(one)) << "player 0 is read from a newer one";
  EXPECT_TRUE(Stands(again));
}

TEST_F(SweepTest, F36_AHundredOldBatchesGoABitInEachRoundAndZeroKeepsAll) {
  std::vector<BatchId> old;
  for (int i = 0; i < 100; ++i) {
    old.push_back(Put(fmt::format("b{}", i), 2));
    EndNow(old.back(), 2);
  }
  Sweep::Options keep;
  keep.keep_batches = Duration(0);
  auto keeper = world_.NewCoordinator("keeper", keep);
  world_.loop.Advance(hours(24 * 400));
  keeper->coordinator.Start();
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(world_.database.batches().size(), 100u);
  keeper.reset();
  Sweep::Options options;
  options.keep_batches = hours(24);
  auto c = world_.NewCoordinator("c", options);
  world_.loop.Advance(minutes(1));
  int hang = 1;
  c->store.fault = [&](const std::string& call) {
    return call == "DropBatch" && hang-- > 0 ? Fault::kHang : Fault::kNone;
  };
  c->coordinator.Start();
  world_.loop.RunIdle();
  EXPECT_EQ(world_.database.batches().size(), 100u) << "the first call hangs";
  world_.loop.Advance(seconds(15));
  EXPECT_LT(world_.database.batches().size(), 100u);
  EXPECT_GT(world_.database.batches().size(), 50u) << "not all in one round";
  world_.loop.Advance(minutes(61));
  EXPECT_EQ(world_.database.batches().size(), 0u);
}

TEST_F(SweepTest, F16_APoisonedRunEndsAtOnceAndItsRetryAsksForAll) {
  world_.AddSlate(40);
  auto c = world_.NewCoordinator();
  c->coordinator.Start();
  StartRequest request = World::For("2025-01-15");
  request.policy.poison_after = 25;
  StartOutcome started = world_.Start(*c, request);
  world_.loop.RunIdle();
  auto held = world_.LeaseRequests();
  ASSERT_EQ(held.size(), 40u);
  for (std::size_t i = 0; i < 24; ++i) world_.Report(held[i].second, RequestState::kFailed);
  world_.loop.RunIdle();
  EXPECT_FALSE(IsTerminal(world_.Stored(started.batch.id).phase));
  world_.Report(held[24].second, RequestState::kFailed);
  world_.loop.Advance(seconds(10));
  Batch batch = world_.Stored(started.batch.id);
  EXPECT_EQ(batch.phase, Phase::kFailed);
  EXPECT_EQ(batch.reason, Reason::kPoisonedRun);
  EXPECT_NE(batch.message.find("TestReason"), std::string::npos) << batch.message;
  EXPECT_EQ(batch.counts[RequestState::kCancelled], 15u);
  EXPECT_EQ(batch.rows_open_at_end, 0u);
  std::optional<Result<StartOutcome>> retried;
  c->coordinator.starter().Retry(batch.id, "test", [&](auto answer) { retried.emplace(answer); });
  world_.loop.RunUntil([&] { return retried.has_value(); });
  ASSERT_TRUE(retried->ok());
  EXPECT_EQ((*retried)->batch.expected(), 40u) << "nobody has ordered that 15 be left out";
}

}  // namespace
}  // namespace tipoff
