#include "store/codec.h"

#include <fmt/format.h>

#include <charconv>

#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

json::array LinesToJson(const std::vector<Line>& lines) {
  json::array array;
  for (const Line& line : lines) array.emplace_back(line.value());
  return array;
}

std::vector<Line> LinesFromJson(JsonReader& reader, std::string_view field) {
  std::vector<Line> lines;
  const json::array* array = reader.Array(field);
  if (array == nullptr) return lines;
  for (const json::value& element : *array) {
    auto line = element.is_number() ? Line::FromNumber(element.to_number<double>())
                                    : Result<Line>(Error{Errc::kInvalid, "not a number"});
    if (line.ok()) {
      lines.push_back(*line);
    } else {
      reader.Fail(field, line.error().message);
    }
  }
  return lines;
}

Error Corrupt(const Error& error) { return {Errc::kCorrupt, error.message}; }

template <class T>
Result<T> Finish(const JsonReader& reader, T value) {
  if (!reader.status().ok()) return Corrupt(reader.status().error());
  return value;
}

json::object PolicyToJson(const Policy& policy) {
  json::array required;
  for (const PlayerId& player : policy.required_players) required.emplace_back(player.str());
  return {{"deadline_us", policy.deadline.count()},
          {"stall_after_us", policy.stall_after.count()},
          {"stall_percent", policy.stall_percent},
          {"tolerance", FormatTolerance(policy.tolerance)},
          {"required_players", std::move(required)},
          {"publishes_max", policy.publishes_max},
          {"poison_after", policy.poison_after},
          {"commit_interval_min_us", policy.commit_interval_min.count()},
          {"seal_within_us", policy.seal_within.count()}};
}

Policy PolicyFromJson(const json::value& value, JsonReader& outer) {
  JsonReader reader(value, "policy");
  Policy policy;
  policy.deadline = Duration(reader.Integer("deadline_us"));
  policy.stall_after = Duration(reader.Integer("stall_after_us"));
  policy.stall_percent = reader.Number("stall_percent");
  policy.publishes_max = static_cast<int>(reader.Integer("publishes_max"));
  policy.poison_after = static_cast<int>(reader.Integer("poison_after"));
  policy.commit_interval_min = Duration(reader.Integer("commit_interval_min_us"));
  policy.seal_within = Duration(reader.Integer("seal_within_us"));
  auto tolerance = ParseTolerance(reader.Text("tolerance"));
  if (tolerance.ok()) {
    policy.tolerance = *tolerance;
  } else {
    outer.Fail("policy.tolerance", tolerance.error().message);
  }
  if (const json::array* required = reader.Array("required_players")) {
    for (const json::value& player : *required) {
      policy.required_players.emplace_back(player.is_string() ? std::string(player.get_string())
                                                              : "");
    }
  }
  if (!reader.status().ok()) outer.Fail("policy", reader.status().error().message);
  return policy;
}

json::object PredictionToJson(const Prediction& prediction) {
  json::object components;
  for (const auto& [name, value] : prediction.components) components[name] = value;
  json::object object{{"prediction_id", prediction.prediction_id},
                      {"stat", prediction.stat},
                      {"system", prediction.system},
                      {"line", nullptr},
                      {"predicted_points", prediction.predicted_points},
                      {"spread", prediction.spread},
                      {"confidence", prediction.confidence},
                      {"recommendation", ToString(prediction.recommendation)},
                      {"model_version", prediction.model_version},
                      {"components", std::move(components)}};
  if (prediction.line) object["line"] = prediction.line->value();
  if (prediction.quantiles) {
    object["p10"] = prediction.quantiles->p10;
    object["p50"] = prediction.quantiles->p50;
    object["p90"] = prediction.quantiles->p90;
  }
  if (prediction.p_over) object["p_over"] = *prediction.p_over;
  return object;
}

Prediction PredictionFromJson(const json::value& value, JsonReader& outer) {
  JsonReader reader(value, "prediction");
  Prediction prediction;
  prediction.prediction_id = reader.Text("prediction_id");
  prediction.stat = reader.Text("stat", "points");
  prediction.system = reader.Text("system");
  if (reader.Has("line")) {
    auto line = Line::FromNumber(reader.Number("line"));
    if (line.ok()) {
      prediction.line = *line;
    } else {
      outer.Fail("prediction.line", line.error().message);
    }
  }
  prediction.predicted_points = reader.Number("predicted_points");
  prediction.spread = reader.Number("spread");
  if (reader.Has("p50")) {
    prediction.quantiles =
        Quantiles{reader.Number("p10"), reader.Number("p50"), reader.Number("p90")};
  }
  if (reader.Has("p_over")) prediction.p_over = reader.Number("p_over");
  prediction.confidence = reader.Number("confidence");
  auto recommendation = ParseRecommendation(reader.Text("recommendation"));
  if (recommendation.ok()) {
    prediction.recommendation = *recommendation;
  } else {
    outer.Fail("prediction.recommendation", recommendation.error().message);
  }
  prediction.model_version = reader.Text("model_version");
  if (const json::value* components = reader.Find("components");
      components != nullptr && components->is_object()) {
    for (const auto& member : components->get_object()) {
      if (!member.value().is_number()) continue;
      prediction.components.emplace_back(std::string(member.key()),
                                         member.value().to_number<double>());
    }
  }
  if (!reader.status().ok()) outer.Fail("prediction", reader.status().error().message);
  return prediction;
}

