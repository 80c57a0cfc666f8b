#include "base/new_york.h"

#include <date/tz.h>

namespace tipoff {
namespace {

const date::time_zone& Zone() {
  static const date::time_zone* zone = date::locate_zone("America/New_York");
  return *zone;
}

date::local_time<Duration> LocalTime(Instant at) {
  return Zone().to_local(date::sys_time<Duration>(Duration(at.micros())));
}

}  // namespace

Result<Day> ResolveGameDate(std::string_view text, Instant now) {
  if (text == "TODAY") return NewYorkDay(now);
  if (text == "TOMORROW") return NewYorkDay(now) + 1;
  auto day = ParseDay(text);
  if (day.ok()) return day;
  return Error{Errc::kInvalid, day.error().message + ", TODAY or TOMORROW"};
}

Day NewYorkDay(Instant at) {
  auto days = date::floor<date::days>(LocalTime(at));
  return Day::FromDays(static_cast<std::int32_t>(days.time_since_epoch().count()));
}

int NewYorkMinuteOfDay(Instant at) {
  auto local = LocalTime(at);
  auto since_midnight = local - date::floor<date::days>(local);
  return static_cast<int>(std::chrono::duration_cast<std::chrono::minutes>(since_midnight).count());
}

Instant NewYorkInstant(Day day, int minute_of_day) {
  date::local_days local_day{date::days(day.days())};
  auto sys = Zone().to_sys(local_day + std::chrono::minutes(minute_of_day), date::choose::earliest);
  return Instant::FromMicros(std::chrono::duration_cast<Duration>(sys.time_since_epoch()).count());
}

}  // namespace tipoff
