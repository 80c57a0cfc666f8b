// How requests should lie in Firestore: a document each, or many in one. And what the store makes
// of it: a batch created, published and completed.
//
//   eval "$(tools/emulators start)"
//   cmake --build --preset release --target firestore_layout
//   build/release/bench/firestore_layout $FIRESTORE_EMULATOR_HOST
//
// docs/storage.md quotes it.
#include <fmt/format.h>
#include <google/firestore/v1/firestore.grpc.pb.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <functional>
#include <iostream>

#include "base/asio_loop.h"
#include "flow/commit.h"
#include "store/firestore/documents.h"
#include "store/firestore/firestore_store.h"

namespace tipoff {
namespace {

namespace fs = ::google::firestore::v1;
using namespace firestore;  // NOLINT: what is measured.

constexpr int kRounds = 25;
constexpr int kWarmUp = 150;  // The emulator is slow until its code is compiled.
constexpr std::uint32_t kRequestsInBatch = 450;
constexpr std::uint32_t kTogether = 100;

class Layouts {
 public:
  Layouts(const std::string& endpoint, std::string project)
      : root_("projects/" + project + "/databases/(default)"),
        stub_(fs::Firestore::NewStub(
            grpc::CreateChannel(endpoint, grpc::InsecureChannelCredentials()))) {}

  // Writes header, journal and `count` scattered rows in one commit.
  void Write(bool together, std::uint32_t count) {
    fs::CommitRequest request;
    request.set_database(root_);
    Put(request, "header", 2500);
    Put(request, fmt::format("journal/entries/{}", ++seq_), 1500);
    std::map<std::uint32_t, fs::Write> documents;
    Request row = Row();
    for (std::uint32_t i = 0; i < count; ++i) {
      std::uint32_t ordinal = (i * 7) % kRequestsInBatch;
      fs::Write& write = documents[together ? ordinal / kTogether : ordinal];
      if (together) {
        auto& rows = (*write.mutable_update()->mutable_fields())["rows"];
        (*rows.mutable_map_value()->mutable_fields())[RowKey(ordinal)] = EncodeRow(row);
        write.mutable_update_mask()->add_field_paths("rows." + RowKey(ordinal));
      } else {
        (*write.mutable_update()->mutable_fields())["row"] = EncodeRow(row);
        write.mutable_update_mask()->add_field_paths("row");
      }
    }
    for (auto& [number, write] : documents) {
      write.mutable_update()->set_name(Name(together, number));
      *request.add_writes() = std::move(write);
    }
    writes = static_cast<std::size_t>(request.writes_size());
    grpc::ClientContext context;
    fs::CommitResponse response;
    Must(stub_->Commit(&context, request, &response));
  }

  void Read(bool together, std::uint32_t count) {
    fs::BatchGetDocumentsRequest request;
    request.set_database(root_);
    std::uint32_t documents = together ? (count + kTogether - 1) / kTogether : count;
    for (std::uint32_t i = 0; i < documents; ++i) request.add_documents(Name(together, i));
    grpc::ClientContext context;
    auto reader = stub_->BatchGetDocuments(&context, request);
    fs::BatchGetDocumentsResponse response;
    while (reader->Read(&response)) {
    }
    Must(reader->Finish());
  }

  std::size_t writes = 0;

