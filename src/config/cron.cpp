#include "config/cron.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <span>
#include <vector>

#include "base/new_york.h"

namespace tipoff {
namespace {

// 29 February is eight years away at most (2096 to 2104); a day that has not come by then never
// comes.
constexpr int kDaysAhead = 366 * 9;

struct Field {
  std::string_view name;
  int first;
  int last;
  std::span<const std::string_view> names;  // Of first, first + 1, ...
};

constexpr std::array<std::string_view, 12> kMonths{"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                                   "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr std::array<std::string_view, 7> kWeekdays{"SUN", "MON", "TUE", "WED",
                                                    "THU", "FRI", "SAT"};
constexpr std::array<Field, 5> kFields{{{"minute", 0, 59, {}},
                                        {"hour", 0, 23, {}},
                                        {"day of the month", 1, 31, {}},
                                        {"month", 1, 12, kMonths},
                                        {"day of the week", 0, 7, kWeekdays}}};

// Large enough for every field.
using Values = std::bitset<60>;

Error BadField(const Field& field, std::string_view text, std::string_view problem) {
  return Error{Errc::kInvalid, fmt::format("cron field '{}' ({}): {}", text, field.name, problem)};
}

bool SameName(std::string_view text, std::string_view name) {
  if (text.size() != name.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((text[i] & ~0x20) != name[i]) return false;
  }
  return true;
}

Result<int> ReadValue(const Field& field, std::string_view text) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (SameName(text, field.names[i])) return field.first + static_cast<int>(i);
  }
  int value = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem == std::errc() && end == text.data() + text.size() && value >= field.first &&
      value <= field.last) {
    return value;
  }
  return BadField(
      field, text,
      fmt::format("write {} to {}{}, or *", field.first, field.last,
                  field.names.empty() ? "" : fmt::format(" or a name such as {}", field.names[0])));
}

// "*", "5", "1-5", each of the first and the last with "/2".
Status ReadPart(const Field& field, std::string_view part, Values& values) {
  std::size_t slash = part.find('/');
  std::string_view range = part.substr(0, slash);
  std::size_t dash = range.find('-');
  int first = field.first, last = field.last;
  if (range != "*") {
    TIPOFF_TRY(first, ReadValue(field, range.substr(0, dash)));
    last = first;
    if (dash != std::string_view::npos) {
      TIPOFF_TRY(last, ReadValue(field, range.substr(dash + 1)));
    }
  }
  if (first > last) return BadField(field, part, "the range ends before it begins");
  int step = 1;
  if (slash != std::string_view::npos) {
    std::string_view text = part.substr(slash + 1);
    auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), step);
    if (problem != std::errc() || end != text.data() + text.size() || step < 1 || step > 59) {
      return BadField(field, part, "the step after '/' must be 1 to 59");
    }
    if (range != "*" && dash == std::string_view::npos) {
      return BadField(field, part, "a step needs a range: write */5 or 10-50/5");
    }
  }
  for (int value = first; value <= last; value += step) {
    values.set(static_cast<std::size_t>(value));
  }
  return Ok();
}

Result<Values> ReadField(const Field& field, std::string_view text) {
  Values values;
  for (std::string_view rest = text;;) {
    std::size_t comma = rest.find(',');
    std::string_view part = rest.substr(0, comma);
    if (part.empty()) return BadField(field, text, "a part of the list is empty");
    TIPOFF_TRY_STATUS(ReadPart(field, part, values));
    if (comma == std::string_view::npos) return values;
    rest = rest.substr(comma + 1);
  }
}

template <std::size_t N>
std::bitset<N> Narrow(const Values& values) {
  std::bitset<N> narrow;
  for (std::size_t i = 0; i < N; ++i) narrow[i] = values[i];
  return narrow;
}

std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  while (true) {
    std::size_t begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return words;
    text.remove_prefix(begin);
    std::size_t end = text.find_first_of(" \t");
    words.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end);
  }
}

bool NamesDay(const Cron& cron, Day day) {
  CivilDay civil = ToCivil(day);
  if (!cron.months[civil.month]) return false;
  // 1970-01-01 was a Thursday.
  bool weekday = cron.weekdays[static_cast<std::size_t>(((day.days() + 4) % 7 + 7) % 7)];
  bool month_day = cron.days[civil.day];
  return cron.either_day ? weekday || month_day : weekday && month_day;
}

}  // namespace

Result<Cron> ParseCron(std::string_view line) {
  std::vector<std::string_view> words = Words(line);
  if (words.size() != kFields.size()) {
    return Error{Errc::kInvalid,
                 fmt::format("cron line '{}' has {} fields: write five, such as '0 10 * * *' for "
                             "10:00 every day",
                             line, words.size())};
  }
  std::array<Values, 5> values;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    TIPOFF_TRY(values[i], ReadField(kFields[i], words[i]));
  }
  if (values[4][7]) values[4].set(0);
  Cron cron{Narrow<60>(values[0]), Narrow<24>(values[1]),
            Narrow<32>(values[2]), Narrow<13>(values[3]),
            Narrow<7>(values[4]),  !words[2].starts_with('*') && !words[4].starts_with('*')};
  if (NextAfter(cron, *ParseInstant("2025-01-01T00:00:00Z")).never()) {
    return BadField(kFields[2], words[2], "such a day never comes in that month");
  }
  return cron;
}

Instant NextAfter(const Cron& cron, Instant after) {
  Day first = NewYorkDay(after);
  for (Day day = first; day < first + kDaysAhead; day = day + 1) {
    if (!NamesDay(cron, day)) continue;
    // No earlier minute of the same day comes after `after`, whatever the clocks do.
    int minute = day == first ? NewYorkMinuteOfDay(after) : 0;
    for (; minute < 24 * 60; ++minute) {
      if (!cron.hours[static_cast<std::size_t>(minute / 60)] ||
          !cron.minutes[static_cast<std::size_t>(minute % 60)]) {
        continue;
      }
      Instant at = NewYorkInstant(day, minute);
      if (at > after) return at;
    }
  }
  return Instant();
}

}  // namespace tipoff
