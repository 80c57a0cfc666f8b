// Instants, durations and calendar days. Nothing here reads a clock: time is an argument, and only
// a `Loop` has one.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <ostream>
#include <string>
#include <string_view>

#include "base/result.h"

namespace tipoff {

using Duration = std::chrono::microseconds;

// A point in time, in microseconds since 1970-01-01T00:00:00Z. The default value means "never".
class Instant {
 public:
  constexpr Instant() = default;
  static constexpr Instant FromMicros(std::int64_t micros) { return Instant(micros); }

  constexpr std::int64_t micros() const { return micros_; }
  constexpr bool never() const { return micros_ == 0; }

  constexpr Instant operator+(Duration d) const { return Instant(micros_ + d.count()); }
  constexpr Instant operator-(Duration d) const { return Instant(micros_ - d.count()); }
  constexpr Duration operator-(Instant other) const { return Duration(micros_ - other.micros_); }

  friend constexpr auto operator<=>(const Instant&, const Instant&) = default;
  friend std::ostream& operator<<(std::ostream& out, Instant at);

 private:
  explicit constexpr Instant(std::int64_t micros) : micros_(micros) {}
  std::int64_t micros_ = 0;
};

// RFC 3339 in UTC with milliseconds: "2025-01-15T23:40:00.125Z"; "" for never.
std::string FormatInstant(Instant at);
// Accepts what RFC 3339 allows (any offset, any fraction). kInvalid otherwise.
Result<Instant> ParseInstant(std::string_view text);

// "1h 5m", "42s", "350ms": for people, two units at most.
std::string FormatDuration(Duration d);
// A number with a unit: "90s", "2h", "1h30m", "250ms", "14d". A bare number is kInvalid.
Result<Duration> ParseDuration(std::string_view text);

// A calendar day, without a time zone. The game day is New York's; see base/new_york.h.
class Day {
 public:
  constexpr Day() = default;
  static constexpr Day FromDays(std::int32_t days) { return Day(days); }

  // Days since 1970-01-01.
  constexpr std::int32_t days() const { return days_; }
  constexpr Day operator+(int n) const { return Day(days_ + n); }
  constexpr Day operator-(int n) const { return Day(days_ - n); }
  constexpr int operator-(Day other) const { return days_ - other.days_; }

  friend constexpr auto operator<=>(const Day&, const Day&) = default;
  friend std::ostream& operator<<(std::ostream& out, Day day);

 private:
  explicit constexpr Day(std::int32_t days) : days_(days) {}
  std::int32_t days_ = 0;
};

// "2025-01-15".
std::string FormatDay(Day day);
// Exactly `YYYY-MM-DD` and a day that exists. kInvalid otherwise.
Result<Day> ParseDay(std::string_view text);
// kInvalid unless year, month and day name a day that exists.
Result<Day> MakeDay(int year, unsigned month, unsigned day);

struct CivilDay {
  int year;
  unsigned month;
  unsigned day;
};
CivilDay ToCivil(Day day);

}  // namespace tipoff
