// Firestore's calls, as this store uses them. Includes gRPC: for this folder's .cpp files only.
//
// Each answer moves the store's time on. Each call ends by `until`, by the loop's steady clock.
#pragma once

#include <google/firestore/v1/firestore.grpc.pb.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/loop.h"
#include "google/calls.h"
#include "store/firestore/firestore_store.h"
#include "store/firestore/values.h"

namespace tipoff::firestore {

using gcloud::Effect;

class Client {
 public:
  Client(const FirestoreOptions& options, Loop& loop);

  // The full name of the document, or parent of collections, at this path below the database.
  std::string Name(const std::string& path) const;

  using Documents = std::vector<std::optional<fs::Document>>;
  // In the order of `names`; none where there is no such document. `mask`: only these fields; empty
  // for all of them. As of one instant.
  void Get(std::vector<std::string> names, std::vector<std::string> mask, Duration until,
           std::function<void(Result<Documents>)> done);

  // All writes or none. Answers each one's update time. kConflict, kExists or kNotFound: a
  // precondition did not hold. kExhausted: larger than Firestore allows.
  using Times = std::vector<::google::protobuf::Timestamp>;
  void Commit(std::vector<fs::Write> writes, Effect effect, Duration until,
              std::function<void(Result<Times>)> done);

  // Each write for itself, at most kDocumentsPerPage; answers whether it was made: false where the
  // document was there already and should not have been.
  void CreateEach(std::vector<fs::Write> writes, Duration until,
                  std::function<void(Result<std::vector<bool>>)> done);

  // The documents that a query finds; `parent` is a full name.
  void Query(std::string parent, fs::StructuredQuery query, Duration until,
             std::function<void(Result<std::vector<fs::Document>>)> done);

  // Runs `task` on the loop after a while, unless the client is gone by then.
  void Later(Duration pause, std::function<void()> task) { calls_.Later(pause, std::move(task)); }

  // See Store::Now.
  Instant Now();

 private:
  gcloud::CallSpec Spec(std::string what, Effect effect, Duration until) const;
  void See(const ::google::protobuf::Timestamp& time);
  template <class T>
  bool Refused(std::function<void(Result<T>)>& done);

  Loop& loop_;
  bool emulator_;
  std::string prefix_;    // Of its collections.
  std::string database_;  // "projects/P/databases/D"
  std::string routing_;   // What the service finds the database by.
  std::optional<Error> broken_;
  std::unique_ptr<fs::Firestore::Stub> stub_;
  Instant seen_;  // The highest time of any answer; never: none yet.
  Duration seen_at_steady_{};
  gcloud::Calls calls_;
};

// What one write of a commit does.
fs::Write Put(fs::Document document);     // Replaces it, or makes it.
fs::Write PutNew(fs::Document document);  // Makes it; refused if there is one.
fs::Write Merge(fs::Document document);   // Sets its fields, keeps all others.
fs::Write Delete(std::string name);
void Guard(fs::Write& write, const ::google::protobuf::Timestamp& update_time);
void GuardExists(fs::Write& write);

// kExhausted names what is too large: the number of writes, a document or the whole.
Status CheckSizes(const fs::CommitRequest& request);

}  // namespace tipoff::firestore