 private:
  static Request Row() {
    Request row;
    row.player = PlayerId("some-player-name");
    row.state = RequestState::kSucceeded;
    row.worker = "worker-1-abcdef";
    row.worker_version = "0.1.0";
    row.hops.recorded = row.hops.published = row.hops.counted =
        Instant::FromMicros(1'769'555'415'123'456);
    return row;
  }
  static void Must(const grpc::Status& status) {
    if (status.ok()) return;
    std::cerr << status.error_message() << "\n";
    std::exit(1);
  }
  std::string Name(bool together, std::uint32_t number) const {
    return fmt::format("{}/documents/bench/b1/{}/{}", root_, together ? "chunks" : "rows", number);
  }
  void Put(fs::CommitRequest& request, const std::string& id, std::size_t bytes) {
    auto* document = request.add_writes()->mutable_update();
    document->set_name(fmt::format("{}/documents/bench/{}", root_, id));
    (*document->mutable_fields())["body"] = Text(std::string(bytes, 'x'));
  }

  std::string root_;
  std::unique_ptr<fs::Firestore::Stub> stub_;
  int seq_ = 0;
};

// The median of the rounds, in milliseconds.
double Median(AsioLoop& loop, int rounds, const std::function<void()>& what) {
  std::vector<double> times;
  for (int i = 0; i < rounds; ++i) {
    Duration before = loop.Steady();
    what();
    times.push_back(static_cast<double>((loop.Steady() - before).count()) / 1000);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

template <class T>
T Await(AsioLoop& loop, const std::function<void(DoneWith<T>)>& call) {
  std::optional<Result<T>> answer;
  call([&](Result<T> result) {
    answer.emplace(std::move(result));
    loop.Stop();
  });
  loop.Run();
  if (!answer->ok()) {
    std::cerr << answer->error().message << "\n";
    std::exit(1);
  }
  return std::move(**answer);
}

// A batch through the store: created, all published, all completed, `group` at a time.
class Life {
 public:
  Life(AsioLoop& loop, FirestoreStore& store, std::uint32_t requests)
      : loop_(loop), store_(store), requests_(requests) {
    id_ = BatchId(fmt::format("batch_{}_{}", requests, store.Now().micros()));
  }

  void Create() {
    Batch header;
    header.id = id_;
    header.slot = {*ParseDay("2026-01-28"), id_.str()};
    std::uint32_t first = std::min(requests_, 1000u);
    BatchCommit created =
        MakeCreation(std::move(header), requests_, Requests(0, first), "bench", store_.Now(), {});
    Await<CreateOutcome>(loop_,
                         [&](auto done) { store_.Create(created, std::nullopt, std::move(done)); });
    for (std::uint32_t next = first; next < requests_; next += 1000) {
      std::uint32_t count = std::min(requests_ - next, 1000u);
      Happen({}, RowsWritten{store_.Now(), count}, Requests(next, count));
    }
  }

  void Complete(std::uint32_t group) {
    for (std::uint32_t first = 0; first < requests_; first += group) {
      Completions event{store_.Now(), {}};
      RowKeys keys;
      for (std::uint32_t i = first; i < std::min(requests_, first + group); ++i) {
        Completion item;
        item.ordinal = i;
        item.predictions = 30;
        item.worker = "worker-1-abcdef";
        event.items.push_back(item);
        keys.ordinals.push_back(i);
      }
      Happen(keys, event, {});
    }
  }

  void Stage() {
    std::vector<StagedResult> results(std::min(requests_, 400u));
    for (std::size_t i = 0; i < results.size(); ++i) {
      results[i].batch = id_;
      results[i].outcome.ordinal = static_cast<std::int64_t>(i);
      results[i].predictions.resize(30);
      for (Prediction& prediction : results[i].predictions) {
        prediction.prediction_id = std::string(32, 'a');
        prediction.system = "moving_average";
        prediction.model_version = "moving_average/1";
      }
    }
    Await<std::vector<Completion>>(
        loop_, [&](auto done) { store_.Stage(std::move(results), std::move(done)); });
  }

 private:
  std::vector<NewRequest> Requests(std::uint32_t first, std::uint32_t count) {
    std::vector<NewRequest> requests;
    for (std::uint32_t i = first; i < first + count; ++i) {
      RequestSpec spec;
      spec.player = PlayerId(fmt::format("some-player-name-{}", i));
      spec.player_name = "Some Player-Name";
      spec.game = GameId("20260128_DEN_HOU");
      spec.game_date = *ParseDay("2026-01-28");
      requests.push_back(MakeRequest(i, std::move(spec), store_.Now()));
    }
    return requests;
  }

  void Happen(const RowKeys& keys, const Event& event, std::vector<NewRequest> new_rows) {
    CommitBuilder builder(
        Await<Snapshot>(loop_, [&](auto done) { store_.Load(id_, keys, std::move(done)); }));
    builder.Apply(event);
    BatchCommit commit = builder.Build("bench", store_.Now(), {});
    commit.new_rows = std::move(new_rows);
    Await<Done>(loop_, [&](auto done) { store_.Commit(std::move(commit), std::move(done)); });
  }

  AsioLoop& loop_;
  FirestoreStore& store_;
  std::uint32_t requests_;
  BatchId id_;
};

int Main(const std::string& endpoint) {
  AsioLoop loop;
  const std::string project = fmt::format("demo-layout-{}", loop.Now().micros());
  Layouts layouts(endpoint, project);
  for (bool together : {false, true}) {
    Median(loop, kWarmUp, [&] { layouts.Write(together, kRequestsInBatch - 1); });
    Median(loop, kWarmUp, [&] { layouts.Read(together, kRequestsInBatch); });
  }
  fmt::print("{:<10} {:>6}  {:>8} {:>10} {:>9}\n", "rows", "layout", "writes", "commit ms",
             "read ms");
  for (std::uint32_t count : {1u, 20u, 100u, 450u}) {
    for (bool together : {false, true}) {
      double write = Median(loop, kRounds, [&] { layouts.Write(together, count); });
      double read = Median(loop, kRounds, [&] { layouts.Read(together, count); });
      fmt::print("{:<10} {:>6}  {:>8} {:>10.1f} {:>9.1f}\n", count, together ? "many" : "each",
                 layouts.writes, write, read);
    }
  }
  FirestoreStore store({.project = project, .endpoint = endpoint, .insecure = true}, loop);
  Await<Done>(loop, [&](auto done) { store.Check(std::move(done)); });
  Life(loop, store, 450).Create();
  fmt::print("\n{:<10} {:>10} {:>22} {:>18}\n", "requests", "create ms", "complete ms (groups of)",
             "stage 400 ms");
  for (auto [requests, group] : {std::pair(450u, 450u), std::pair(450u, 45u), std::pair(450u, 1u),
                                 std::pair(10'000u, 1000u)}) {
    Life life(loop, store, requests);
    double create = Median(loop, 1, [&] { life.Create(); });
    double stage = Median(loop, 1, [&] { life.Stage(); });
    double complete = Median(loop, 1, [&, group = group] { life.Complete(group); });
    fmt::print("{:<10} {:>10.0f} {:>14.0f} ({:>5}) {:>18.0f}\n", requests, create, complete, group,
               stage);
  }
  return 0;
}

}  // namespace
}  // namespace tipoff

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: firestore_layout HOST:PORT\n";
    return 2;
  }
  return tipoff::Main(argv[1]);
}
