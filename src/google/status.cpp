#include "google/status.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

namespace tipoff::gcloud {
namespace {

Errc ToErrc(grpc::StatusCode code, Effect effect) {
  switch (code) {
    case grpc::INVALID_ARGUMENT:
    case grpc::OUT_OF_RANGE: return Errc::kInvalid;
    case grpc::NOT_FOUND: return Errc::kNotFound;
    case grpc::ALREADY_EXISTS: return Errc::kExists;
    case grpc::FAILED_PRECONDITION:
      // A write's precondition is a guard. A read has none: what it misses is an index.
      return effect == Effect::kRead ? Errc::kUnavailable : Errc::kConflict;
    case grpc::ABORTED:
    case grpc::RESOURCE_EXHAUSTED: return Errc::kUnavailable;
    case grpc::PERMISSION_DENIED:
    case grpc::UNAUTHENTICATED: return Errc::kDenied;
    case grpc::UNIMPLEMENTED: return Errc::kUnsupported;
    case grpc::DATA_LOSS: return Errc::kCorrupt;
    default:  // UNAVAILABLE, DEADLINE_EXCEEDED, CANCELLED, INTERNAL, UNKNOWN: the answer is lost.
      return effect == Effect::kRead ? Errc::kUnavailable : Errc::kUnknownOutcome;
  }
}

std::string_view Name(grpc::StatusCode code) {
  switch (code) {
    case grpc::CANCELLED: return "cancelled";
    case grpc::DEADLINE_EXCEEDED: return "no answer in time";
    case grpc::ABORTED: return "contention";
    case grpc::RESOURCE_EXHAUSTED: return "quota exhausted";
    case grpc::UNAVAILABLE: return "not reachable";
    case grpc::PERMISSION_DENIED: return "not allowed";
    case grpc::UNAUTHENTICATED: return "credentials refused";
    default: return "refused";
  }
}

}  // namespace

bool MayRetry(const grpc::Status& status, Effect effect) {
  switch (status.error_code()) {
    case grpc::ABORTED:
    case grpc::RESOURCE_EXHAUSTED: return true;  // Turned away before it was applied.
    case grpc::UNAVAILABLE:
    case grpc::INTERNAL: return effect != Effect::kWrite;
    default: return false;
  }
}

Error ToError(const grpc::Status& status, Effect effect, std::string_view what) {
  return {ToErrc(status.error_code(), effect),
          fmt::format("{}: {}: {}", what, Name(status.error_code()), status.error_message())};
}

}  // namespace tipoff::gcloud
