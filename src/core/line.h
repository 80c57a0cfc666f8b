// An exact betting line. 24.5 and 25.0 of one player are two lines; a double or an integer cast
// makes them collide.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

// A line in thousandths: 24.5 is 24500. 0 < line < 1000.
class Line {
 public:
  static constexpr Line FromMilli(std::int32_t milli) { return Line(milli); }
  // "24.5", "25", "25.0": plain decimals of at most three places, nothing else. kInvalid otherwise.
  static Result<Line> Parse(std::string_view text);
  // From a JSON number; kInvalid where three places can't hold it exactly, or out of range.
  static Result<Line> FromNumber(double number);

  constexpr std::int32_t milli() const { return milli_; }
  double value() const { return milli_ / 1000.0; }
  // One place at least: "24.5", "25.0", "12.25". Equal lines have equal texts.
  std::string str() const;

  friend auto operator<=>(const Line&, const Line&) = default;

 private:
  explicit constexpr Line(std::int32_t milli) : milli_(milli) {}
  std::int32_t milli_;
};

}  // namespace tipoff
