#include "store/firestore/firestore_store.h"

#include <fmt/format.h>
#include <google/firestore/v1/firestore.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <mutex>

#include "core/limits.h"
#include "flow/commit.h"
#include "support/manual_loop.h"
#include "support/silent_port.h"
#include "support/slow_time.h"

namespace tipoff {
namespace {

namespace fs = ::google::firestore::v1;

BatchCommit Creation(const std::string& id) {
  Batch header;
  header.id = BatchId(id);
  header.slot = {*ParseDay("2025-01-15"), ""};
  return MakeCreation(std::move(header), 0, {}, "test", Instant::FromMicros(1'750'000'000'000'000),
                      {});
}

// Every call of the port, each given one place for its error.
std::vector<std::pair<std::string, std::optional<Errc>>> CallAll(FirestoreStore& store,
                                                                 ManualLoop& loop) {
  std::vector<std::pair<std::string, std::optional<Errc>>> answers;
  answers.reserve(32);
  auto into = [&answers](const char* name) {
    answers.emplace_back(name, std::nullopt);
    auto* place = &answers.back().second;
    return [place](auto result) { *place = result.ok() ? Errc::kInvalid : result.error().code; };
  };
  StagedResult staged;
  staged.batch = BatchId("b");
  store.Create(Creation("b"), std::nullopt, into("Create!"));
  store.Commit(Creation("b"), into("Commit!"));
  store.Stage({staged}, into("Stage!"));
  store.DropBatch(BatchId("b"), 10, into("DropBatch!"));
  store.PutSlates({Slate()}, into("PutSlates!"));
  store.AcquireLease("sweep", Incarnation("a"), Duration(1), into("AcquireLease!"));
  store.UpdateAnnouncement({}, into("UpdateAnnouncement!"));
  store.PutRecord({"k", "i", {}, ""}, PutMode::kReplace, into("PutRecord!"));
  store.DropRecords("k", Instant(), into("DropRecords!"));
  store.Quarantine({{}}, into("Quarantine!"));
  store.Load(BatchId("b"), {}, into("Load"));
  store.ListBatches({}, into("ListBatches"));
  store.ListRequests(BatchId("b"), {}, into("ListRequests"));
  store.ListOutbox(BatchId("b"), -1, 10, Instant(), into("ListOutbox"));
  store.LoadSpecs(BatchId("b"), {1}, into("LoadSpecs"));
  store.ReadJournal(BatchId("b"), 0, 10, into("ReadJournal"));
  store.ListStaged(BatchId("b"), -1, 10, {}, into("ListStaged"));
  store.GetSlate(Day(), into("GetSlate"));
  store.ListAnnouncements({}, into("ListAnnouncements"));
  store.CountAnnouncements(into("CountAnnouncements"));
  store.GetRecord("k", "i", into("GetRecord"));
  store.ListRecords({.kind = "k"}, into("ListRecords"));
  store.ListQuarantine(10, into("ListQuarantine"));
  store.Check(into("Check"));
  for (const auto& [name, code] : answers) EXPECT_FALSE(code) << name << " answers inside the call";
  loop.Advance(limits::kCallTime);
  return answers;
}

TEST(FirestoreStoreTest, F31_EveryCallEndsInTimeWhenNothingAnswers) {
  ManualLoop loop;
  SilentPort silent;
  FirestoreStore store({.project = "demo-silent", .endpoint = silent.address(), .insecure = true},
                       loop);
  for (const auto& [name, code] : CallAll(store, loop)) {
    ASSERT_TRUE(code.has_value()) << name << " has not ended";
    EXPECT_EQ(*code, name.ends_with("!") ? Errc::kUnknownOutcome : Errc::kUnavailable) << name;
  }
}

// Knows no document, and answers commits as it is told.
class EmptyService final : public fs::Firestore::Service {
 public:
  grpc::Status BatchGetDocuments(
      grpc::ServerContext*, const fs::BatchGetDocumentsRequest* request,
      grpc::ServerWriter<fs::BatchGetDocumentsResponse>* writer) override {
    for (const std::string& name : request->documents()) {
      fs::BatchGetDocumentsResponse response;
      response.set_missing(name);
      response.mutable_read_time()->set_seconds(1'800'000'000);
      writer->Write(response);
    }
    return grpc::Status::OK;
  }
  grpc::Status Commit(grpc::ServerContext*, const fs::CommitRequest* request,
                      fs::CommitResponse* response) override {
    std::scoped_lock guard(mutex_);
    ++commits;
    response->mutable_commit_time()->set_seconds(1'800'000'001);
    for (int i = 0; i < request->writes_size(); ++i) {
      response->add_write_results()->mutable_update_time()->set_seconds(1'800'000'001);
    }
    if (codes.empty()) return grpc::Status::OK;
    grpc::Status status(codes.front(), "told to");
    codes.erase(codes.begin());
    return status;
  }
  std::atomic<int> commits = 0;
  std::vector<grpc::StatusCode> codes;

 private:
  std::mutex mutex_;
};

class FirestoreAnswers : public testing::Test {
 protected:
  FirestoreAnswers() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    store_.emplace(FirestoreOptions{.project = "demo-told",
                                    .endpoint = fmt::format("127.0.0.1:{}", port),
                                    .insecure = true},
                   loop_);
  }

  // Pauses pass as long as there is no answer.
  Result<CreateOutcome> Create() {
    std::optional<Result<CreateOutcome>> answer;
    store_->Create(Creation("b"), std::nullopt, [&](auto result) { answer = std::move(result); });
    RunWithPauses(loop_, [&] { return answer.has_value(); });
    return *answer;
  }

  EmptyService service_;
  std::unique_ptr<grpc::Server> server_;
  ManualLoop loop_;
  std::optional<FirestoreStore> store_;
};

TEST_F(FirestoreAnswers, F25_ACommitWhoseAnswerIsLostIsNotRepeated) {
  for (auto code : {grpc::UNAVAILABLE, grpc::DEADLINE_EXCEEDED, grpc::INTERNAL, grpc::UNKNOWN,
                    grpc::CANCELLED}) {
    service_.codes = {code};
    service_.commits = 0;
    auto answer = Create();
    ASSERT_FALSE(answer.ok());
    EXPECT_EQ(answer.error().code, Errc::kUnknownOutcome) << code;
    EXPECT_EQ(service_.commits, 1) << code;
  }
}

TEST_F(FirestoreAnswers, F38_ContentionIsTriedAgain) {
  service_.codes = {grpc::ABORTED, grpc::ABORTED};
  auto answer = Create();
  ASSERT_TRUE(answer.ok()) << answer.error().message;
  EXPECT_TRUE(answer->created);
  EXPECT_EQ(service_.commits, 3);
}

TEST_F(FirestoreAnswers, F04_WhoeverKeepsLosingTheSlotIsToldSo) {
  service_.codes.assign(100, grpc::FAILED_PRECONDITION);
  auto answer = Create();
  ASSERT_FALSE(answer.ok());
  EXPECT_EQ(answer.error().code, Errc::kConflict);
  EXPECT_EQ(service_.commits, 5);
}

TEST_F(FirestoreAnswers, F35_TimeIsTheServersAndGoesOnWithTheSteadyClock) {
  EXPECT_EQ(store_->Now(), loop_.Now()) << "nothing better is known yet";
  ASSERT_TRUE(Await<Done>(loop_, [&](auto done) { store_->Check(done); }).ok());
  EXPECT_EQ(store_->Now(), Instant::FromMicros(1'800'000'000'000'000));
  loop_.StepWallClock(-std::chrono::hours(1));
  loop_.Advance(std::chrono::seconds(5));
  EXPECT_EQ(store_->Now(), Instant::FromMicros(1'800'000'005'000'000));
  ASSERT_TRUE(Await<Done>(loop_, [&](auto done) { store_->Check(done); }).ok());
  EXPECT_EQ(store_->Now(), Instant::FromMicros(1'800'000'005'000'000)) << "never back";
}

}  // namespace
}  // namespace tipoff
