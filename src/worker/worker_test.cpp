#include "worker/worker.h"

#include <gtest/gtest.h>

#include <set>

#include "core/limits.h"
#include "support/faulty_bus.h"
#include "support/world.h"
#include "view/canary.h"
#include "worker/held_request.h"
#include "worker/predictor.h"
#include "worker/presence.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Answers for everybody, or not at all.
class TestHistory final : public History {
 public:
  explicit TestHistory(Loop& loop) : loop_(loop) {}
  void Load(HistoryQuery query, LoadDone done) override {
    ++queries;
    if (hang) return;
    Result<HistoryBatch> answer = Error{Errc::kUnavailable, "history is down"};
    if (!down) {
      HistoryBatch batch;
      for (const PlayerId& player : query.players) batch.players.push_back({player, {}});
      batch.data_version = "v1";
      answer = batch;
    }
    if (round_trip == Duration(0)) return loop_.Post([done, answer] { done(answer); });
    loop_.After(round_trip, [done, answer] { done(answer); });
  }
  int queries = 0;
  Duration round_trip{0};
  bool down = false;
  bool hang = false;

 private:
  Loop& loop_;
};

class TestWorker {
 public:
  TestWorker(World& world, const std::string& name, Predictor predict)
      : loop(world.loop),
        memory(world.database, loop),
        store(memory, loop),
        queue(world.broker, loop),
        bus(queue, loop),
        history(loop),
        worker(loop, store, bus, history, std::move(predict),
               {.process = Incarnation(name),
                .name = name,
                .version = "1",
                .history = {.timeout = minutes(10)}}) {}
  ~TestWorker() { loop.Kill(); }

  ProcessLoop loop;
  MemoryStore memory;
  FaultyStore store;
  MemoryBus queue;
  FaultyBus bus;
  TestHistory history;
  Worker worker;
};

PredictedRequest Predicted(double points) {
  PredictedRequest predicted;
  Prediction prediction;
  prediction.system = "test";
  prediction.predicted_points = points;
  predicted.predictions = {prediction, prediction};
  return predicted;
}

class WorkerTest : public testing::Test {
 protected:
  explicit WorkerTest(int players = 10) {
    world_.AddSlate(players);
    coordinator_ = world_.NewCoordinator();
    coordinator_->coordinator.Start();
  }

  std::unique_ptr<TestWorker> NewWorker(const std::string& name = "w1") {
    auto worker = std::make_unique<TestWorker>(
        world_, name, [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
          return Predict(batch, inputs);
        });
    worker->worker.Start();
    return worker;
  }

  std::vector<PredictedRequest> Predict(const BatchId&, std::span<const PredictionInput> inputs) {
    std::vector<PredictedRequest> predicted;
    for (const PredictionInput& input : inputs) {
      const std::string& player = input.request->player.str();
      if (player == throws_) throw std::runtime_error("cannot divide " + player);
      if (player == skips_) {
        predicted.push_back({RequestState::kSkipped, "PlayerOut", {}});
      } else {
        predicted.push_back(Predicted(20));
      }
    }
    return predicted;
  }

  Batch Stored() { return world_.Stored(batch_); }

  void StartBatch() { batch_ = world_.Start(*coordinator_).batch.id; }

  Backlog Left(Topic::Kind kind) { return world_.broker.Inspect({kind, ""}, world_.loop.Now()); }

  World world_;
  std::unique_ptr<TestCoordinator> coordinator_;
  BatchId batch_;
  std::string throws_, skips_;
};

TEST_F(WorkerTest, F45_WorksABatchWithOneHistoryQueryPerLeaseAndRecordsItsVersion) {
  auto worker = NewWorker();
  StartBatch();
  world_.loop.RunIdle();
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(Stored().predictions, 20);
  EXPECT_EQ(worker->history.queries, 1);
  EXPECT_EQ(worker->worker.held(), 0u);
  EXPECT_EQ(Left(Topic::Kind::kRequests).leased, 0u);
  const auto& everything = world_.Everything(batch_);
  EXPECT_EQ(everything.staged.size(), 10u);
  EXPECT_EQ(everything.staged.at(3).data_version, "v1");
  EXPECT_EQ(everything.requests.at(3).row.worker, "w1");
  EXPECT_FALSE(everything.requests.at(3).row.hops.leased.never()) << "the lease was reported";
}

