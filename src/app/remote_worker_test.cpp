#include "app/remote_worker.h"

#include <gtest/gtest.h>

#include "support/work_world.h"

namespace tipoff {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// A worker whose calls reach the routes of a coordinator in memory, unless the net is down.
class RemoteWorkerTest : public testing::Test {
 protected:
  RemoteWorkerTest() { worker_ = NewWorker("w1", loop_); }
  ~RemoteWorkerTest() override { loop_.Kill(); }

  std::unique_ptr<RemoteWorker> NewWorker(const std::string& name, Loop& loop) {
    return std::make_unique<RemoteWorker>(
        loop,
        [this, &loop](HttpCall call, auto done) { Send(loop, std::move(call), std::move(done)); },
        [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
          return Predict(batch, inputs);
        },
        RemoteWorker::Options{
            .url = "http://server", .key = "secret", .name = name, .version = "7"});
  }

  void Send(Loop& loop, HttpCall call, std::function<void(Result<HttpResponse>)> done) {
    std::string path = call.url.substr(std::string("http://server").size());
    ++calls_;
    EXPECT_EQ(call.headers.at(1), (std::pair<std::string, std::string>("X-API-Key", "secret")));
    if (down_) {
      loop.Post([done] { done(Error{Errc::kUnavailable, "connection refused"}); });
      return;
    }
    if (calls_ > hangs_after_) {
      loop.After(call.timeout, [done] { done(Error{Errc::kUnavailable, "no answer in time"}); });
      return;
    }
    if (refuses_ != 0) {
      loop.Post([this, done] { done(MakeProblem(refuses_, "no")); });
      return;
    }
    Wait(loop, world_.Send(path, call.body), std::move(done));
  }
  void Wait(Loop& loop, std::shared_ptr<TestResponder> responder,
            std::function<void(Result<HttpResponse>)> done) {
    if (responder->response) return done(*responder->response);
    loop.After(std::chrono::milliseconds(1),
               [this, &loop, responder, done] { Wait(loop, responder, done); });
  }

  std::vector<PredictedRequest> Predict(const BatchId&, std::span<const PredictionInput> inputs) {
    std::vector<PredictedRequest> predicted;
    for (const PredictionInput& input : inputs) {
      const std::string& player = input.request->player.str();
      if (player == throws_) throw std::runtime_error("cannot divide");
      EXPECT_EQ(input.history->games.size(), 1u);
      PredictedRequest one;
      if (player == skips_) {
        one.status = RequestState::kSkipped;
        one.reason = "PlayerOut";
      } else {
        Prediction prediction;
        prediction.system = "test";
        prediction.predicted_points = absurd_ ? 999 : 20;
        prediction.model_version = "test/1";
        one.predictions = {prediction};
      }
      predicted.push_back(one);
    }
    return predicted;
  }

  // Until it has been answered a lease; what it predicted is on its way then.
  void UntilItHolds() {
    for (int ms = 0; ms < 10'000 && worker_->held() == 0; ++ms) {
      world_.world.loop.Advance(std::chrono::milliseconds(1));
    }
    ASSERT_GT(worker_->held(), 0u);
  }

  void Start() {
    worker_->Start([this](Error error) { refusal_ = std::move(error); });
  }

  WorkWorld world_;
  ProcessLoop loop_{world_.world.loop};
  std::unique_ptr<RemoteWorker> worker_;
  std::optional<Error> refusal_;
  int calls_ = 0;
  bool down_ = false;
  int hangs_after_ = 1'000'000;  // Calls beyond so many get no answer.
  bool absurd_ = false;
  int refuses_ = 0;
  std::string throws_, skips_;
};

TEST_F(RemoteWorkerTest, WorksABatchAndSaysWhatItSkipped) {
  skips_ = "player-0004";
  Start();
  world_.StartBatch();
  world_.world.loop.Advance(seconds(10));
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored().predictions, 9);
  EXPECT_EQ(world_.Row(4).reason, "PlayerOut");
  EXPECT_EQ(world_.Row(3).worker, "w1");
  EXPECT_EQ(world_.Row(3).worker_version, "7");
  EXPECT_EQ(world_.Everything().staged.at(3).data_version, "v1");
  EXPECT_EQ(worker_->held(), 0u);
}

TEST_F(RemoteWorkerTest, F16_AnErrorHarmsNoOtherAndEndsFailed) {
  throws_ = "player-0007";
  Start();
  world_.StartBatch();
  world_.world.loop.Advance(minutes(1));
  EXPECT_EQ(world_.Stored().phase, Phase::kPartial);
  EXPECT_EQ(world_.Row(7).reason, "SystemError: cannot divide");
  EXPECT_EQ(world_.Stored().counts[RequestState::kSucceeded], 9u);
}

