#include "base/panic.h"

#include <cstdio>
#include <cstdlib>

namespace tipoff {

void Panic(const char* file, int line, std::string_view message) {
  std::fprintf(stderr, "tipoff: broken invariant at %s:%d: %.*s\n", file, line,
               static_cast<int>(message.size()), message.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace tipoff