class FullWorkerTest : public WorkerTest {
 protected:
  FullWorkerTest() : WorkerTest(450) {}
};

TEST_F(FullWorkerTest, WhatItHoldsIsLoadedInOneQueryForEveryHundredPlayers) {
  StartBatch();
  TestWorker worker(world_, "w1",
                    [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
                      return Predict(batch, inputs);
                    });
  world_.loop.RunIdle();
  int settled = 0;
  for (const auto& [token, message] : world_.LeaseRequests()) {
    worker.worker.Push(Encode(message), 1, [&](bool ack) { settled += ack ? 1 : 0; });
  }
  EXPECT_EQ(worker.worker.held(), 450u);
  world_.loop.Advance(seconds(1));
  EXPECT_EQ(settled, 450);
  EXPECT_EQ(worker.history.queries, 5);
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
}

TEST_F(FullWorkerTest, LeasesThatComeWhileAQueryRunsShareTheNextOnes) {
  auto worker = NewWorker();
  worker->history.round_trip = std::chrono::milliseconds(1500);
  StartBatch();
  world_.loop.Advance(seconds(10));
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  EXPECT_LE(worker->history.queries, 6) << "the first lease is small";
}

TEST_F(WorkerTest, AHistoryThatCameWithTheMessageIsNotAskedForAgain) {
  StartBatch();
  auto worker = std::make_unique<TestWorker>(
      world_, "w1", [](const BatchId&, std::span<const PredictionInput> inputs) {
        std::vector<PredictedRequest> predicted;
        for (const PredictionInput& input : inputs) {
          predicted.push_back(Predicted(static_cast<double>(input.history->games.size())));
        }
        return predicted;
      });
  worker->history.hang = true;
  world_.loop.RunIdle();
  for (auto [token, message] : world_.LeaseRequests()) {
    message.history = PlayerHistory{message.spec.player, {}};
    message.history->games.resize(3);
    for (GameRecord& game : message.history->games) game.date = message.spec.game_date - 2;
    message.teams.emplace();
    message.data_version = "v7";
    worker->worker.Push(Encode(message), 1, [](bool) {});
  }
  world_.loop.RunIdle();
  EXPECT_EQ(worker->history.queries, 0);
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  const StagedResult& staged = world_.Everything(batch_).staged.at(3);
  EXPECT_EQ(staged.predictions[0].predicted_points, 3);
  EXPECT_EQ(staged.data_version, "v7");
}

TEST_F(WorkerTest, F15_APermanentSkipIsCountedWithItsReason) {
  skips_ = "player-0004";
  auto worker = NewWorker();
  StartBatch();
  world_.loop.RunIdle();
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(Stored().counts[RequestState::kSkipped], 1u);
  EXPECT_EQ(world_.Everything(batch_).requests.at(4).row.reason, "PlayerOut");
}

TEST_F(WorkerTest, F16_ADeterministicErrorHasBoundedTriesAndHarmsNoOther) {
  throws_ = "player-0007";
  auto worker = NewWorker();
  StartBatch();
  world_.loop.RunIdle();
  EXPECT_EQ(Stored().counts[RequestState::kSucceeded], 9u) << "the others went on at once";
  world_.loop.Advance(seconds(30));
  EXPECT_EQ(Stored().phase, Phase::kPartial);
  const Request& row = world_.Everything(batch_).requests.at(7).row;
  EXPECT_EQ(row.state, RequestState::kFailed);
  EXPECT_EQ(row.reason, "SystemError: cannot divide player-0007");
  EXPECT_EQ(Left(Topic::Kind::kRequests).waiting, 0u);
}

