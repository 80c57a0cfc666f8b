#include "view/json.h"

#include <fmt/format.h>

#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

json::value TextOrNull(const std::string& text) {
  if (text.empty()) return nullptr;
  return json::value(text);
}

double Seconds(Duration d) { return static_cast<double>(d.count() / 1000) / 1000; }

std::string RangesText(const std::vector<OrdinalRange>& ranges) {
  std::string text;
  for (const OrdinalRange& range : ranges) {
    if (!text.empty()) text += ',';
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}-{}", range.first, range.last);
  }
  return text;
}

}  // namespace

std::string StatusText(const Batch& batch, Instant now) {
  if (!IsTerminal(batch.phase) && now > batch.terminal_by) return "overdue";
  return std::string(ToString(batch.phase));
}

json::object CountsToJson(const Counts& counts) {
  return {{"expected", counts.expected()},
          {"succeeded", counts[RequestState::kSucceeded]},
          {"skipped", counts[RequestState::kSkipped]},
          {"failed", counts[RequestState::kFailed]},
          {"expired", counts[RequestState::kExpired]},
          {"cancelled", counts[RequestState::kCancelled]},
          {"undelivered", counts[RequestState::kUndelivered]},
          {"open", counts.open()}};
}

json::object PolicyToJson(const Policy& policy) {
  json::array required;
  for (const PlayerId& player : policy.required_players) required.emplace_back(player.str());
  return {{"deadline", FormatDuration(policy.deadline)},
          {"stall_after", FormatDuration(policy.stall_after)},
          {"stall_percent", policy.stall_percent},
          {"tolerance", FormatTolerance(policy.tolerance)},
          {"required_players", std::move(required)},
          {"publishes_max", policy.publishes_max},
          {"poison_after", policy.poison_after}};
}

json::object BatchToJson(const Batch& batch, Instant now) {
  json::object object{{"batch_id", batch.id.str()},
                      {"game_date", FormatDay(batch.slot.game_date)},
                      {"dataset", batch.slot.dataset},
                      {"status", StatusText(batch, now)},
                      {"phase", ToString(batch.phase)},
                      {"reason", nullptr},
                      {"message", batch.message},
                      {"terminal_by", InstantToJson(batch.terminal_by)},
                      {"started_at", InstantToJson(batch.created_at)},
                      {"progress_at", InstantToJson(batch.progress_at)},
                      {"ended_at", InstantToJson(batch.terminal_at)},
                      {"counts", CountsToJson(batch.counts)}};
  if (batch.reason != Reason::kNone) object["reason"] = ToString(batch.reason);
  object["open"] = {{"pending", batch.counts[RequestState::kPending]},
                    {"published", batch.counts[RequestState::kPublished]},
                    {"leased", batch.counts[RequestState::kLeased]}};
  object["done_percent"] = batch.counts.done_percent();
  object["total_predictions"] = batch.predictions;
  object["late"] = batch.late;
  object["publication"] = nullptr;
  if (batch.publication > 0) object["publication"] = batch.publication;
  object["generation"] = batch.generation;
  object["retry_of"] = TextOrNull(batch.retry_of.str());
  object["superseded_by"] = TextOrNull(batch.superseded_by.str());
  object["run_mode"] = batch.run_mode;
  object["trigger"] = batch.trigger;
  object["correlation_id"] = TextOrNull(batch.correlation_id);
  object["parent_processor"] = TextOrNull(batch.parent_processor);
  object["min_minutes"] = batch.min_minutes;
  bool over = IsTerminal(batch.phase);
  object["age_seconds"] = Seconds((over ? batch.terminal_at : now) - batch.created_at);
  object["idle_seconds"] = nullptr;
  if (!over) object["idle_seconds"] = Seconds(now - batch.progress_at);
  object["policy"] = PolicyToJson(batch.policy);
  object["version"] = batch.version;
  return object;
}

