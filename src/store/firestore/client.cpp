#include "store/firestore/client.h"

#include <fmt/format.h>

#include <algorithm>

#include "google/channel.h"
#include "store/firestore/limits.h"
#include "store/firestore/queries.h"

namespace tipoff::firestore {
namespace {

constexpr char kEndpoint[] = "firestore.googleapis.com:443";

}  // namespace

Client::Client(const FirestoreOptions& options, Loop& loop)
    : loop_(loop),
      emulator_(options.insecure),
      prefix_(options.prefix),
      database_(fmt::format("projects/{}/databases/{}", options.project, options.database)),
      routing_(fmt::format("project_id={}&database_id={}", options.project, options.database)),
      calls_(loop) {
  if (options.project.empty()) {
    broken_ = Error{Errc::kInvalid, "project: Firestore needs the project's id"};
    return;
  }
  auto channel =
      gcloud::MakeChannel({.endpoint = options.endpoint.empty() ? kEndpoint : options.endpoint,
                           .insecure = options.insecure,
                           .credentials_file = options.credentials_file});
  if (channel.ok()) {
    stub_ = fs::Firestore::NewStub(*channel);
  } else {
    broken_ = Annotate(channel.error(), "Firestore");
  }
}

std::string Client::Name(const std::string& path) const {
  return database_ + "/documents" + (path.empty() ? "" : "/" + path);
}

gcloud::CallSpec Client::Spec(std::string what, Effect effect, Duration until) const {
  gcloud::CallSpec spec{.what = "Firestore " + std::move(what),
                        .effect = effect,
                        .limit = std::max(until - loop_.Steady(), Duration(1)),
                        .metadata = {{"google-cloud-resource-prefix", database_},
                                     {"x-goog-request-params", routing_}}};
  // The emulator's way of saying that security rules for phones do not apply.
  if (emulator_) spec.metadata.emplace_back("authorization", "Bearer owner");
  return spec;
}

// Answers with what is wrong with the options, if something is.
template <class T>
bool Client::Refused(std::function<void(Result<T>)>& done) {
  if (!broken_) return false;
  Later(Duration(0), [done = std::move(done), error = *broken_] { done(error); });
  return true;
}

void Client::Get(std::vector<std::string> names, std::vector<std::string> mask, Duration until,
                 std::function<void(Result<Documents>)> done) {
  if (Refused<Documents>(done)) return;
  auto request = std::make_shared<fs::BatchGetDocumentsRequest>();
  request->set_database(database_);
  std::map<std::string, std::vector<std::size_t>> places;
  for (std::size_t i = 0; i < names.size(); ++i) {
    auto& wanted = places[names[i]];
    if (wanted.empty()) request->add_documents(names[i]);
    wanted.push_back(i);
  }
  for (std::string& path : mask) request->mutable_mask()->add_field_paths(std::move(path));
  calls_.Stream<fs::BatchGetDocumentsResponse>(
      Spec("read", Effect::kRead, until),
      [this, request](auto* context, auto* reactor) {
        stub_->async()->BatchGetDocuments(context, request.get(), reactor);
      },
      [this, places = std::move(places), n = names.size(),
       done = std::move(done)](Result<std::vector<fs::BatchGetDocumentsResponse>> responses) {
        if (!responses.ok()) return done(responses.error());
        Documents documents(n);
        for (fs::BatchGetDocumentsResponse& response : *responses) {
          if (response.has_read_time()) See(response.read_time());
          if (!response.has_found()) continue;
          auto wanted = places.find(response.found().name());
          if (wanted == places.end()) continue;
          for (std::size_t i : wanted->second) documents[i] = response.found();
        }
        done(std::move(documents));
      });
}

void Client::Commit(std::vector<fs::Write> writes, Effect effect, Duration until,
                    std::function<void(Result<Times>)> done) {
  if (Refused<Times>(done)) return;
  auto request = std::make_shared<fs::CommitRequest>();
  request->set_database(database_);
  for (fs::Write& write : writes) *request->add_writes() = std::move(write);
  if (Status sizes = CheckSizes(*request); !sizes.ok()) {
    Later(Duration(0), [done = std::move(done), error = sizes.error()] { done(error); });
    return;
  }
  calls_.Unary<fs::CommitResponse>(
      Spec("commit", effect, until),
      [this, request](auto* context, auto* response, gcloud::Calls::Over over) {
        stub_->async()->Commit(context, request.get(), response, std::move(over));
      },
      [this, done = std::move(done)](Result<fs::CommitResponse> response) {
        if (!response.ok()) return done(response.error());
        See(response->commit_time());
        Times times;
        for (const fs::WriteResult& result : response->write_results()) {
          times.push_back(result.update_time());
        }
        done(std::move(times));
      });
}

void Client::CreateEach(std::vector<fs::Write> writes, Duration until,
                        std::function<void(Result<std::vector<bool>>)> done) {
  if (Refused<std::vector<bool>>(done)) return;
  auto request = std::make_shared<fs::BatchWriteRequest>();
  request->set_database(database_);
  for (fs::Write& write : writes) *request->add_writes() = std::move(write);
  calls_.Unary<fs::BatchWriteResponse>(
      Spec("write", Effect::kRepeatableWrite, until),
      [this, request](auto* context, auto* response, gcloud::Calls::Over over) {
        stub_->async()->BatchWrite(context, request.get(), response, std::move(over));
      },
      [this, done = std::move(done)](Result<fs::BatchWriteResponse> response) {
        if (!response.ok()) return done(response.error());
        for (const fs::WriteResult& result : response->write_results()) See(result.update_time());
        std::vector<bool> made;
        for (const auto& status : response->status()) {
          auto code = static_cast<grpc::StatusCode>(status.code());
          if (code != grpc::OK && code != grpc::ALREADY_EXISTS) {
            return done(gcloud::ToError(grpc::Status(code, status.message()),
                                        Effect::kRepeatableWrite, "Firestore write"));
          }
          made.push_back(code == grpc::OK);
        }
        done(std::move(made));
      });
}

void Client::Query(std::string parent, fs::StructuredQuery query, Duration until,
                   std::function<void(Result<std::vector<fs::Document>>)> done) {
  if (Refused<std::vector<fs::Document>>(done)) return;
  TIPOFF_CHECK(Served(query, prefix_), "a query of Firestore that no index serves");
  auto request = std::make_shared<fs::RunQueryRequest>();
  request->set_parent(std::move(parent));
  *request->mutable_structured_query() = std::move(query);
  calls_.Stream<fs::RunQueryResponse>(
      Spec("query", Effect::kRead, until),
      [this, request](auto* context, auto* reactor) {
        stub_->async()->RunQuery(context, request.get(), reactor);
      },
      [this, done = std::move(done)](Result<std::vector<fs::RunQueryResponse>> responses) {
        if (!responses.ok()) return done(responses.error());
        std::vector<fs::Document> documents;
        for (fs::RunQueryResponse& response : *responses) {
          if (response.has_read_time()) See(response.read_time());
          if (response.has_document()) documents.push_back(std::move(*response.mutable_document()));
        }
        done(std::move(documents));
      });
}

void Client::See(const ::google::protobuf::Timestamp& time) {
  Instant at = ToInstant(time);
  if (seen_.never() || at > Now()) {
    seen_ = at;
    seen_at_steady_ = loop_.Steady();
  }
}

Instant Client::Now() {
  if (seen_.never()) return loop_.Now();
  return seen_ + (loop_.Steady() - seen_at_steady_);
}

fs::Write Put(fs::Document document) {
  fs::Write write;
  *write.mutable_update() = std::move(document);
  return write;
}

fs::Write PutNew(fs::Document document) {
  fs::Write write = Put(std::move(document));
  write.mutable_current_document()->set_exists(false);
  return write;
}

fs::Write Merge(fs::Document document) {
  fs::Write write = Put(std::move(document));
  for (const auto& [field, value] : write.update().fields()) {
    write.mutable_update_mask()->add_field_paths(field);
  }
  return write;
}

fs::Write Delete(std::string name) {
  fs::Write write;
  write.set_delete_(std::move(name));
  return write;
}

void Guard(fs::Write& write, const ::google::protobuf::Timestamp& update_time) {
  *write.mutable_current_document()->mutable_update_time() = update_time;
}

void GuardExists(fs::Write& write) { write.mutable_current_document()->set_exists(true); }

Status CheckSizes(const fs::CommitRequest& request) {
  auto writes = static_cast<std::size_t>(request.writes_size());
  if (writes > kWritesPerCommit) {
    return Error{Errc::kExhausted, fmt::format("{} writes in one commit; Firestore takes {}",
                                               writes, kWritesPerCommit)};
  }
  for (const fs::Write& write : request.writes()) {
    if (write.update().ByteSizeLong() <= kDocumentBytes) continue;
    return Error{Errc::kExhausted,
                 fmt::format("the document '{}' would be larger than Firestore's 1 MiB",
                             LastSegment(write.update().name()))};
  }
  if (request.ByteSizeLong() > kCommitBytes) {
    return Error{Errc::kExhausted, fmt::format("a commit of {} bytes; Firestore takes 10 MiB",
                                               request.ByteSizeLong())};
  }
  return Ok();
}

}  // namespace tipoff::firestore
