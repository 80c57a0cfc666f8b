#include "base/instant.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace tipoff {
namespace {

constexpr std::int64_t kMicrosPerDay = 86'400'000'000;

bool ReadDigits(std::string_view& text, std::size_t count, int& value) {
  if (text.size() < count) return false;
  value = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (text[i] < '0' || text[i] > '9') return false;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(count);
  return true;
}

bool ReadChar(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text.front()) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

Error BadInstant(std::string_view text) {
  return Error{Errc::kInvalid,
               fmt::format("'{}' is not an RFC 3339 instant such as 2025-01-15T18:30:00Z", text)};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, Instant at) {
  return out << (at.never() ? "never" : FormatInstant(at));
}

std::ostream& operator<<(std::ostream& out, Day day) { return out << FormatDay(day); }

std::string FormatInstant(Instant at) {
  if (at.never()) return "";
  std::int64_t micros = at.micros();
  std::int64_t days = micros / kMicrosPerDay;
  std::int64_t rest = micros % kMicrosPerDay;
  if (rest < 0) {
    rest += kMicrosPerDay;
    --days;
  }
  std::int64_t ms = rest / 1000;
  return fmt::format("{}T{:02}:{:02}:{:02}.{:03}Z",
                     FormatDay(Day::FromDays(static_cast<std::int32_t>(days))), ms / 3'600'000,
                     ms / 60'000 % 60, ms / 1000 % 60, ms % 1000);
}

Result<Instant> ParseInstant(std::string_view text) {
  std::string_view rest = text;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  bool shape = ReadDigits(rest, 4, year) && ReadChar(rest, "-") && ReadDigits(rest, 2, month) &&
               ReadChar(rest, "-") && ReadDigits(rest, 2, day) && ReadChar(rest, "Tt ") &&
               ReadDigits(rest, 2, hour) && ReadChar(rest, ":") && ReadDigits(rest, 2, minute) &&
               ReadChar(rest, ":") && ReadDigits(rest, 2, second);
  if (!shape || hour > 23 || minute > 59 || second > 60) return BadInstant(text);
  auto date = MakeDay(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
  if (!date.ok()) return BadInstant(text);

  std::int64_t micros = 0;
  if (ReadChar(rest, ".")) {
    std::int64_t scale = 100'000;
    std::size_t digits = 0;
    for (int digit = 0; ReadDigits(rest, 1, digit); ++digits, scale /= 10) micros += digit * scale;
    if (digits == 0) return BadInstant(text);
  }
  std::int64_t offset_minutes = 0;
  if (!ReadChar(rest, "Zz")) {
    if (rest.empty()) return BadInstant(text);
    int sign = rest.front() == '-' ? -1 : 1;
    int offset_hour = 0, offset_minute = 0;
    if (!ReadChar(rest, "+-") || !ReadDigits(rest, 2, offset_hour) || !ReadChar(rest, ":") ||
        !ReadDigits(rest, 2, offset_minute) || offset_hour > 23 || offset_minute > 59) {
      return BadInstant(text);
    }
    offset_minutes = sign * (offset_hour * 60 + offset_minute);
  }
  if (!rest.empty()) return BadInstant(text);
  std::int64_t seconds = hour * 3600 + minute * 60 + second - offset_minutes * 60;
  return Instant::FromMicros(date->days() * kMicrosPerDay + seconds * 1'000'000 + micros);
}

std::string FormatDuration(Duration d) {
  if (d < Duration::zero()) return "-" + FormatDuration(-d);
  std::int64_t ms = d.count() / 1000;
  if (ms < 1000) return fmt::format("{}ms", ms);
  if (ms < 10'000) return fmt::format("{}.{}s", ms / 1000, ms / 100 % 10);
  std::int64_t seconds = ms / 1000;
  if (seconds < 60) return fmt::format("{}s", seconds);
  if (seconds < 3600) {
    return seconds % 60 == 0 ? fmt::format("{}m", seconds / 60)
                             : fmt::format("{}m {}s", seconds / 60, seconds % 60);
  }
  std::int64_t minutes = seconds / 60;
  if (minutes < 24 * 60) {
    return minutes % 60 == 0 ? fmt::format("{}h", minutes / 60)
                             : fmt::format("{}h {}m", minutes / 60, minutes % 60);
  }
  std::int64_t hours = minutes / 60;
  return hours % 24 == 0 ? fmt::format("{}d", hours / 24)
                         : fmt::format("{}d {}h", hours / 24, hours % 24);
}

Result<Duration> ParseDuration(std::string_view text) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{{
      {"us", 1},
      {"ms", 1'000},
      {"s", 1'000'000},
      {"m", 60'000'000},
      {"h", 3'600'000'000},
      {"d", kMicrosPerDay},
  }};
  Error bad{Errc::kInvalid,
            fmt::format("'{}' is not a duration: write a number with a unit, such as 500ms, 90s, "
                        "5m, 2h or 14d",
                        text)};
  std::string_view rest = text;
  if (rest.empty()) return bad;
  std::int64_t total = 0;
  while (!rest.empty()) {
    std::int64_t number = 0;
    auto [end, problem] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (problem != std::errc() || number < 0) return bad;
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    std::size_t letters = rest.find_first_of("0123456789");
    std::string_view unit = rest.substr(0, letters);
    const auto* found = std::find_if(kUnits.begin(), kUnits.end(),
                                     [&](const auto& entry) { return entry.first == unit; });
    std::int64_t part = 0;
    if (found == kUnits.end() || __builtin_mul_overflow(number, found->second, &part) ||
        __builtin_add_overflow(total, part, &total)) {
      return bad;
    }
    rest.remove_prefix(unit.size());
  }
  return Duration(total);
}

std::string FormatDay(Day day) {
  CivilDay civil = ToCivil(day);
  return fmt::format("{:04}-{:02}-{:02}", civil.year, civil.month, civil.day);
}

Result<Day> ParseDay(std::string_view text) {
  std::string_view rest = text;
  int year = 0, month = 0, day = 0;
  bool shape = ReadDigits(rest, 4, year) && ReadChar(rest, "-") && ReadDigits(rest, 2, month) &&
               ReadChar(rest, "-") && ReadDigits(rest, 2, day) && rest.empty();
  if (shape) {
    auto made = MakeDay(year, static_cast<unsigned>(month), static_cast<unsigned>(day));
    if (made.ok()) return made;
  }
  return Error{Errc::kInvalid, fmt::format("'{}' is not a date: write YYYY-MM-DD", text)};
}

Result<Day> MakeDay(int year, unsigned month, unsigned day) {
  std::chrono::year_month_day civil{std::chrono::year(year), std::chrono::month(month),
                                    std::chrono::day(day)};
  if (!civil.ok() || year < 1) {
    return Error{Errc::kInvalid, fmt::format("{}-{}-{} is not a date", year, month, day)};
  }
  return Day::FromDays(
      static_cast<std::int32_t>(std::chrono::sys_days(civil).time_since_epoch().count()));
}

CivilDay ToCivil(Day day) {
  std::chrono::year_month_day civil{std::chrono::sys_days(std::chrono::days(day.days()))};
  return {int(civil.year()), unsigned(civil.month()), unsigned(civil.day())};
}

}  // namespace tipoff