TEST_F(WorkerTest, F06_HistoryThatIsDownIsNotHistoryThatIsEmpty) {
  auto worker = NewWorker();
  worker->history.down = true;
  StartBatch();
  world_.loop.Advance(seconds(10));
  EXPECT_EQ(Stored().counts.terminal(), 0u) << "nobody is predicted from unknown history";
  EXPECT_TRUE(world_.Everything(batch_).staged.empty());
  worker->history.down = false;
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
}

TEST_F(WorkerTest, F06_HistoryThatHangsIsGivenUpAndTriedAgain) {
  auto worker = NewWorker();
  worker->history.hang = true;
  StartBatch();
  world_.loop.Advance(minutes(9));
  EXPECT_EQ(Stored().counts.terminal(), 0u);
  worker->history.hang = false;
  world_.loop.Advance(minutes(3));
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
}

TEST_F(WorkerTest, F13_KilledAtEveryStepTheRequestsComeBackAndAreCountedOnce) {
  // The worker dies at its n-th call of the store or the bus, for every n until it gets through.
  for (int die_at = 1; die_at < 12; ++die_at) {
    World world;
    world.AddSlate(10);
    auto coordinator = world.NewCoordinator();
    coordinator->coordinator.Start();
    auto predict = [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
      return Predict(batch, inputs);
    };
    auto doomed = std::make_unique<TestWorker>(world, "doomed", predict);
    int calls = 0;
    doomed->store.fault = [&](const std::string&) {
      if (++calls == die_at) doomed->loop.Kill();
      return Fault::kNone;
    };
    doomed->worker.Start();
    BatchId batch = world.Start(*coordinator).batch.id;
    world.loop.RunIdle();
    doomed->loop.Kill();  // At the latest now: between two calls.
    auto second = std::make_unique<TestWorker>(world, "second", predict);
    second->worker.Start();
    world.loop.Advance(minutes(2));
    EXPECT_EQ(world.Stored(batch).phase, Phase::kSucceeded) << "died at call " << die_at;
    EXPECT_EQ(world.Stored(batch).predictions, 20);
  }
}

TEST_F(WorkerTest, F40_NothingIsReportedBeforeItIsStaged) {
  auto worker = NewWorker();
  worker->store.fault = [](const std::string& call) {
    return call == "Stage" ? Fault::kRefused : Fault::kNone;
  };
  StartBatch();
  world_.loop.Advance(seconds(30));
  EXPECT_EQ(Stored().counts.terminal(), 0u);
  worker->store.fault = [](const std::string&) { return Fault::kNone; };
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
}

TEST_F(WorkerTest, F39_ARequestPredictedTwiceKeepsItsFirstRows) {
  auto worker = NewWorker();
  worker->store.fault = [n = 0](const std::string& call) mutable {
    return call == "Stage" && n++ == 0 ? Fault::kLostAnswer : Fault::kNone;
  };
  StartBatch();
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(Stored().predictions, 20);
  EXPECT_EQ(world_.Everything(batch_).staged.size(), 10u);
}

TEST_F(WorkerTest, F17_F21_MessagesOfNoUseAreAckedAndKept) {
  auto worker = NewWorker();
  StartBatch();
  world_.loop.RunIdle();
  auto publish = [&](const std::string& body) {
    world_.broker.Publish({Topic::Kind::kRequests, ""}, body, world_.loop.Now());
  };
  publish("\xff\xfe");
  publish(R"({"batch_id":"batch_never","player_lookup":"x","game_date":"2020-01-01"})");
  RequestMessage over;
  over.batch = batch_;
  over.ordinal = 0;
  over.spec.player = PlayerId("player-0000");
  over.spec.game_date = *ParseDay("2025-01-15");
  publish(Encode(over));
  Batch end = Stored();
  world_.loop.Advance(seconds(5));
  EXPECT_EQ(Left(Topic::Kind::kRequests).leased + Left(Topic::Kind::kRequests).waiting, 0u);
  EXPECT_EQ(world_.database.quarantine.size(), 2u);
  EXPECT_EQ(Stored(), end);
}

