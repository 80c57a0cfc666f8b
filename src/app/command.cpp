#include "app/command.h"

#include <fmt/format.h>

#include <cstdio>

namespace tipoff {

int Complain(const Error& error) {
  fmt::print(stderr, "tipoff: {}\n", error.message);
  switch (error.code) {
    case Errc::kInvalid: return kExitUsage;
    case Errc::kNotFound: return kExitNotFound;
    case Errc::kDenied: return kExitNotAllowed;
    case Errc::kUnsupported: return kExitBadConfig;
    default: return kExitError;
  }
}

}  // namespace tipoff
