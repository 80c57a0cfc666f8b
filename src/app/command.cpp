#include "app/command.h"

#include <fmt/format.h>

#include <cstdio>

namespace tipoff {

int ExitFor(const Error& error) {
  switch (error.code) {
    case Errc::kInvalid: return kExitUsage;
    case Errc::kNotFound: return kExitNotFound;
    case Errc::kDenied: return kExitNotAllowed;
    case Errc::kUnsupported: return kExitBadConfig;
    default: return kExitError;
  }
}

int Complain(const Error& error) {
  fmt::print(stderr, "tipoff: {}\n", error.message);
  return ExitFor(error);
}

}  // namespace tipoff