json::object PlayerToJson(const SlatePlayer& player) {
  json::array lines;
  for (const BookLine& line : player.lines) {
    lines.push_back({{"book", line.book}, {"line", line.line.value()}});
  }
  return {{"player", player.player.str()},
          {"name", player.name},
          {"team", player.team},
          {"opponent", player.opponent},
          {"game", player.game.str()},
          {"is_home", player.is_home},
          {"recent", player.recent},
          {"mean_minutes", player.mean_minutes},
          {"availability", player.availability},
          {"lines", std::move(lines)}};
}

SlatePlayer PlayerFromJson(const json::value& value, JsonReader& outer) {
  JsonReader reader(value, "players[]");
  SlatePlayer player;
  player.player = PlayerId(reader.Text("player"));
  player.name = reader.Text("name");
  player.team = reader.Text("team");
  player.opponent = reader.Text("opponent");
  player.game = GameId(reader.Text("game"));
  player.is_home = reader.Boolean("is_home");
  player.recent = reader.Boolean("recent", true);
  player.mean_minutes = reader.Number("mean_minutes");
  player.availability = reader.Text("availability");
  if (const json::array* lines = reader.Array("lines")) {
    for (const json::value& element : *lines) {
      JsonReader line_reader(element, "lines[]");
      auto line = Line::FromNumber(line_reader.Number("line"));
      if (line.ok()) {
        player.lines.push_back({line_reader.Text("book"), *line});
      } else {
        outer.Fail("players[].lines", line.error().message);
      }
    }
  }
  if (!reader.status().ok()) outer.Fail("players", reader.status().error().message);
  return player;
}

}  // namespace

std::string EncodeSpec(const RequestSpec& spec) {
  return DumpJson(json::object{{"player", spec.player.str()},
                               {"group", spec.group},
                               {"player_name", spec.player_name},
                               {"game", spec.game.str()},
                               {"game_date", FormatDay(spec.game_date)},
                               {"team", spec.team},
                               {"opponent", spec.opponent},
                               {"is_home", spec.is_home},
                               {"projected_minutes", spec.projected_minutes},
                               {"lines", LinesToJson(spec.lines)},
                               {"availability", spec.availability}});
}

Result<RequestSpec> DecodeSpec(std::string_view text) {
  auto value = ParseJson(text);
  if (!value.ok()) return Corrupt(value.error());
  JsonReader reader(*value, "request");
  RequestSpec spec;
  spec.player = PlayerId(reader.Text("player"));
  spec.group = reader.Text("group");
  spec.player_name = reader.Text("player_name");
  spec.game = GameId(reader.Text("game"));
  spec.game_date = reader.Date("game_date");
  spec.team = reader.Text("team");
  spec.opponent = reader.Text("opponent");
  spec.is_home = reader.Boolean("is_home");
  spec.projected_minutes = reader.Number("projected_minutes");
  spec.lines = LinesFromJson(reader, "lines");
  spec.availability = reader.Text("availability");
  return Finish(reader, std::move(spec));
}

std::string EncodeSlate(const Slate& slate) {
  json::array games;
  for (const SlateGame& game : slate.games) {
    games.push_back({{"game", game.game.str()},
                     {"home", game.home},
                     {"away", game.away},
                     {"neutral_site", game.neutral_site}});
  }
  json::array players;
  for (const SlatePlayer& player : slate.players) players.push_back(PlayerToJson(player));
  return DumpJson(json::object{{"game_date", FormatDay(slate.game_date)},
                               {"as_of_us", slate.as_of.micros()},
                               {"recent_games", slate.recent_games},
                               {"recent_games_with_rows", slate.recent_games_with_rows},
                               {"games", std::move(games)},
                               {"players", std::move(players)}});
}

