// The profile gcp: state in Firestore, messages in Pub/Sub, history in the data folder of each
// machine.
#pragma once

#include <memory>

#include "app/backend.h"
#include "bus/pubsub/names.h"
#include "config/config.h"
#include "store/firestore/firestore_store.h"

namespace tipoff {

// Whether this is the profile that is configured.
bool UsesGcp(const Config& config);

FirestoreOptions FirestoreOptionsFrom(const Config& config);
PubsubOptions PubsubOptionsFrom(const Config& config);

std::unique_ptr<Backend> MakeGcp(FirestoreOptions firestore, PubsubOptions pubsub);

}  // namespace tipoff