TEST_F(RemoteWorkerTest, F07_PredictionsThatTheServerRefusesFailTheRequestInsteadOfHangingIt) {
  absurd_ = true;
  Start();
  world_.StartBatch();
  world_.world.loop.Advance(minutes(1));
  EXPECT_EQ(world_.Row(0).state, RequestState::kFailed);
  EXPECT_NE(world_.Row(0).reason.find("predictions[0].predicted_points"), std::string::npos);
}

TEST_F(RemoteWorkerTest, F34_AServerThatIsAwayIsWaitedForWithoutAStorm) {
  down_ = true;
  Start();
  world_.StartBatch();
  world_.world.loop.Advance(minutes(30));
  EXPECT_LT(calls_, 150);
  EXPECT_FALSE(refusal_.has_value());
  down_ = false;
  world_.world.loop.Advance(minutes(1));
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
}

TEST_F(RemoteWorkerTest, F34_WhatWasPredictedIsHandedInWhenTheServerIsBack) {
  hangs_after_ = 1;
  Start();
  world_.StartBatch();
  UntilItHolds();
  down_ = true;
  world_.world.loop.Advance(seconds(30));
  down_ = false;
  hangs_after_ = 1'000'000;
  world_.world.loop.Advance(minutes(2));
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored().predictions, 10);
}

TEST_F(RemoteWorkerTest, F13_WhatADeadWorkerHeldIsWorkedByAnother) {
  hangs_after_ = 1;  // The lease is answered; no report gets through.
  Start();
  world_.StartBatch();
  UntilItHolds();
  loop_.Kill();
  hangs_after_ = 1'000'000;
  ProcessLoop second(world_.world.loop);
  auto other = NewWorker("w2", second);
  other->Start([](Error) {});
  world_.world.loop.Advance(minutes(2));
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored().predictions, 10);
  EXPECT_EQ(world_.Row(0).worker, "w2");
  second.Kill();
}

TEST_F(RemoteWorkerTest, F47_AWrongKeyEndsIt) {
  refuses_ = 401;
  Start();
  world_.world.loop.RunIdle();
  ASSERT_TRUE(refusal_.has_value());
  EXPECT_EQ(refusal_->code, Errc::kDenied);
  EXPECT_EQ(refusal_->message.find("secret"), std::string::npos);
}

TEST_F(RemoteWorkerTest, WhatIsNoTipoffServerEndsItOnlyAtFirst) {
  Start();
  world_.StartBatch();
  world_.world.loop.Advance(seconds(10));
  refuses_ = 404;
  world_.world.loop.Advance(minutes(1));
  EXPECT_FALSE(refusal_.has_value());
  auto fresh = NewWorker("w2", loop_);
  fresh->Start([this](Error error) { refusal_ = std::move(error); });
  world_.world.loop.RunIdle();
  EXPECT_TRUE(refusal_.has_value());
}

TEST_F(RemoteWorkerTest, StoppingHandsInAndTakesNoMore) {
  Start();
  world_.StartBatch();
  UntilItHolds();
  bool drained = false;
  worker_->Stop([&] { drained = true; });
  world_.world.loop.Advance(seconds(6));
  EXPECT_TRUE(drained);
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
}

TEST_F(RemoteWorkerTest, StoppingEndsInTimeThoughTheServerHangs) {
  hangs_after_ = 1;
  Start();
  world_.StartBatch();
  UntilItHolds();
  bool drained = false;
  worker_->Stop([&] { drained = true; });
  world_.world.loop.Advance(seconds(6));
  EXPECT_FALSE(drained);
  world_.world.loop.Advance(seconds(3));
  EXPECT_TRUE(drained);
}

TEST_F(RemoteWorkerTest, LeasesAreKeptWhileTheReportWaits) {
  world_.process->store.fault = [](const std::string& call) {
    return call == "Stage" ? Fault::kRefused : Fault::kNone;
  };
  Start();
  world_.StartBatch();
  world_.world.loop.Advance(minutes(5));
  EXPECT_EQ(world_.Lease().size(), 0u) << "still held after five lease times";
  world_.process->store.fault = [](const std::string&) { return Fault::kNone; };
  world_.world.loop.Advance(minutes(1));
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
}

}  // namespace
}  // namespace tipoff
