// Calls that the store or the bus never answered, though their ports promise an answer: a start
// hung for ever, and a worker whose lease, stage or report got lost took no work any more, or held
// its requests and extended their leases for ever.
#include <gtest/gtest.h>

#include <optional>

#include "support/world.h"
#include "worker/worker.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class OneGame final : public History {
 public:
  explicit OneGame(Loop& loop) : loop_(loop) {}
  void Load(HistoryQuery query, LoadDone done) override {
    HistoryBatch batch;
    for (const PlayerId& player : query.players) {
      batch.players.push_back({});
      batch.players.back().player = player;
      batch.players.back().games.emplace_back();
    }
    loop_.Post([batch, done] { done(batch); });
  }

 private:
  Loop& loop_;
};

struct Unanswered : testing::Test {
  Unanswered() {
    world.AddSlate(2);
    process->coordinator.Start();
  }
  // A worker in the same process; it predicts one row for everybody.
  std::unique_ptr<Worker> NewWorker() {
    auto predict = [](const BatchId&, std::span<const PredictionInput> inputs) {
      std::vector<PredictedRequest> predicted(inputs.size());
      for (PredictedRequest& one : predicted) one.predictions.emplace_back().system = "one";
      return predicted;
    };
    Worker::Options options;
    options.process = Incarnation("w1");
    options.name = "w1";
    return std::make_unique<Worker>(process->loop, process->store, process->bus, history, predict,
                                    options);
  }
  // The first call of this name is never answered.
  void LoseFirst(const std::string& name) {
    process->store.fault = [name, lost = false](const std::string& call) mutable {
      if (call != name || lost) return Fault::kNone;
      lost = true;
      return Fault::kHang;
    };
  }
  void ExpectSuccess() {
    auto worker = NewWorker();
    worker->Start();
    BatchId batch = world.Start(*process, World::For("2025-01-15")).batch.id;
    Instant until = world.loop.Now() + minutes(5);
    while (!IsTerminal(world.Stored(batch).phase) && world.loop.Now() < until) {
      world.loop.Advance(seconds(1));
    }
    EXPECT_EQ(world.Stored(batch).phase, Phase::kSucceeded);
    EXPECT_EQ(worker->held(), 0u);
  }

  World world;
  std::unique_ptr<TestCoordinator> process = world.NewCoordinator();
  OneGame history{process->loop};
};

TEST_F(Unanswered, AStartIsToldSo) {
  for (const char* call : {"GetRecord", "GetSlate", "PutRecord", "Create"}) {
    LoseFirst(call);
    StartRequest request = World::For("2025-01-15");
    request.idempotency_key = call;
    std::optional<Result<StartOutcome>> outcome;
    process->coordinator.starter().Start(
        request, [&](Result<StartOutcome> answer) { outcome.emplace(std::move(answer)); });
    world.loop.Advance(seconds(30));
    EXPECT_TRUE(outcome.has_value()) << call;
  }
}

TEST_F(Unanswered, AStageIsNotWaitedForForEver) {
  LoseFirst("Stage");
  ExpectSuccess();
}

TEST_F(Unanswered, WhetherTheBatchLivesIsAskedAgain) {
  LoseFirst("Load");
  ExpectSuccess();
}

TEST_F(Unanswered, ALeaseIsAskedForAgain) {
  process->bus.deaf = 1;
  ExpectSuccess();
}

}  // namespace
}  // namespace tipoff