TEST_F(WorkerTest, F17_ARequestThatTheBatchHasNotGotIsNotWorked) {
  StartBatch();
  world_.loop.RunIdle();
  for (auto& [token, request] : world_.LeaseRequests()) world_.broker.Ack({token});
  RequestMessage stray;
  stray.batch = batch_;
  stray.ordinal = 999;
  stray.spec.player = PlayerId("player-0000");
  stray.spec.game_date = *ParseDay("2025-01-15");
  world_.broker.Publish({Topic::Kind::kRequests, ""}, Encode(stray), world_.loop.Now());
  auto worker = NewWorker();
  world_.loop.RunIdle();
  EXPECT_TRUE(world_.Everything(batch_).staged.empty());
  EXPECT_EQ(Stored().counts[RequestState::kLeased], 0u);
}

TEST_F(WorkerTest, AReportThatTheBusRefusesIsNotAcked) {
  auto worker = NewWorker();
  worker->bus.refusal = "larger than may be";
  StartBatch();
  world_.loop.Advance(seconds(30));
  EXPECT_EQ(Stored().counts.terminal(), 0u);
  worker->bus.refusal.clear();
  world_.loop.Advance(minutes(2));
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
}

TEST_F(WorkerTest, APlainClientsRequestIsWorkedByItsPlayerAlone) {
  StartBatch();
  world_.loop.RunIdle();
  for (auto& [token, request] : world_.LeaseRequests()) world_.broker.Ack({token});
  world_.broker.Publish({Topic::Kind::kRequests, ""},
                        R"({"batch_id":")" + batch_.str() +
                            R"(","player_lookup":"player-0003","game_date":"2025-01-15",
                               "line_values":[null]})",
                        world_.loop.Now());
  auto worker = NewWorker();
  world_.loop.RunIdle();
  EXPECT_EQ(world_.Everything(batch_).requests.at(3).row.state, RequestState::kSucceeded);
}

TEST_F(WorkerTest, HoldsNoMoreThanItsLimitAndSharesWithOthers) {
  world_.AddSlate(2000, "2025-01-16");
  BatchId batch = world_.Start(*coordinator_, World::For("2025-01-16")).batch.id;
  auto one = NewWorker("w1");
  auto two = NewWorker("w2");
  world_.loop.RunIdle();
  EXPECT_EQ(world_.Stored(batch).phase, Phase::kSucceeded);
  std::set<std::string> workers;
  for (const auto& [ordinal, request] : world_.Everything(batch).requests) {
    workers.insert(request.row.worker);
  }
  EXPECT_EQ(workers.size(), 2u);
}

TEST_F(WorkerTest, LeasesAreExtendedWhileTheWorkLasts) {
  auto worker = NewWorker();
  worker->history.hang = true;
  StartBatch();
  world_.loop.Advance(minutes(3));
  EXPECT_TRUE(world_.LeaseRequests().empty()) << "still held after three lease times";
  worker.reset();
  world_.loop.Advance(seconds(70));
  EXPECT_EQ(world_.LeaseRequests().size(), 10u) << "and free once the worker is dead";
}

TEST_F(WorkerTest, StoppingDrains) {
  auto worker = NewWorker();
  StartBatch();
  bool drained = false;
  worker->worker.Stop([&] { drained = true; });
  world_.loop.RunIdle();
  EXPECT_TRUE(drained);
  EXPECT_EQ(worker->worker.held(), 0u);
}

TEST_F(WorkerTest, StoppingGivesBackWhatIsNotFinishedInTime) {
  auto worker = NewWorker();
  worker->history.hang = true;
  StartBatch();
  world_.loop.RunIdle();
  bool drained = false;
  worker->worker.Stop([&] { drained = true; });
  world_.loop.Advance(seconds(6));
  EXPECT_FALSE(drained);
  world_.loop.Advance(seconds(2));
  EXPECT_TRUE(drained);
  EXPECT_EQ(world_.LeaseRequests().size(), 10u) << "free at once, not when the leases end";
}

