// What every fuzzer shares. A fuzzer is a function that libFuzzer calls with bytes it has made up;
// it ends the process where a promise is broken.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>

#include "base/panic.h"
#include "base/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tipoff {

inline std::string_view FuzzText(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// The JSON library reads a number of many digits to within its last binary digit only.
inline bool Close(double a, double b) {
  return a == b || std::abs(a - b) <= 1e-12 * std::max(std::abs(a), std::abs(b));
}

// A refusal is kInvalid, of bounded length, and begins with one of these places.
inline void CheckRefusal(const Error& error, std::initializer_list<std::string_view> places) {
  TIPOFF_CHECK(error.code == Errc::kInvalid, "refused with another code: " + error.message);
  for (std::string_view place : places) {
    if (error.message.starts_with(place)) return;
  }
  Panic(__FILE__, __LINE__, "a refusal that does not say where: " + error.message);
}

}  // namespace tipoff
