#include "base/crash_point.h"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <charconv>

namespace tipoff::crash {
namespace {

std::atomic<std::uint64_t> passes_left{0};

}  // namespace

Status Arm(std::string_view text) {
  std::size_t colon = text.find(':');
  std::string_view name = text.substr(0, colon);
  const auto* found = std::find(std::begin(kPoints), std::end(kPoints), name);
  if (found == std::end(kPoints)) {
    return Error{Errc::kInvalid, fmt::format("there is no crash point '{}'", name)};
  }
  std::uint64_t nth = 1;
  if (colon != text.npos) {
    std::string_view digits = text.substr(colon + 1);
    auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), nth);
    if (problem != std::errc() || end != digits.data() + digits.size() || nth == 0) {
      return Error{Errc::kInvalid,
                   fmt::format("'{}' is no count of passes: write {}:1 or more", digits, name)};
    }
  }
  passes_left = nth;
  armed = static_cast<std::uint32_t>(found - std::begin(kPoints));
  return Ok();
}

void Pass(std::uint32_t point) {
  if (passes_left.fetch_sub(1) != 1) return;
  fmt::print(stderr, "crash point {}: this process kills itself\n", kPoints[point]);
  raise(SIGKILL);
}

}  // namespace tipoff::crash