WorkerPresence PresenceOf(World& world, const std::string& name) {
  for (const auto& [key, record] : world.database.records) {
    if (record.kind == kWorkerRecords && record.id == name) {
      return DecodeWorkerPresence(record.body).value();
    }
  }
  ADD_FAILURE() << "there is no presence of " << name;
  return {};
}

TEST_F(WorkerTest, SaysThatItIsThereAndWhenItStopped) {
  auto worker = NewWorker();
  world_.loop.RunIdle();
  WorkerPresence started = PresenceOf(world_, "w1");
  EXPECT_EQ(started.process, "w1");
  EXPECT_EQ(started.counts->done, 0u);
  EXPECT_FALSE(started.started_at.never());
  throws_ = "player-0007";
  StartBatch();
  world_.loop.Advance(minutes(1));
  WorkerPresence working = PresenceOf(world_, "w1");
  EXPECT_EQ(working.counts->done, 9u);
  EXPECT_EQ(working.counts->failed, 1u);
  EXPECT_EQ(working.started_at, started.started_at);
  EXPECT_TRUE(working.stopped_at.never());
  worker->worker.Stop([] {});
  world_.loop.RunIdle();
  EXPECT_FALSE(PresenceOf(world_, "w1").stopped_at.never());
}

TEST_F(WorkerTest, WorkersOfYesterdayAreForgotten) {
  auto old = NewWorker("old");
  world_.loop.RunIdle();
  old.reset();
  world_.loop.Advance(std::chrono::hours(25));
  auto worker = NewWorker("new");
  world_.loop.Advance(seconds(15));
  int workers = 0;
  for (const auto& [key, record] : world_.database.records) {
    workers += record.kind == kWorkerRecords ? 1 : 0;
  }
  EXPECT_EQ(workers, 1);
  PresenceOf(world_, "new");
}

TEST_F(WorkerTest, F25_AStoreThatTakesNoPresenceCostsTheWorkNothing) {
  auto worker = std::make_unique<TestWorker>(
      world_, "w1", [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
        return Predict(batch, inputs);
      });
  worker->store.fault = [](const std::string& call) {
    return call == "PutRecord" ? Fault::kHang : Fault::kNone;
  };
  worker->worker.Start();
  StartBatch();
  world_.loop.Advance(minutes(1));
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(worker->store.calls["PutRecord"], 4) << "each once the one before it was given up";
  bool drained = false;
  worker->worker.Stop([&] { drained = true; });
  world_.loop.Advance(seconds(2));
  EXPECT_TRUE(drained);
}

// A worker that takes nothing by itself, and requests taken off the bus to push them to it.
class PushTest : public WorkerTest {
 protected:
  PushTest() {
    StartBatch();
    world_.loop.RunIdle();
    for (Delivery& delivery : world_.broker.Lease({Topic::Kind::kRequests, ""},
                                                  Incarnation("pusher"), {}, world_.loop.Now())) {
      bodies_.push_back(std::move(delivery.body));
    }
    pushed_ = std::make_unique<TestWorker>(
        world_, "push", [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
          return Predict(batch, inputs);
        });
  }

  void Push(const std::string& body, int deliveries = 1) {
    answers_.emplace_back();
    pushed_->worker.Push(body, deliveries, [this, i = answers_.size() - 1](bool ack) {
      EXPECT_FALSE(answers_[i].has_value()) << "settled twice";
      answers_[i] = ack;
    });
    EXPECT_FALSE(answers_.back().has_value()) << "settled inside the call";
  }

  std::vector<std::string> bodies_;
  std::unique_ptr<TestWorker> pushed_;
  std::vector<std::optional<bool>> answers_;
};

