#include "api/starting.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "api/fields.h"
#include "base/json.h"
#include "base/new_york.h"

namespace tipoff {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 8> kRunModes{"OVERNIGHT", "FIRST", "RETRY",    "FINAL_RETRY",
                                                    "LAST_CALL", "EARLY", "BACKFILL", "PRE_GAME"};
constexpr std::size_t kNameBytesMax = 200;

Result<std::string> ShortText(JsonReader& reader, std::string_view field,
                              std::string fallback = "") {
  std::string text = reader.Text(field, std::move(fallback));
  if (text.size() > kNameBytesMax) {
    return Error{Errc::kInvalid, fmt::format("{}: at most {} characters, not {}", field,
                                             kNameBytesMax, text.size())};
  }
  return text;
}

// What both bodies have, under the names that both use.
Result<StartRequest> ReadCommon(const json::object& body, const ApiOptions& options, Instant now,
                                std::string_view dataset_field, std::string_view mode_field) {
  json::value value(body);
  JsonReader reader(value);
  StartRequest request;
  std::string date = reader.Text("game_date", "TODAY");
  TIPOFF_TRY(request.slot.dataset, ShortText(reader, dataset_field));
  request.players.min_minutes = reader.Number("min_minutes", options.min_minutes);
  request.players.use_multiple_lines = reader.Boolean("use_multiple_lines");
  request.force = reader.Boolean("force");
  TIPOFF_TRY(request.correlation_id, ShortText(reader, "correlation_id"));
  TIPOFF_TRY(request.parent_processor, ShortText(reader, "parent_processor"));
  request.skip_completeness_check = reader.Boolean("skip_completeness_check");
  request.run_mode = reader.Text(mode_field, "OVERNIGHT");
  TIPOFF_TRY_STATUS(reader.status());
  if (request.players.min_minutes < 0 || request.players.min_minutes > 48) {
    return Error{Errc::kInvalid,
                 fmt::format("min_minutes: {} is not from 0 to 48", request.players.min_minutes)};
  }
  if (std::find(kRunModes.begin(), kRunModes.end(), request.run_mode) == kRunModes.end()) {
    return Error{Errc::kInvalid, fmt::format("{}: '{}' is not one of {}", mode_field,
                                             request.run_mode, fmt::join(kRunModes, ", "))};
  }
  auto day = ResolveGameDate(date, now);
  if (!day.ok()) return Annotate(day.error(), "game_date");
  request.slot.game_date = *day;
  request.policy = options.policy;
  request.completeness_min_percent = options.completeness_min_percent;
  request.force_repeat_window = options.force_repeat_window;
  request.groups = options.groups;
  request.slate_age_max = options.slate_age_max;
  return request;
}

Status CheckWindow(Day day, const ApiOptions& options, Instant now) {
  Day first = NewYorkDay(now - options.start_window_past);
  Day last = NewYorkDay(now + options.start_window_future);
  if (day >= first && day <= last) return Ok();
  return Error{Errc::kInvalid,
               fmt::format("game_date: {} is not within {} .. {}; for older dates set "
                           "prediction_run_mode BACKFILL or use POST /v1/batches",
                           FormatDay(day), FormatDay(first), FormatDay(last))};
}

}  // namespace

Result<StartRequest> ReadPlatformStart(const json::object& body, const ApiOptions& options,
                                       Instant now) {
  TIPOFF_TRY(StartRequest request,
             ReadCommon(body, options, now, "dataset_prefix", "prediction_run_mode"));
  if (request.run_mode != "BACKFILL") {
    TIPOFF_TRY_STATUS(CheckWindow(request.slot.game_date, options, now));
  }
  return request;
}

Result<StartRequest> ReadStart(const json::object& body, const ApiOptions& options, Instant now) {
  TIPOFF_TRY_STATUS(OnlyFields(body, {"game_date", "dataset", "min_minutes", "force",
                                      "use_multiple_lines", "skip_completeness_check", "run_mode",
                                      "correlation_id", "parent_processor", "policy"}));
  TIPOFF_TRY(StartRequest request, ReadCommon(body, options, now, "dataset", "run_mode"));
  const json::value* policy = body.if_contains("policy");
  if (policy != nullptr && !policy->is_null()) {
    if (!policy->is_object()) return Error{Errc::kInvalid, "policy: must be an object"};
    TIPOFF_TRY(request.policy, ReadPolicy(policy->as_object(), std::move(request.policy)));
  }
  return request;
}

Result<Policy> ReadPolicy(const json::object& changes, Policy policy) {
  TIPOFF_TRY_STATUS(OnlyFields(changes, {"deadline", "stall_after", "stall_percent", "tolerance",
                                         "required_players", "publishes_max", "poison_after"}));
  json::value value(changes);
  JsonReader reader(value);
  TIPOFF_TRY(policy.deadline, DurationField(changes, "deadline", policy.deadline));
  TIPOFF_TRY(policy.stall_after, DurationField(changes, "stall_after", policy.stall_after));
  policy.stall_percent = reader.Number("stall_percent", policy.stall_percent);
  policy.publishes_max = static_cast<int>(std::clamp<std::int64_t>(
      reader.Integer("publishes_max", policy.publishes_max), -1, 1'000'000));
  policy.poison_after = static_cast<int>(
      std::clamp<std::int64_t>(reader.Integer("poison_after", policy.poison_after), -1, 1'000'000));
  if (reader.Has("tolerance")) {
    TIPOFF_TRY(policy.tolerance, ParseTolerance(reader.Text("tolerance")));
  }
  if (const json::array* players = reader.Array("required_players")) {
    policy.required_players.clear();
    for (const json::value& player : *players) {
      if (!player.is_string()) reader.Fail("required_players", "must be a list of player ids");
      if (player.is_string()) {
        policy.required_players.emplace_back(std::string(player.as_string()));
      }
    }
  }
  TIPOFF_TRY_STATUS(reader.status());
  TIPOFF_TRY_STATUS(CheckPolicy(policy));
  return policy;
}

json::object SummaryToJson(const Slot& slot, const StartSummary& summary) {
  return {{"game_date", FormatDay(slot.game_date)},
          {"total_games", summary.games},
          {"total_players", summary.players},
          {"teams_playing", summary.teams},
          {"avg_projected_minutes", summary.minutes_mean},
          {"min_projected_minutes", summary.minutes_min},
          {"max_projected_minutes", summary.minutes_max},
          {"players_with_lines", summary.with_line},
          {"players_without_lines", summary.players - summary.with_line}};
}

}  // namespace tipoff
