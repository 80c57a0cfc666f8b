// What an answer of Google's services means for whoever called.
#pragma once

#include <string_view>

#include "base/result.h"

namespace grpc {
class Status;
}

namespace tipoff::gcloud {

// What a call does there, which decides whether it may be repeated after a lost answer.
enum class Effect {
  kRead,
  kRepeatableWrite,  // Applied twice it leaves what applied once does.
  kWrite,
};

// Whether the same call should be made again after a while: it was certainly not applied, or it
// does no harm twice, and what was in its way may pass.
bool MayRetry(const grpc::Status& status, Effect effect);

// The error of a call that failed for good. Where an answer may have been lost a write's error is
// kUnknownOutcome. `what` is put in front of the service's message: "Firestore commit".
Error ToError(const grpc::Status& status, Effect effect, std::string_view what);

}  // namespace tipoff::gcloud