TEST_F(PushTest, WhatIsPushedInOneTurnIsWorkedWithOneHistoryQuery) {
  for (const std::string& body : bodies_) Push(body);
  world_.loop.RunIdle();
  EXPECT_EQ(pushed_->history.queries, 1);
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Everything(batch_).requests.at(3).row.worker, "push");
  for (auto answer : answers_) EXPECT_EQ(answer, true);
  EXPECT_EQ(pushed_->worker.held(), 0u);
}

TEST_F(PushTest, F18_AFullWorkerRefusesAtOnceAndLosesNothing) {
  pushed_->history.hang = true;
  for (std::size_t i = 0; i < Worker::Options().held_max; ++i) Push(bodies_[i % 10]);
  Push(bodies_[0]);
  world_.loop.RunIdle();
  EXPECT_EQ(answers_.back(), false);
  EXPECT_FALSE(answers_.front().has_value()) << "still worked on";
}

TEST_F(PushTest, F40_WhatIsNotStagedIsNotAcked) {
  pushed_->store.fault = [](const std::string& call) {
    return call == "Stage" ? Fault::kRefused : Fault::kNone;
  };
  Push(bodies_[0]);
  world_.loop.RunIdle();
  EXPECT_EQ(answers_[0], false);
  EXPECT_EQ(Stored().counts.terminal(), 0u);
}

TEST_F(PushTest, F06_UnknownHistoryIsNotAcked) {
  pushed_->history.down = true;
  Push(bodies_[0]);
  world_.loop.RunIdle();
  EXPECT_EQ(answers_[0], false);
  EXPECT_TRUE(world_.Everything(batch_).staged.empty());
}

TEST_F(PushTest, F17_F21_MessagesOfNoUseAreAckedOnceTheQuarantineHasThem) {
  Push("\xff\xfe");
  Push(R"({"batch_id":"batch_never","player_lookup":"x","game_date":"2020-01-01"})");
  world_.loop.RunIdle();
  EXPECT_EQ(answers_[0], true);
  EXPECT_EQ(answers_[1], true);
  EXPECT_EQ(world_.database.quarantine.size(), 2u);
  pushed_->store.fault = [](const std::string& call) {
    return call == "Quarantine" ? Fault::kRefused : Fault::kNone;
  };
  Push("[");
  world_.loop.RunIdle();
  EXPECT_EQ(answers_[2], false);
}

TEST_F(PushTest, F16_ADeterministicErrorIsBoundedWhetherThePusherCountsOrNot) {
  throws_ = "player-0000";
  Push(bodies_[0], 1);
  world_.loop.RunIdle();
  EXPECT_EQ(answers_[0], false);
  Push(bodies_[0], 3);
  world_.loop.RunIdle();
  EXPECT_EQ(answers_[1], true);
  EXPECT_EQ(world_.Everything(batch_).requests.at(0).row.state, RequestState::kFailed);
  throws_ = "player-0001";
  Push(bodies_[1], 0);
  world_.loop.RunIdle();
  EXPECT_EQ(answers_[2], true);
  EXPECT_EQ(world_.Everything(batch_).requests.at(1).row.state, RequestState::kFailed);
}

TEST_F(PushTest, StoppingRefusesWhatIsPushedAndLetsGoWhatHangs) {
  pushed_->history.hang = true;
  Push(bodies_[0]);
  world_.loop.RunIdle();
  bool drained = false;
  pushed_->worker.Stop([&] { drained = true; });
  Push(bodies_[1]);
  world_.loop.Advance(seconds(8));
  EXPECT_EQ(answers_[0], false);
  EXPECT_EQ(answers_[1], false);
  EXPECT_TRUE(drained);
}

