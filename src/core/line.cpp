#include "core/line.h"

#include <fmt/format.h>

#include <cmath>

namespace tipoff {
namespace {

constexpr std::int64_t kMilliEnd = 1'000'000;

Result<Line> Checked(std::int64_t milli, std::string_view shown) {
  if (milli <= 0 || milli >= kMilliEnd) {
    return Error{Errc::kInvalid,
                 fmt::format("line {} is out of range: above 0 and below 1000", shown)};
  }
  return Line::FromMilli(static_cast<std::int32_t>(milli));
}

}  // namespace

Result<Line> Line::Parse(std::string_view text) {
  Error bad{Errc::kInvalid, fmt::format("'{}' is not a line such as 24.5", text)};
  std::int64_t milli = 0;
  int places = -1;  // -1: before the point.
  int digits = 0;
  for (char c : text) {
    if (c == '.' && places < 0 && digits > 0) {
      places = 0;
    } else if (c >= '0' && c <= '9' && places < 3 && digits < 9) {
      milli = milli * 10 + (c - '0');
      ++digits;
      if (places >= 0) ++places;
    } else {
      return bad;
    }
  }
  if (digits == 0 || places == 0) return bad;
  for (int i = places < 0 ? 0 : places; i < 3; ++i) milli *= 10;
  return Checked(milli, text);
}

Result<Line> Line::FromNumber(double number) {
  double milli = number * 1000;
  if (!std::isfinite(number) || std::abs(milli) > 1e9 ||
      std::abs(milli - std::round(milli)) > 1e-6) {
    return Error{Errc::kInvalid, fmt::format("line {} has more than three decimals", number)};
  }
  return Checked(std::llround(milli), fmt::format("{}", number));
}

std::string Line::str() const {
  std::string text = fmt::format("{}.{:03}", milli_ / 1000, milli_ % 1000);
  while (text.back() == '0' && text[text.size() - 2] != '.') text.pop_back();
  return text;
}

}  // namespace tipoff
