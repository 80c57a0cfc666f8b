#include "google/calls.h"

#include <google/firestore/v1/firestore.grpc.pb.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>
#include <optional>
#include <utility>

#include "google/channel.h"
#include "support/manual_loop.h"
#include "support/silent_port.h"
#include "support/slow_time.h"

namespace tipoff::gcloud {
namespace {

namespace fs = ::google::firestore::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Answers with the next of the given codes, then with OK.
class Service final : public fs::Firestore::Service {
 public:
  grpc::Status Commit(grpc::ServerContext* context, const fs::CommitRequest*,
                      fs::CommitResponse*) override {
    ++calls;
    header = context->client_metadata().count("google-cloud-resource-prefix") > 0;
    std::scoped_lock guard(mutex_);
    if (codes_.empty()) return grpc::Status::OK;
    grpc::Status status(codes_.front(), "told to");
    codes_.erase(codes_.begin());
    return status;
  }
  grpc::Status RunQuery(grpc::ServerContext*, const fs::RunQueryRequest*,
                        grpc::ServerWriter<fs::RunQueryResponse>* writer) override {
    fs::RunQueryResponse response;
    for (int i = 0; i < 3; ++i) {
      response.set_skipped_results(i);
      writer->Write(response);
    }
    return grpc::Status::OK;
  }
  void Script(std::vector<grpc::StatusCode> codes) {
    std::scoped_lock guard(mutex_);
    codes_ = std::move(codes);
  }
  std::atomic<int> calls = 0;
  std::atomic<bool> header = false;

 private:
  std::mutex mutex_;
  std::vector<grpc::StatusCode> codes_;
};

class CallsTest : public testing::Test {
 protected:
  CallsTest() {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    Connect(fmt::format("127.0.0.1:{}", port_));
  }

  void Connect(const std::string& endpoint) {
    auto channel = MakeChannel({.endpoint = endpoint, .insecure = true});
    stub_ = fs::Firestore::NewStub(*channel);
  }

  void Commit(Effect effect, Duration limit = limits::kCallTime) {
    answer_.reset();
    calls_->Unary<fs::CommitResponse>(
        {.what = "commit",
         .effect = effect,
         .limit = limit,
         .metadata = {{"google-cloud-resource-prefix", "p"}}},
        [this](grpc::ClientContext* context, fs::CommitResponse* response, Calls::Over over) {
          stub_->async()->Commit(context, &request_, response, std::move(over));
        },
        [this](Result<fs::CommitResponse> result) {
          answer_.emplace(result.ok() ? Ok() : Status(result.error()));
        });
  }

  void RunWithPauses() {
    tipoff::RunWithPauses(loop_, [&] { return answer_.has_value(); });
  }

  Service service_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<fs::Firestore::Stub> stub_;
  fs::CommitRequest request_;
  ManualLoop loop_;
  std::optional<Status> answer_;
  std::optional<Calls> calls_{std::in_place, loop_};
};

TEST_F(CallsTest, TheAnswerIsPosted) {
  Commit(Effect::kWrite);
  EXPECT_FALSE(answer_.has_value());
  loop_.RunUntil([&] { return answer_.has_value(); });
  EXPECT_TRUE(answer_->ok()) << answer_->error().message;
  EXPECT_TRUE(service_.header);
}

TEST_F(CallsTest, AStreamIsCollected) {
  std::optional<Result<std::vector<fs::RunQueryResponse>>> answer;
  fs::RunQueryRequest request;
  calls_->Stream<fs::RunQueryResponse>(
      {.what = "query"},
      [&](grpc::ClientContext* context, grpc::ClientReadReactor<fs::RunQueryResponse>* reactor) {
        stub_->async()->RunQuery(context, &request, reactor);
      },
      [&](Result<std::vector<fs::RunQueryResponse>> result) { answer.emplace(std::move(result)); });
  loop_.RunUntil([&] { return answer.has_value(); });
  ASSERT_TRUE(answer->ok());
  ASSERT_EQ((*answer)->size(), 3u);
  EXPECT_EQ((**answer)[2].skipped_results(), 2);
}

TEST_F(CallsTest, F38_ContentionIsTriedAgainAfterAPause) {
  service_.Script({grpc::ABORTED, grpc::RESOURCE_EXHAUSTED});
  Commit(Effect::kWrite);
  RunWithPauses();
  EXPECT_TRUE(answer_->ok()) << answer_->error().message;
  EXPECT_EQ(service_.calls, 3);
}

TEST_F(CallsTest, F25_AWriteWhoseAnswerIsLostIsNotRepeated) {
  service_.Script({grpc::UNAVAILABLE});
  Commit(Effect::kWrite);
  RunWithPauses();
  EXPECT_EQ(answer_->error().code, Errc::kUnknownOutcome);
  EXPECT_EQ(service_.calls, 1);
}

TEST_F(CallsTest, F34_TriesHaveAnEnd) {
  service_.Script(std::vector<grpc::StatusCode>(100, grpc::UNAVAILABLE));
  Commit(Effect::kRead);
  RunWithPauses();
  EXPECT_EQ(answer_->error().code, Errc::kUnavailable);
  EXPECT_EQ(service_.calls, kCallTries);
}

TEST_F(CallsTest, F31_WhoeverDoesNotAnswerIsGivenUp) {
  SilentPort silent;
  Connect(silent.address());
  for (auto [effect, code] : {std::pair(Effect::kRead, Errc::kUnavailable),
                              std::pair(Effect::kWrite, Errc::kUnknownOutcome)}) {
    Commit(effect, milliseconds(200));
    loop_.RunUntil([&] { return answer_.has_value(); });
    EXPECT_EQ(answer_->error().code, code) << answer_->error().message;
  }
}

TEST_F(CallsTest, TheEndOfTheClientEndsItsCallsWithoutAnAnswer) {
  SilentPort silent;
  Connect(silent.address());
  Commit(Effect::kWrite);
  calls_.reset();
  loop_.RunIdle();
  EXPECT_FALSE(answer_.has_value());
}

}  // namespace
}  // namespace tipoff::gcloud