Result<Slate> DecodeSlate(std::string_view text) {
  auto value = ParseJson(text);
  if (!value.ok()) return Corrupt(value.error());
  JsonReader reader(*value, "slate");
  Slate slate;
  slate.game_date = reader.Date("game_date");
  slate.as_of = Instant::FromMicros(reader.Integer("as_of_us"));
  slate.recent_games = static_cast<int>(reader.Integer("recent_games"));
  slate.recent_games_with_rows = static_cast<int>(reader.Integer("recent_games_with_rows"));
  if (const json::array* games = reader.Array("games")) {
    for (const json::value& element : *games) {
      JsonReader game(element, "games[]");
      slate.games.push_back({GameId(game.Text("game")), game.Text("home"), game.Text("away"),
                             game.Boolean("neutral_site")});
      if (!game.status().ok()) reader.Fail("games", game.status().error().message);
    }
  }
  if (const json::array* players = reader.Array("players")) {
    for (const json::value& element : *players) {
      slate.players.push_back(PlayerFromJson(element, reader));
    }
  }
  return Finish(reader, std::move(slate));
}

std::string EncodePredictions(const std::vector<Prediction>& predictions) {
  json::array array;
  for (const Prediction& prediction : predictions) array.push_back(PredictionToJson(prediction));
  return DumpJson(array);
}

Result<std::vector<Prediction>> DecodePredictions(std::string_view text) {
  auto value = ParseJson(text);
  if (!value.ok()) return Corrupt(value.error());
  const json::array* array = value->if_array();
  if (array == nullptr) return Error{Errc::kCorrupt, "predictions: must be an array"};
  json::value holder = json::object();
  JsonReader reader(holder);
  std::vector<Prediction> predictions;
  for (const json::value& element : *array) {
    predictions.push_back(PredictionFromJson(element, reader));
  }
  return Finish(reader, std::move(predictions));
}

std::string EncodeBatchDetails(const Batch& batch) {
  json::object details{{"policy", PolicyToJson(batch.policy)},
                       {"redriven_at_us", batch.redriven_at.micros()},
                       {"redrives", batch.redrives},
                       {"suspicion",
                        {{"failures", batch.suspicion.failures},
                         {"error", batch.suspicion.error},
                         {"over", batch.suspicion.over}}},
                       {"generation", batch.generation},
                       {"superseded_by", batch.superseded_by.str()},
                       {"run_mode", batch.run_mode},
                       {"correlation_id", batch.correlation_id},
                       {"parent_processor", batch.parent_processor},
                       {"trigger", batch.trigger},
                       {"forced", batch.forced},
                       {"idempotency_key", batch.idempotency_key},
                       {"min_minutes", batch.min_minutes}};
  if (batch.phase == Phase::kFinalizing) {
    details["decided"] = {{"phase", ToString(batch.decided.phase)},
                          {"reason", ToString(batch.decided.reason)},
                          {"message", batch.decided.message}};
  }
  return DumpJson(details);
}

Status DecodeBatchDetails(std::string_view text, Batch& batch) {
  auto value = ParseJson(text);
  if (!value.ok()) return Corrupt(value.error());
  JsonReader reader(*value, "batch");
  if (const json::value* policy = reader.Find("policy")) {
    batch.policy = PolicyFromJson(*policy, reader);
  }
  batch.redriven_at = Instant::FromMicros(reader.Integer("redriven_at_us"));
  batch.redrives = static_cast<std::uint32_t>(reader.Integer("redrives"));
  if (const json::value* suspicion = reader.Find("suspicion")) {
    JsonReader inner(*suspicion, "suspicion");
    batch.suspicion.failures = static_cast<std::uint32_t>(inner.Integer("failures"));
    batch.suspicion.error = inner.Text("error");
    batch.suspicion.over = inner.Boolean("over");
    if (!inner.status().ok()) reader.Fail("suspicion", inner.status().error().message);
  }
  batch.generation = static_cast<std::uint32_t>(reader.Integer("generation", 1));
  batch.superseded_by = BatchId(reader.Text("superseded_by"));
  batch.run_mode = reader.Text("run_mode");
  batch.correlation_id = reader.Text("correlation_id");
  batch.parent_processor = reader.Text("parent_processor");
  batch.trigger = reader.Text("trigger");
  batch.forced = reader.Boolean("forced");
  batch.idempotency_key = reader.Text("idempotency_key");
  batch.min_minutes = reader.Number("min_minutes");
  if (const json::value* decided = reader.Find("decided")) {
    JsonReader outcome(*decided, "decided");
    auto phase = ParsePhase(outcome.Text("phase"));
    auto reason = ParseReason(outcome.Text("reason"));
    if (!phase.ok() || !reason.ok()) return Error{Errc::kCorrupt, "batch.decided: unreadable"};
    batch.decided = {*phase, *reason, outcome.Text("message")};
  }
  if (!reader.status().ok()) return Corrupt(reader.status().error());
  return Ok();
}

Result<std::int64_t> ParseBatchCursor(std::string_view text) {
  if (text.empty()) return 0;
  std::int64_t number = 0;
  auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem == std::errc() && end == text.data() + text.size() && number > 0) return number;
  return Error{Errc::kInvalid,
               "cursor: is not one that a list of batches gave; begin again without one"};
}

}  // namespace tipoff
