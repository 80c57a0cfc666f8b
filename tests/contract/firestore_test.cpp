// What only the store on Firestore promises, on its emulator: what others read there, and what they
// may have done to it.
#include <fmt/format.h>
#include <google/firestore/v1/firestore.grpc.pb.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <set>

#include "flow/commit.h"
#include "store/firestore/firestore_store.h"
#include "support/emulators.h"
#include "support/manual_loop.h"

namespace tipoff {
namespace {

namespace fs = ::google::firestore::v1;

class FirestoreTest : public testing::Test {
 protected:
  void SetUp() override {
    TIPOFF_NEEDS_EMULATORS();
    options_ = {.project = OwnProject(),
                .endpoint = RunningEmulators().firestore,
                .insecure = true,
                .prefix = "t_"};
    store_.emplace(options_, loop_);
    stub_ = fs::Firestore::NewStub(
        grpc::CreateChannel(options_.endpoint, grpc::InsecureChannelCredentials()));
    ASSERT_TRUE(Await<Done>(loop_, [&](auto done) { store_->Check(done); }).ok());
  }

  std::string Name(const std::string& path) const {
    return fmt::format("projects/{}/databases/(default)/documents/t_{}", options_.project, path);
  }

  // As one of the platform's tools reads it.
  fs::Document Read(const std::string& path) {
    grpc::ClientContext context;
    fs::GetDocumentRequest request;
    request.set_name(Name(path));
    fs::Document document;
    EXPECT_TRUE(stub_->GetDocument(&context, request, &document).ok()) << path;
    return document;
  }

  // What somebody with the console does.
  void Write(fs::Write write) {
    grpc::ClientContext context;
    fs::CommitRequest request;
    request.set_database(fmt::format("projects/{}/databases/(default)", options_.project));
    *request.add_writes() = std::move(write);
    fs::CommitResponse response;
    EXPECT_TRUE(stub_->Commit(&context, request, &response).ok());
  }

  std::vector<NewRequest> Requests(std::uint32_t first, std::uint32_t count) {
    std::vector<NewRequest> requests;
    for (std::uint32_t i = first; i < first + count; ++i) {
      RequestSpec spec;
      spec.player = PlayerId(fmt::format("d'angelo.r-ússell {}", i));
      spec.game_date = *ParseDay("2025-01-15");
      requests.push_back(MakeRequest(i, spec, store_->Now()));
    }
    return requests;
  }

  void Create(const std::string& id, std::uint32_t requests, const std::string& dataset = "") {
    Batch header;
    header.id = BatchId(id);
    header.slot = {*ParseDay("2025-01-15"), dataset};
    std::uint32_t first = std::min(requests, 1000u);
    BatchCommit created = MakeCreation(std::move(header), requests, Requests(0, first), "test",
                                       store_->Now(), {"log"});
    auto outcome = Await<CreateOutcome>(
        loop_, [&](auto done) { store_->Create(created, std::nullopt, done); });
    ASSERT_TRUE(outcome.ok()) << outcome.error().message;
    ASSERT_TRUE(outcome->created);
    for (std::uint32_t next = first; next < requests; next += 1000) {
      std::uint32_t count = std::min(requests - next, 1000u);
      Status status = Happen(id, {}, RowsWritten{store_->Now(), count}, Requests(next, count));
      ASSERT_TRUE(status.ok()) << status.error().message;
    }
  }

  Result<Snapshot> Load(const std::string& id, RowKeys keys = {}) {
    return Await<Snapshot>(loop_, [&](auto done) { store_->Load(BatchId(id), keys, done); });
  }

  Status Happen(const std::string& id, const RowKeys& keys, const Event& event,
                std::vector<NewRequest> new_rows = {}) {
    auto snapshot = Load(id, keys);
    if (!snapshot.ok()) return snapshot.error();
    CommitBuilder builder(std::move(*snapshot));
    builder.Apply(event);
    BatchCommit commit = builder.Build("test", store_->Now(), {"log"});
    commit.new_rows = std::move(new_rows);
    return Await<Done>(loop_, [&](auto done) { store_->Commit(std::move(commit), done); });
  }

  Completions Results(std::uint32_t first, std::uint32_t last, RequestState status) {
    Completions event{store_->Now(), {}};
    for (std::uint32_t i = first; i <= last; ++i) {
      Completion item;
      item.ordinal = i;
      item.status = status;
      item.predictions = status == RequestState::kSucceeded ? 3 : 0;
      event.items.push_back(item);
    }
    return event;
  }

