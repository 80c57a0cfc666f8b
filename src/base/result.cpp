#include "base/result.h"

namespace tipoff {

std::string_view ToString(Errc code) {
  switch (code) {
    case Errc::kInvalid: return "invalid";
    case Errc::kNotFound: return "not found";
    case Errc::kExists: return "exists";
    case Errc::kConflict: return "conflict";
    case Errc::kUnavailable: return "unavailable";
    case Errc::kUnknownOutcome: return "unknown outcome";
    case Errc::kDenied: return "denied";
    case Errc::kExhausted: return "exhausted";
    case Errc::kCorrupt: return "corrupt";
    case Errc::kUnsupported: return "unsupported";
  }
  Panic(__FILE__, __LINE__, "unnamed Errc");
}

Error Annotate(Error error, std::string_view where) {
  error.message = std::string(where) + ": " + error.message;
  return error;
}

}  // namespace tipoff