json::object RequestToJson(const Batch& batch, const Request& row, const RequestSpec& spec) {
  json::array lines;
  for (const Line& line : spec.lines) lines.emplace_back(line.value());
  return {{"ordinal", row.ordinal},
          {"player_id", row.player.str()},
          {"player_name", spec.player_name},
          {"group", row.group},
          {"game_id", spec.game.str()},
          {"team", spec.team},
          {"opponent", spec.opponent},
          {"is_home", spec.is_home},
          {"projected_minutes", spec.projected_minutes},
          {"lines", std::move(lines)},
          {"availability", spec.availability},
          {"state", ToString(StateUnder(batch, row))},
          {"reason", TextOrNull(row.reason)},
          {"attempt", row.attempt},
          {"predictions", row.predictions},
          {"worker", TextOrNull(row.worker)},
          {"worker_version", TextOrNull(row.worker_version)},
          {"recorded_at", InstantToJson(row.hops.recorded)},
          {"published_at", InstantToJson(row.hops.published)},
          {"leased_at", InstantToJson(row.hops.leased)},
          {"reported_at", InstantToJson(row.hops.reported)},
          {"counted_at", InstantToJson(row.hops.counted)},
          {"late_at", InstantToJson(row.late_at)}};
}

json::object PredictionToJson(const RequestSpec& spec, const Prediction& prediction) {
  json::object object{{"prediction_id", prediction.prediction_id},
                      {"game_id", spec.game.str()},
                      {"player_id", spec.player.str()},
                      {"player_name", spec.player_name},
                      {"team", spec.team},
                      {"opponent", spec.opponent},
                      {"is_home", spec.is_home},
                      {"projected_minutes", spec.projected_minutes},
                      {"stat", prediction.stat},
                      {"system", prediction.system},
                      {"predicted_points", prediction.predicted_points},
                      {"spread", prediction.spread},
                      {"p10", nullptr},
                      {"p50", nullptr},
                      {"p90", nullptr},
                      {"p_over", nullptr},
                      {"confidence", prediction.confidence},
                      {"line", nullptr},
                      {"recommendation", ToString(prediction.recommendation)},
                      {"model_version", prediction.model_version}};
  if (prediction.line) object["line"] = prediction.line->value();
  if (prediction.quantiles) {
    object["p10"] = prediction.quantiles->p10;
    object["p50"] = prediction.quantiles->p50;
    object["p90"] = prediction.quantiles->p90;
  }
  if (prediction.p_over) object["p_over"] = *prediction.p_over;
  return object;
}

json::object AutopsyToJson(const Autopsy& autopsy) {
  json::array causes, missing, failures;
  for (const std::string& cause : autopsy.causes) causes.emplace_back(cause);
  for (const MissingPlayer& player : autopsy.missing) {
    missing.push_back({{"ordinal", player.ordinal},
                       {"player_id", player.player.str()},
                       {"player_name", player.player_name},
                       {"state", ToString(player.state)},
                       {"last_hop", ToString(player.last_hop)},
                       {"reason", TextOrNull(player.reason)},
                       {"worker", TextOrNull(player.worker)}});
  }
  for (const FailureGroup& group : autopsy.failures) {
    json::array players;
    for (const std::string& player : group.players) players.emplace_back(player);
    failures.push_back({{"error", group.error},
                        {"worker_version", TextOrNull(group.worker_version)},
                        {"count", group.count},
                        {"example", group.example},
                        {"players", std::move(players)}});
  }
  return {{"batch_id", autopsy.batch.str()},
          {"at", InstantToJson(autopsy.at)},
          {"status", ToString(autopsy.phase)},
          {"reason", ToString(autopsy.reason)},
          {"causes", std::move(causes)},
          {"missing_total", autopsy.missing_total},
          {"missing", std::move(missing)},
          {"failures", std::move(failures)},
          {"next_command", TextOrNull(autopsy.next_command)}};
}

json::object JournalToJson(const JournalEntry& entry, const std::string& hash) {
  json::array events, transitions;
  for (const std::string& event : entry.events) events.emplace_back(event);
  for (const JournalEntry::Transition& transition : entry.transitions) {
    transitions.push_back(
        {{"to", ToString(transition.to)}, {"requests", RangesText(transition.requests)}});
  }
  json::object object{{"seq", entry.seq},
                      {"at", InstantToJson(entry.at)},
                      {"actor", entry.actor},
                      {"events", std::move(events)},
                      {"phase", ToString(entry.phase)},
                      {"reason", nullptr},
                      {"message", entry.message},
                      {"transitions", std::move(transitions)},
                      {"republish", RangesText(entry.republish)},
                      {"late", RangesText(entry.late)},
                      {"total_predictions", entry.predictions},
                      {"hash", hash}};
  if (entry.reason != Reason::kNone) object["reason"] = ToString(entry.reason);
  return object;
}

}  // namespace tipoff