  static RowKeys Ordinals(std::uint32_t first, std::uint32_t last) {
    RowKeys keys;
    for (std::uint32_t i = first; i <= last; ++i) keys.ordinals.push_back(i);
    return keys;
  }

  static std::set<std::string> Names(const fs::Document& document, const char* field) {
    std::set<std::string> names;
    for (const auto& name : document.fields().at(field).array_value().values()) {
      names.insert(name.string_value());
    }
    return names;
  }

  ManualLoop loop_;
  FirestoreOptions options_;
  std::optional<FirestoreStore> store_;
  std::unique_ptr<fs::Firestore::Stub> stub_;
};

TEST_F(FirestoreTest, ThePlatformsToolsReadTheHeaderWhereTheyAlwaysDid) {
  Create("batch_2025-01-15_1769555415", 4);
  const std::string id = "batch_2025-01-15_1769555415";
  ASSERT_TRUE(Happen(id, Ordinals(0, 1), Results(0, 1, RequestState::kSucceeded)).ok());
  ASSERT_TRUE(Happen(id, Ordinals(2, 2), Results(2, 2, RequestState::kFailed)).ok());
  fs::Document header = Read("prediction_batches/" + id);
  EXPECT_EQ(header.fields().at("expected_players").integer_value(), 4);
  EXPECT_EQ(header.fields().at("completed_count").integer_value(), 2);
  EXPECT_EQ(header.fields().at("total_predictions").integer_value(), 6);
  EXPECT_EQ(Names(header, "completed_players"),
            (std::set<std::string>{"d'angelo.r-ússell 0", "d'angelo.r-ússell 1"}));
  EXPECT_EQ(Names(header, "failed_players"), (std::set<std::string>{"d'angelo.r-ússell 2"}));
  EXPECT_FALSE(header.fields().at("is_complete").boolean_value());
  ASSERT_TRUE(Happen(id, {}, Command{store_->Now(), Order::kFinish, "enough", {}}).ok());
  header = Read("prediction_batches/" + id);
  EXPECT_TRUE(header.fields().at("is_complete").boolean_value());
  EXPECT_TRUE(header.fields().at("completion_time").has_timestamp_value());
}

TEST_F(FirestoreTest, F31_AHeaderThatCannotBeReadKeepsNoOtherFromItsTurn) {
  for (const char* id : {"b1", "b2", "b3"}) Create(id, 1, id);
  fs::Write damage;
  damage.mutable_update()->set_name(Name("prediction_batches/b2"));
  (*damage.mutable_update()->mutable_fields())["header"].set_string_value("nonsense");
  damage.mutable_update_mask()->add_field_paths("header");
  Write(std::move(damage));
  std::vector<std::string> seen, unreadable;
  std::string after;
  do {
    auto page = Await<BatchPage>(loop_, [&](auto done) {
      store_->ListBatches({.live_only = true, .after = after, .limit = 1}, done);
    });
    ASSERT_TRUE(page.ok()) << page.error().message;
    for (const Batch& batch : page->batches) seen.push_back(batch.id.str());
    unreadable.insert(unreadable.end(), page->unreadable.begin(), page->unreadable.end());
    after = page->next;
  } while (!after.empty());
  EXPECT_EQ(seen, (std::vector<std::string>{"b3", "b1"}));
  ASSERT_EQ(unreadable.size(), 1u);
  EXPECT_TRUE(unreadable[0].starts_with("b2: ")) << unreadable[0];
  EXPECT_EQ(Load("b2").error().code, Errc::kCorrupt);
}

TEST_F(FirestoreTest, AHeaderThatWasRemovedByHandHoldsNoSlot) {
  Create("b1", 1);
  fs::Write removal;
  removal.set_delete_(Name("prediction_batches/b1"));
  Write(std::move(removal));
  EXPECT_EQ(Load("b1").error().code, Errc::kNotFound);
  Create("b2", 1);
  EXPECT_TRUE(Load("b2").ok());
}

TEST_F(FirestoreTest, AHeaderThatAnotherToolTouchedIsAConflictNotALoss) {
  Create("b1", 2);
  auto snapshot = Load("b1", Ordinals(0, 0));
  fs::Write touch;
  touch.mutable_update()->set_name(Name("prediction_batches/b1"));
  (*touch.mutable_update()->mutable_fields())["note"].set_string_value("seen");
  touch.mutable_update_mask()->add_field_paths("note");
  Write(std::move(touch));
  CommitBuilder builder(std::move(*snapshot));
  builder.Apply(Results(0, 0, RequestState::kSucceeded));
  BatchCommit commit = builder.Build("test", store_->Now(), {});
  Status refused = Await<Done>(loop_, [&](auto done) { store_->Commit(commit, done); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
  EXPECT_TRUE(Happen("b1", Ordinals(0, 0), Results(0, 0, RequestState::kSucceeded)).ok());
  EXPECT_EQ(Read("prediction_batches/b1").fields().at("note").string_value(), "seen")
      << "what is not ours stays";
}

TEST_F(FirestoreTest, F38_TenThousandRequestsAreCreatedInPartsAndCountedByName) {
  Create("big", 10'000);
  auto created = Load("big");
  ASSERT_TRUE(created.ok());
  EXPECT_TRUE(created->batch.sealed);
  auto outbox = Await<std::vector<NewRequest>>(loop_, [&](auto done) {
    store_->ListOutbox(BatchId("big"), 4'999, 1000, store_->Now(), done);
  });
  ASSERT_EQ(outbox->size(), 1000u);
  EXPECT_EQ((*outbox)[0].row.ordinal, 5'000u);
  // Scattered over all documents, found by their players.
  RowKeys keys;
  Completions event{store_->Now(), {}};
  for (std::uint32_t i = 7; i < 10'000; i += 10) {
    Completion item;
    item.player = PlayerId(fmt::format("d'angelo.r-ússell {}", i));
    item.predictions = 1;
    event.items.push_back(item);
    keys.players.push_back({item.player, ""});
  }
  Status counted = Happen("big", keys, event);
  ASSERT_TRUE(counted.ok()) << counted.error().message;
  EXPECT_EQ(Load("big")->batch.counts[RequestState::kSucceeded], 1000u);
  fs::Document header = Read("prediction_batches/big");
  EXPECT_TRUE(Names(header, "completed_players").empty()) << "names up to 500 requests only";
}

TEST_F(FirestoreTest, F38_OfFortyCommitsAtOnceOneWinsAndTheOthersAreTold) {
  FirestoreStore other(options_, loop_);
  Create("b1", 40);
  int won = 0, conflicts = 0;
  for (std::uint32_t i = 0; i < 40; ++i) {
    CommitBuilder builder(*Load("b1", Ordinals(i, i)));
    builder.Apply(Results(i, i, RequestState::kSucceeded));
    BatchCommit commit = builder.Build("test", store_->Now(), {});
    Store& by = i % 2 == 0 ? static_cast<Store&>(*store_) : other;
    by.Commit(std::move(commit), [&](Status status) {
      ++(status.ok() ? won : conflicts);
      EXPECT_TRUE(status.ok() || status.error().code == Errc::kConflict) << status.error().message;
    });
  }
  loop_.RunUntil([&] { return won + conflicts == 40; });
  auto stored = Load("b1");
  EXPECT_EQ(stored->batch.version, 1u + static_cast<unsigned>(won));
  EXPECT_EQ(stored->batch.counts[RequestState::kSucceeded], static_cast<unsigned>(won))
      << "each that won is counted, no other";
  EXPECT_GE(won, 1);
}

TEST_F(FirestoreTest, F32_NothingOfARemovedBatchIsBroughtBackByALateCommit) {
  Create("b1", 2);
  auto snapshot = Load("b1", Ordinals(0, 1));
  fs::Write removal;
  removal.set_delete_(Name("prediction_batches/b1/tipoff_requests/0000000000"));
  Write(std::move(removal));
  CommitBuilder builder(std::move(*snapshot));
  builder.Apply(Results(0, 0, RequestState::kSucceeded));
  BatchCommit commit = builder.Build("test", store_->Now(), {});
  Status refused = Await<Done>(loop_, [&](auto done) { store_->Commit(commit, done); });
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Errc::kConflict);
}

TEST_F(FirestoreTest, IdsOfAnyBytesAreKept) {
  for (const std::string& id : {std::string("a/b"), std::string(".."), std::string("__x__"),
                                std::string("Jokić 'n'"), std::string(2000, 'k')}) {
    auto put = Await<Record>(loop_, [&](auto done) {
      store_->PutRecord({"kind/" + id, id, {}, "body " + id}, PutMode::kReplace, done);
    });
    ASSERT_TRUE(put.ok()) << put.error().message;
    auto got = Await<Record>(loop_, [&](auto done) { store_->GetRecord("kind/" + id, id, done); });
    ASSERT_TRUE(got.ok()) << got.error().message;
    EXPECT_EQ(*got, *put);
  }
}

}  // namespace
}  // namespace tipoff
