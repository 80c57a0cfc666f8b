#include "app/version.h"

#include <fmt/format.h>

#include "build_info.h"

namespace tipoff {
namespace {

std::string Compiler() {
#if defined(__clang__)
  return "clang++ " __clang_version__;
#else
  return "g++ " __VERSION__;
#endif
}

}  // namespace

std::string VersionText() { return fmt::format("{}+{}", TIPOFF_VERSION, TIPOFF_COMMIT); }

std::string VersionLine() {
  return fmt::format("tipoff {} (commit {}, {})", TIPOFF_VERSION, TIPOFF_COMMIT, Compiler());
}

std::string VersionWith(const std::string& model) {
  return model.empty() ? VersionText() : VersionText() + " " + model;
}

}  // namespace tipoff
