// A configuration file of any text: what is accepted is sound, and the environment can say the
// same. A short text is also read as a line of the schedule, a tolerance, a duration and an
// instant.
#include "config/config.h"

#include <fmt/format.h>

#include <cmath>

#include "base/new_york.h"
#include "config/start_line.h"
#include "config/together.h"
#include "core/policy.h"
#include "fuzz/fuzz.h"

namespace tipoff {
namespace {

const Instant kNow = *ParseInstant("2025-01-15T17:00:00Z");
constexpr std::size_t kLineBytesMax = 200;

// What one setting holds, as a text; and whether the environment can say that.
struct Told {
  std::string text;
  bool sayable = true;
};

Told Tell(const Config& config, const Setting& setting) {
  switch (setting.kind) {
    case SettingKind::kText: return {config.Text(setting.key)};
    case SettingKind::kInteger: {
      auto number = config.OptionalInteger(setting.key);
      return {number ? fmt::to_string(*number) : ""};
    }
    case SettingKind::kNumber:
    case SettingKind::kPercent: {
      double number = config.Number(setting.key);
      TIPOFF_CHECK(std::isfinite(number), "a setting that is no number");
      return {fmt::to_string(number)};
    }
    case SettingKind::kBoolean: return {config.Boolean(setting.key) ? "true" : "false"};
    case SettingKind::kDuration: {
      auto span = config.OptionalSpan(setting.key);
      return {span ? fmt::to_string(span->count()) : ""};
    }
    case SettingKind::kTexts: {
      Told told;
      for (const std::string& text : config.Texts(setting.key)) {
        told.text += text + "\n";
        bool plain = !text.empty() && text.find(setting.separator) == text.npos &&
                     text.find_first_not_of(" \t\r\n") == 0 &&
                     text.find_last_not_of(" \t\r\n") == text.size() - 1;
        told.sayable = told.sayable && plain;
      }
      return told;
    }
  }
  Panic(__FILE__, __LINE__, "unnamed SettingKind");
}

void CheckAccepted(const Config& config) {
  TIPOFF_CHECK(DangersTogether(config).empty(), "accepted, though dangerous together");
  ConfigSources sources;
  std::vector<const Setting*> said;
  for (const Setting& setting : Settings()) {
    std::string shown = config.Shown(setting.key);
    Told told = Tell(config, setting);
    if (config.IsDefault(setting.key) || setting.secret || shown.empty() || !told.sayable) continue;
    sources.environment[EnvironmentName(setting)] = shown;
    said.push_back(&setting);
  }
  // Without those that are left out the rest may be dangerous together, and is refused.
  auto again = ResolveConfig(sources);
  if (!again.ok()) {
    TIPOFF_CHECK(again.error().code == Errc::kUnsupported, again.error().message);
    return;
  }
  for (const Setting* setting : said) {
    TIPOFF_CHECK(Tell(*again, *setting).text == Tell(config, *setting).text,
                 fmt::format("{}: the environment says something else", setting->key));
  }
  for (const std::string& text : config.Texts("schedule.start")) {
    TIPOFF_CHECK(ParseStartLine(text).ok(), "a schedule that can't be kept");
  }
}

void CheckFile(std::string_view text) {
  auto config = ParseConfig(text, "t.toml");
  if (config.ok()) return CheckAccepted(*config);
  const Error& error = config.error();
  TIPOFF_CHECK(error.code == Errc::kUnsupported, error.message);
  bool placed = error.message.find("t.toml line ") != std::string::npos ||
                error.message.find(" bytes") != std::string::npos ||
                error.message.find(" and ") != std::string::npos;  // Two settings, with origins.
  TIPOFF_CHECK(placed, "refused without saying where: " + error.message);
}

void CheckStartLine(std::string_view text) {
  auto line = ParseStartLine(text);
  if (!line.ok()) {
    TIPOFF_CHECK(line.error().code == Errc::kInvalid, line.error().message);
    return;
  }
  Instant next = kNow;
  for (int i = 0; i < 3; ++i) {
    Instant after = next;
    next = NextAfter(line->cron, after);
    TIPOFF_CHECK(next > after, "a line that never comes again");
    TIPOFF_CHECK(NextAfter(line->cron, next - Duration(1)) == next, "another time a moment before");
  }
}

void CheckTexts(std::string_view text) {
  if (auto steps = ParseTolerance(text); steps.ok()) {
    std::string written = FormatTolerance(*steps);
    auto again = ParseTolerance(written);
    TIPOFF_CHECK(again.ok() && *again == *steps, "another tolerance: " + written);
  }
  if (auto span = ParseDuration(text); span.ok()) {
    TIPOFF_CHECK(*span >= Duration::zero(), "a duration below zero");
    TIPOFF_CHECK(!FormatDuration(*span).empty(), "a duration without a text");
  }
  if (auto at = ParseInstant(text); at.ok() && !at->never()) {
    auto again = ParseInstant(FormatInstant(*at));
    TIPOFF_CHECK(again.ok(), "can't be read again: " + FormatInstant(*at));
    Duration lost = *at - *again;
    TIPOFF_CHECK(lost >= Duration::zero() && lost < std::chrono::milliseconds(1), "another time");
  }
  if (auto day = ResolveGameDate(text, kNow); day.ok()) {
    auto again = ParseDay(FormatDay(*day));
    TIPOFF_CHECK(again.ok() && *again == *day, "another day: " + FormatDay(*day));
  }
}

}  // namespace
}  // namespace tipoff

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text = tipoff::FuzzText(data, size);
  tipoff::CheckFile(text);
  if (size <= tipoff::kLineBytesMax) {
    tipoff::CheckStartLine(text);
    tipoff::CheckTexts(text);
  }
  return 0;
}
