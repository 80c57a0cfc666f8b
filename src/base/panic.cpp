#include "base/panic.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace tipoff {
namespace {

thread_local bool captured = false;

}  // namespace

PanicCapture::PanicCapture() { captured = true; }

PanicCapture::~PanicCapture() { captured = false; }

void Panic(const char* file, int line, std::string_view message) {
  if (captured) throw CaughtPanic(std::string(message));
  std::fprintf(stderr, "tipoff: broken invariant at %s:%d: %.*s\n", file, line,
               static_cast<int>(message.size()), message.data());
  std::fflush(stderr);
  std::abort();
}

}  // namespace tipoff
