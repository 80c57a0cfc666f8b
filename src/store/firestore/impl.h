// The inside of FirestoreStore, of this folder only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/reply.h"
#include "core/limits.h"
#include "store/firestore/client.h"
#include "store/firestore/documents.h"
#include "store/firestore/firestore_store.h"

namespace tipoff {

using firestore::Client;
using firestore::Effect;
namespace fs = ::google::firestore::v1;

struct FirestoreStore::Impl {
  using UpdateTime = ::google::protobuf::Timestamp;
  // PlayerKey to ordinal, of all rows of a sealed batch.
  using Players = std::unordered_map<std::string, std::uint32_t>;

  // What never changes about a batch, and what was last seen of its header. A cache of reads: what
  // it says is only relied upon where a guard of the write would notice that it is over.
  struct Known {
    Slot slot;
    std::uint32_t expected = 0;
    std::uint32_t rows_per_document = 1;
    bool sealed = false;
    std::uint64_t version = 0;  // 0: not known any more.
    UpdateTime update_time;
    bool terminal = false;
    std::shared_ptr<const Players> players;
    std::uint64_t used = 0;

    std::uint32_t documents() const {
      return (expected + rows_per_document - 1) / rows_per_document;
    }
  };

  // One call of the port: answered once, in time, whatever becomes of its calls to Firestore.
  template <class T>
  struct Op {
    Duration until;
    std::shared_ptr<Reply<T>> reply;

    void Answer(Result<T> result) const { reply->Post(std::move(result)); }
    void operator()(Result<T> result) const { Answer(std::move(result)); }
  };
  template <class T>
  Op<T> Begin(Effect effect, DoneWith<T> done) {
    Error late = effect == Effect::kRead
                     ? Error{Errc::kUnavailable, "Firestore did not answer in time"}
                     : Error{Errc::kUnknownOutcome, "Firestore did not answer in time"};
    return {loop.Steady() + limits::kCallTime,
            Reply<T>::Start(loop, limits::kCallTime, std::move(late), std::move(done))};
  }

  Impl(const FirestoreOptions& options, Loop& to_run_on)
      : loop(to_run_on), paths(options.prefix), client(options, to_run_on) {}

  // --- batches.cpp
  struct Creation;
  void TryCreate(const std::shared_ptr<Creation>& creation);
  void DecideCreate(const std::shared_ptr<Creation>& creation, Client::Documents found);
  void WriteCreate(const std::shared_ptr<Creation>& creation, const Client::Documents& found);
  void Write(const Op<Done>& op, std::shared_ptr<const BatchCommit> commit, const Known& known);
  std::vector<fs::Write> Writes(const BatchCommit& commit, std::uint32_t rows_per_document);
  fs::Write Header(const BatchCommit& commit, const UpdateTime& update_time);
  // Frees the slot of a batch that ends.
  fs::Write FreeSlot(const Batch& ended) const;

  // --- known.cpp
  std::string Name(const std::string& path) const { return client.Name(path); }
  std::vector<std::string> RowNames(const BatchId& batch, std::uint32_t first,
                                    std::uint32_t count) const;
  Known* Find(const BatchId& batch);
  // Of a header that was just read whole.
  Known& Remember(const Batch& batch, const fs::Document& header);
  void Forget(const BatchId& batch) { known.erase(batch); }
  // From memory, or read. kNotFound: there is no such batch.
  void WithBatch(const BatchId& batch, Duration until, std::function<void(Result<Known>)> next);
  void ReadBatch(const BatchId& batch, Duration until, std::function<void(Result<Known>)> next);
  void WithPlayers(const BatchId& batch, Duration until,
                   std::function<void(Result<std::shared_ptr<const Players>>)> next);

  // --- rows.cpp
  struct Scan;
  void ScanRows(std::shared_ptr<Scan> scan);

  // --- staged.cpp
  struct Staging;
  void StageNext(const std::shared_ptr<Staging>& staging);
  void ReadFirst(const std::shared_ptr<Staging>& staging, std::vector<std::size_t> there);

  // --- listing.cpp
  struct Listing;
  void ListNext(const std::shared_ptr<Listing>& listing);
  struct Drop;
  void DropNext(const std::shared_ptr<Drop>& drop);
  void DropRest(const std::shared_ptr<Drop>& drop);

  // --- records.cpp
  struct Dropping;
  void DropSome(const std::shared_ptr<Dropping>& dropping);
  struct Putting;
  void PutNext(const std::shared_ptr<Putting>& putting);
  struct Leasing;
  void TryLease(const std::shared_ptr<Leasing>& leasing);

  Loop& loop;
  firestore::Paths paths;
  std::map<BatchId, Known> known;
  std::uint64_t uses = 0;
  std::int64_t last_order = 0;  // Of the quarantine.
  Client client;                // Last: its end waits for the calls that use the rest.
};

namespace firestore {

Error NoBatch(const BatchId& batch);
// Before the next try of a read-decide-write: at once the first time.
Duration PauseBefore(int tries);
// The fields that a header is decoded from.
const std::vector<std::string>& HeaderFields();

}  // namespace firestore
}  // namespace tipoff
