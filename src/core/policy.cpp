#include "core/policy.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

namespace tipoff {
namespace {

constexpr double kNeverPercent = 101;
// Of a deadline, and of anything that is waited for within it: sums and multiples stay in range.
constexpr Duration kLongest = std::chrono::hours(24 * 7);
// What 100 publishes did not bring to a worker, no further one will.
constexpr int kPublishesMax = 100;
constexpr int kPoisonAfterMost = 10'000;

std::string_view Trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Error BadStep(std::string_view step) {
  return Error{
      Errc::kInvalid,
      fmt::format("tolerance step '{}': write '95% until 25m' or '90% at deadline'", step)};
}

Result<ToleranceStep> ParseStep(std::string_view text) {
  ToleranceStep step;
  std::size_t sign = text.find('%');
  if (sign == std::string_view::npos) return BadStep(text);
  auto [end, problem] = std::from_chars(text.data(), text.data() + sign, step.percent);
  if (problem != std::errc() || end != text.data() + sign || !(step.percent >= 0) ||
      step.percent > 100) {
    return BadStep(text);
  }
  std::string_view when = Trim(text.substr(sign + 1));
  if (when == "at deadline") return step;
  if (!when.starts_with("until ")) return BadStep(text);
  auto until = ParseDuration(Trim(when.substr(6)));
  if (!until.ok()) return BadStep(text);
  step.until = *until;
  return step;
}

// To the microsecond, as ParseDuration reads it; FormatDuration rounds.
std::string ExactDuration(Duration d) {
  static constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{{
      {"d", 86'400'000'000},
      {"h", 3'600'000'000},
      {"m", 60'000'000},
      {"s", 1'000'000},
      {"ms", 1'000},
      {"us", 1},
  }};
  std::string text;
  std::int64_t rest = d.count();
  for (const auto& [unit, micros] : kUnits) {
    if (rest >= micros) text += fmt::format("{}{}", rest / micros, unit);
    rest %= micros;
  }
  return text.empty() ? "0s" : text;
}

Error Bad(std::string_view field, std::string_view problem) {
  return Error{Errc::kInvalid, fmt::format("{}: {}", field, problem)};
}

}  // namespace

double ToleratedPercent(const Policy& policy, Duration age) {
  for (const ToleranceStep& step : policy.tolerance) {
    if (age < step.until) return step.percent;
  }
  return policy.tolerance.empty() ? kNeverPercent : policy.tolerance.back().percent;
}

Result<std::vector<ToleranceStep>> ParseTolerance(std::string_view text) {
  std::vector<ToleranceStep> steps;
  while (!Trim(text).empty()) {
    std::size_t comma = text.find(',');
    TIPOFF_TRY(ToleranceStep step, ParseStep(Trim(text.substr(0, comma))));
    if (!steps.empty() && step.until <= steps.back().until) {
      return Error{Errc::kInvalid, "tolerance: each step must end later than the one before it"};
    }
    steps.push_back(step);
    text = comma == std::string_view::npos ? "" : text.substr(comma + 1);
  }
  return steps;
}

std::string FormatTolerance(const std::vector<ToleranceStep>& steps) {
  std::string text;
  for (const ToleranceStep& step : steps) {
    if (!text.empty()) text += ", ";
    text += fmt::format("{}% ", step.percent);
    text += step.until == Duration::max() ? "at deadline" : "until " + ExactDuration(step.until);
  }
  return text;
}

Status CheckPolicy(const Policy& policy) {
  if (policy.deadline <= Duration::zero()) return Bad("deadline", "must be longer than 0");
  if (policy.deadline > kLongest) return Bad("deadline", "at most 7d");
  if (policy.stall_after <= Duration::zero()) return Bad("stall_after", "must be longer than 0");
  if (policy.stall_after > kLongest) return Bad("stall_after", "at most 7d");
  if (!(policy.stall_percent >= 0 && policy.stall_percent <= 100)) {
    return Bad("stall_percent", "must be 0..100");
  }
  if (policy.publishes_max < 1 || policy.publishes_max > kPublishesMax) {
    return Bad("publishes_max", "must be 1..100");
  }
  if (policy.poison_after < 0 || policy.poison_after > kPoisonAfterMost) {
    return Bad("poison_after", "must be 0..10000; 0 never ends a batch for failing alike");
  }
  if (policy.commit_interval_min < Duration::zero() ||
      policy.commit_interval_min > std::chrono::seconds(30)) {
    return Bad("commit_interval_min", "must be 0s..30s");
  }
  if (policy.seal_within <= Duration::zero()) return Bad("seal_within", "must be longer than 0");
  return Ok();
}

}  // namespace tipoff
