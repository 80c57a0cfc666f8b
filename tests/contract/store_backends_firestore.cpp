// The suite's backend on Firestore's emulator.
#include <gtest/gtest.h>

#include "contract/store_backends.h"
#include "store/firestore/firestore_store.h"
#include "support/emulators.h"

namespace tipoff {
namespace {

class FirestoreBackend final : public Backend {
 public:
  FirestoreBackend() {
    for (FirestoreStore* store : {&store_, &other_}) {
      auto checked = Await<Done>(loop, [&](auto done) { store->Check(done); });
      EXPECT_TRUE(checked.ok()) << checked.error().message;
    }
  }
  Store& store() override { return store_; }
  Store& other() override { return other_; }

 private:
  FirestoreOptions options_{
      .project = OwnProject(), .endpoint = RunningEmulators().firestore, .insecure = true};
  FirestoreStore store_{options_, loop};
  FirestoreStore other_{options_, loop};
};

}  // namespace

std::vector<Kind> StoreKinds() {
  return {{"firestore",
           []() -> std::unique_ptr<Backend> { return std::make_unique<FirestoreBackend>(); },
           [] { return RunningEmulators().missing; }}};
}

}  // namespace tipoff
