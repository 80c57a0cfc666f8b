#include "history/import/values.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/new_york.h"
#include "history/names.h"

namespace tipoff {
namespace {

constexpr std::size_t kShownBytes = 40;
constexpr int kMinutesMost = 80;  // Six overtimes are 78.

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

std::optional<int> ToInt(std::string_view digits) {
  int value = 0;
  auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (problem != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  return value;
}

std::optional<double> ToDouble(std::string_view text) {
  double value = 0;
  auto [end, problem] =
      std::from_chars(text.data(), text.data() + text.size(), value, std::chars_format::fixed);
  if (problem != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::optional<Day> DayOf(std::string_view year, std::string_view month, std::string_view day) {
  if (year.size() != 4 || month.size() > 2 || day.size() > 2 || !IsDigits(year) ||
      !IsDigits(month) || !IsDigits(day)) {
    return std::nullopt;
  }
  auto made = MakeDay(*ToInt(year), static_cast<unsigned>(*ToInt(month)),
                      static_cast<unsigned>(*ToInt(day)));
  if (!made.ok()) return std::nullopt;
  return *made;
}

// "Apr 13, 2025" or "April 13, 2025".
std::optional<Day> NamedMonth(std::string_view text) {
  static constexpr std::array<std::string_view, 12> kMonths{
      "january", "february", "march",     "april",   "may",      "june",
      "july",    "august",   "september", "october", "november", "december"};
  std::string lower = Lower(text);
  std::string_view rest = lower;
  std::size_t word = rest.find_first_of(" .");
  std::size_t comma = rest.find(", ");
  if (word == std::string_view::npos || word < 3 || comma == std::string_view::npos ||
      comma < word) {
    return std::nullopt;
  }
  std::string_view name = rest.substr(0, word);
  std::size_t day = rest.find_first_not_of(" .", word);
  const auto* month = std::find_if(kMonths.begin(), kMonths.end(),
                                   [&](std::string_view m) { return m.starts_with(name); });
  if (month == kMonths.end() || day > comma) return std::nullopt;
  return DayOf(rest.substr(comma + 2), std::to_string(month - kMonths.begin() + 1),
               rest.substr(day, comma - day));
}

std::optional<Day> NumericDay(std::string_view text) {
  if (text.size() == 8 && IsDigits(text)) {
    return DayOf(text.substr(0, 4), text.substr(4, 2), text.substr(6, 2));
  }
  std::size_t first = text.find_first_of("-/");
  if (first == std::string_view::npos) return std::nullopt;
  std::size_t second = text.find(text[first], first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  std::string_view a = text.substr(0, first), b = text.substr(first + 1, second - first - 1),
                   c = text.substr(second + 1);
  if (a.size() == 4) return DayOf(a, b, c);
  if (text[first] == '/') return DayOf(c, a, b);
  return std::nullopt;
}

// An instant with a zone; seconds may be missing.
std::optional<Instant> ZonedInstant(std::string_view text) {
  if (text.size() < 17 || (text[10] != 'T' && text[10] != ' ')) return std::nullopt;
  std::string padded(text);
  if (text[13] == ':' && text[16] != ':') padded.insert(16, ":00");
  if (padded.size() > 19 && padded.find_first_of("Zz+-", 19) == std::string::npos) {
    return std::nullopt;
  }
  auto instant = ParseInstant(padded);
  if (!instant.ok()) return std::nullopt;
  return *instant;
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool IsDigits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool IsBlank(std::string_view text) {
  if (text.empty()) return true;
  if (text.size() > 6) return false;
  static constexpr std::array<std::string_view, 8> kNothing{"nan",  "na",  "n/a", "none",
                                                            "null", "nil", "-",   "--"};
  return std::find(kNothing.begin(), kNothing.end(), Lower(text)) != kNothing.end();
}

std::string Shown(std::string_view text) {
  std::string shown = "'";
  bool cut = text.size() > kShownBytes;
  for (char c : cut ? text.substr(0, kShownBytes) : text) {
    bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
    shown += control ? '?' : c;
  }
  // A cut may fall inside a character.
  for (int i = 0; i < 3 && cut && !IsCleanText(shown); ++i) shown.pop_back();
  if (!IsCleanText(shown)) {
    std::replace_if(
        shown.begin(), shown.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x7f; },
        '?');
  }
  return shown + (cut ? "...'" : "'");
}

Result<Day> ParseGameDay(std::string_view text, bool local_time) {
  std::optional<Day> day;
  if (std::optional<Instant> at = local_time ? std::nullopt : ZonedInstant(text)) {
    day = NewYorkDay(*at);
  } else if (day = NamedMonth(text); !day) {
    day = NumericDay(text.substr(0, text.find_first_of("T ")));
  }
  if (!day) return Error{Errc::kInvalid, fmt::format("{} is not a date", Shown(text))};
  int year = ToCivil(*day).year;
  if (year < 1946 || year > 2100) {
    return Error{Errc::kInvalid, fmt::format("the date {} is absurd", Shown(text))};
  }
  return *day;
}

Result<Played> ParseMinutes(std::string_view text, bool dot_is_colon) {
  Error bad{Errc::kInvalid, fmt::format("minutes {} are not a time", Shown(text))};
  std::size_t mark = text.find(':');
  if (mark == std::string_view::npos && dot_is_colon) mark = text.find('.');
  Played played;
  if (mark != std::string_view::npos) {
    std::string rest(text.substr(mark + 1));
    if (text[mark] == '.' && rest.size() == 1) rest += '0';  // A number lost its last digit.
    std::string_view whole = text.substr(0, mark);
    auto minutes = ToInt(whole), seconds = ToInt(rest);
    // Kaggle rounds 37:59.6 to 37.60.
    int seconds_most = dot_is_colon ? 60 : 59;
    bool shape = IsDigits(whole) && rest.size() == 2 && IsDigits(rest);
    if (!shape || !minutes || *seconds > seconds_most) return bad;
    bool in_range = *minutes <= kMinutesMost;
    played = {in_range ? *minutes * 60 + *seconds : -1, false};
  } else {
    std::optional<double> minutes = ToDouble(text);
    if (!minutes) return bad;
    bool in_range = *minutes >= 0 && *minutes <= kMinutesMost;
    played.seconds = in_range ? static_cast<int>(std::lround(*minutes * 60)) : -1;
    played.whole_minutes = !dot_is_colon && in_range && *minutes == std::floor(*minutes);
  }
  if (played.seconds < 0 || played.seconds > kMinutesMost * 60) {
    return Error{Errc::kInvalid,
                 fmt::format("minutes {} are out of range: 0 to {}", Shown(text), kMinutesMost)};
  }
  return played;
}

Result<std::optional<int>> ParseCount(std::string_view text, int least, int most) {
  if (IsBlank(text)) return std::optional<int>();
  std::string_view digits = text.starts_with('+') ? text.substr(1) : text;
  std::optional<int> value = ToInt(digits);
  if (!value) {
    std::optional<double> number = ToDouble(digits);
    if (number && *number == std::floor(*number) && std::abs(*number) < 1e9) {
      value = static_cast<int>(*number);
    }
  }
  if (!value) {
    return Error{Errc::kInvalid, fmt::format("{} is not a whole number", Shown(text))};
  }
  if (*value < least || *value > most) {
    return Error{Errc::kInvalid,
                 fmt::format("{} is out of range: {} to {}", Shown(text), least, most)};
  }
  return value;
}

std::optional<bool> ParseFlag(std::string_view text) {
  static constexpr std::array<std::string_view, 10> kYes{"1", "1.0",  "true", "t",   "yes",
                                                         "y", "home", "h",    "vs.", "vs"};
  static constexpr std::array<std::string_view, 9> kNo{"0", "0.0",  "false", "f", "no",
                                                       "n", "away", "a",     "@"};
  if (text.size() > 8) return std::nullopt;
  std::string lower = Lower(text);
  if (std::find(kYes.begin(), kYes.end(), lower) != kYes.end()) return true;
  if (std::find(kNo.begin(), kNo.end(), lower) != kNo.end()) return false;
  return std::nullopt;
}

std::optional<std::string> ParseSeason(std::string_view text) {
  std::optional<int> start;
  if (text.size() == 7 && text[4] == '-' && IsDigits(text.substr(5))) {
    start = IsDigits(text.substr(0, 4)) ? ToInt(text.substr(0, 4)) : std::nullopt;
  } else if (text.size() == 9 && text[4] == '-' && IsDigits(text.substr(5))) {
    start = IsDigits(text.substr(0, 4)) ? ToInt(text.substr(0, 4)) : std::nullopt;
  } else if (text.size() == 5 && IsDigits(text)) {
    start = ToInt(text.substr(1));
  }
  if (!start || *start < 1946 || *start > 2100) return std::nullopt;
  return fmt::format("{:04}-{:02}", *start, (*start + 1) % 100);
}

}  // namespace tipoff