TEST(Predictor, F07_OneThatThrowsOrGivesNoAnswerDisturbsNoOther) {
  PredictionInput inputs[3];
  RequestSpec specs[3];
  for (int i = 0; i < 3; ++i) inputs[i].request = &specs[i];
  specs[1].player = PlayerId("bad");
  bool throws = true;
  Predictor predict = [&](const BatchId&, std::span<const PredictionInput> asked) {
    std::vector<PredictedRequest> predicted;
    for (const PredictionInput& input : asked) {
      if (input.request->player.str() != "bad") {
        predicted.push_back(Predicted(20));
      } else if (throws) {
        throw std::runtime_error("divided by zero");
      }
    }
    return predicted;
  };
  for (throws = true;; throws = false) {
    auto predicted = PredictEach(predict, BatchId("b"), inputs);
    ASSERT_EQ(predicted.size(), 3u);
    EXPECT_EQ(predicted[0], Predicted(20));
    EXPECT_EQ(predicted[1].status, RequestState::kFailed);
    EXPECT_EQ(predicted[1].reason, throws ? "SystemError: divided by zero"
                                          : "SystemError: the predictor gave no answer");
    EXPECT_EQ(predicted[2], Predicted(20));
    if (!throws) break;
  }
}

class CanaryAtWorker : public WorkerTest {
 protected:
  void Send(const std::string& id, Duration life) {
    CanaryMessage canary{id, world_.loop.Now(), world_.loop.Now() + life};
    coordinator_->bus.Publish({Topic::Kind::kRequests, ""}, {Encode(canary)}, [](auto) {});
  }
  Result<Record> Written(std::string_view kind, const std::string& id) {
    return Await<Record>(world_.loop, [&](auto done) {
      coordinator_->memory.GetRecord(std::string(kind), id, done);
    });
  }
};

TEST_F(CanaryAtWorker, AnswersItAtOnceAndAcks) {
  world_.database.PutRecord({std::string(kCanaryRecords), "c1", {}, "{}"}, PutMode::kReplace,
                            world_.loop.Now());
  Send("c1", seconds(30));
  auto worker = NewWorker();
  world_.loop.RunIdle();
  CanaryHop worked = DecodeCanaryHop(Written(kCanaryWorkedRecords, "c1")->body).value();
  EXPECT_EQ(worked.worker, "w1");
  EXPECT_EQ(worked.worker_version, "1");
  EXPECT_TRUE(Written(kCanaryCountedRecords, "c1").ok()) << "the coordinator has its answer";
  EXPECT_EQ(Left(Topic::Kind::kRequests).leased, 0u);
  EXPECT_EQ(worker->worker.held(), 0u);
  EXPECT_EQ(worker->history.queries, 0);
  EXPECT_TRUE(world_.database.quarantine.empty());
}

TEST_F(CanaryAtWorker, AnOldOneIsAckedWithoutAnAnswer) {
  Send("c1", seconds(30));
  world_.loop.Advance(minutes(10));
  auto worker = NewWorker();
  world_.loop.RunIdle();
  EXPECT_TRUE(Written(kCanaryWorkedRecords, "c1").ok()) << "that somebody took it is known";
  EXPECT_EQ(Left(Topic::Kind::kRequests).leased, 0u);
  EXPECT_EQ(Written(kCanaryCountedRecords, "c1").error().code, Errc::kNotFound);
}

TEST_F(CanaryAtWorker, ItTravelsWithRequestsAndHoldsThemUpNot) {
  Send("c1", seconds(30));
  StartBatch();
  auto worker = NewWorker();
  world_.loop.RunIdle();
  EXPECT_EQ(Stored().phase, Phase::kSucceeded);
  EXPECT_TRUE(Written(kCanaryWorkedRecords, "c1").ok());
}

TEST(AckMatrix, EveryOutcomeHasItsRowAndOnlyReportsWhatIsAcked) {
  for (int i = 0; i < 10; ++i) {
    const AckRule& rule = RuleFor(static_cast<WorkOutcome>(i));
    EXPECT_EQ(static_cast<int>(rule.outcome), i);
    EXPECT_TRUE(rule.ack || !rule.completion) << rule.name << ": reported but not acked";
    EXPECT_TRUE(rule.ack || !rule.quarantine) << rule.name;
  }
}

}  // namespace
}  // namespace tipoff
