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
  RemoteWorkerTest() { worker_ = NewWorker("w1"); }
  ~RemoteWorkerTest() override { loop_.Kill(); }

  std::unique_ptr<RemoteWorker> NewWorker(const std::string& name) {
    return std::make_unique<RemoteWorker>(
        loop_, [this](HttpCall call, auto done) { Send(std::move(call), std::move(done)); },
        [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
          return Predict(batch, inputs);
        },
        RemoteWorker::Options{
            .url = "http://server", .key = "secret", .name = name, .version = "7"});
  }

  void Send(HttpCall call, std::function<void(Result<HttpResponse>)> done) {
    std::string path = call.url.substr(std::string("http://server").size());
    ++calls_;
    EXPECT_EQ(call.headers.at(1), (std::pair<std::string, std::string>("X-API-Key", "secret")));
    if (down_) {
      loop_.Post([done] { done(Error{Errc::kUnavailable, "connection refused"}); });
      return;
    }
    if (hangs_) return;
    if (refuses_ != 0) {
      loop_.Post([this, done] { done(MakeProblem(refuses_, "no")); });
      return;
    }
    Wait(world_.Send(path, call.body), std::move(done));
  }
  void Wait(std::shared_ptr<TestResponder> responder,
            std::function<void(Result<HttpResponse>)> done) {
    if (responder->response) return done(*responder->response);
    loop_.After(std::chrono::milliseconds(1), [this, responder, done] { Wait(responder, done); });
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

  void Start() {
    worker_->Start([this](Error error) { refusal_ = std::move(error); });
  }

  WorkWorld world_;
  ProcessLoop loop_{world_.world.loop};
  std::unique_ptr<RemoteWorker> worker_;
  std::optional<Error> refusal_;
  int calls_ = 0;
  bool down_ = false;
  bool hangs_ = false;
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
  skips_ = "nobody";
  Start();
  world_.world.loop.RunIdle();
  world_.StartBatch();
  // The lease is answered; then the net goes down.
  world_.world.loop.RunUntil([&] { return worker_->held() == 10 || calls_ > 1; });
  down_ = true;
  world_.world.loop.Advance(seconds(30));
  down_ = false;
  world_.world.loop.Advance(minutes(2));
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored().predictions, 10);
}

TEST_F(RemoteWorkerTest, F13_WhatADeadWorkerHeldIsWorkedByAnother) {
  hangs_ = false;
  Start();
  world_.StartBatch();
  world_.world.loop.RunUntil([&] { return worker_->held() > 0; });
  loop_.Kill();
  ProcessLoop second(world_.world.loop);
  RemoteWorker other(
      second,
      [&](HttpCall call, std::function<void(Result<HttpResponse>)> done) {
        auto responder = world_.Send(call.url.substr(13), call.body);
        auto wait = std::make_shared<std::function<void()>>();
        *wait = [&second, responder, done, weak = std::weak_ptr(wait)] {
          if (responder->response) return done(*responder->response);
          second.After(std::chrono::milliseconds(1), [keep = weak.lock()] { (*keep)(); });
        };
        (*wait)();
      },
      [this](const BatchId& batch, std::span<const PredictionInput> inputs) {
        return Predict(batch, inputs);
      },
      {.url = "http://server", .name = "w2", .version = "7"});
  other.Start([](Error) {});
  world_.world.loop.Advance(minutes(2));
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
  EXPECT_EQ(world_.Stored().predictions, 10);
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
  auto fresh = NewWorker("w2");
  fresh->Start([this](Error error) { refusal_ = std::move(error); });
  world_.world.loop.RunIdle();
  EXPECT_TRUE(refusal_.has_value());
}

TEST_F(RemoteWorkerTest, StoppingHandsInAndTakesNoMore) {
  Start();
  world_.StartBatch();
  world_.world.loop.RunUntil([&] { return worker_->held() > 0; });
  bool drained = false;
  worker_->Stop([&] { drained = true; });
  world_.world.loop.Advance(seconds(6));
  EXPECT_TRUE(drained);
  EXPECT_EQ(world_.Stored().phase, Phase::kSucceeded);
}

TEST_F(RemoteWorkerTest, StoppingEndsInTimeThoughTheServerHangs) {
  Start();
  world_.StartBatch();
  world_.world.loop.RunUntil([&] { return worker_->held() > 0; });
  down_ = true;
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
