#include "store/firestore/firestore_store.h"

#include "store/firestore/impl.h"

namespace tipoff {

FirestoreStore::FirestoreStore(FirestoreOptions options, Loop& loop)
    : impl_(std::make_unique<Impl>(options, loop)) {}

FirestoreStore::~FirestoreStore() = default;

Instant FirestoreStore::Now() { return impl_->client.Now(); }

void FirestoreStore::Check(DoneWith<Done> done) {
  auto op = impl_->Begin<Done>(Effect::kRead, std::move(done));
  impl_->client.Get({impl_->Name(impl_->paths.Lease("check"))}, {}, op.until,
                    [op](Result<Client::Documents> found) {
                      if (found.ok()) return op(Done{});
                      Error error = found.error();
                      if (error.code == Errc::kNotFound) {
                        error.message += "; `gcloud firestore databases create` makes one";
                      }
                      op(std::move(error));
                    });
}

}  // namespace tipoff
