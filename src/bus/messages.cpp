#include "bus/messages.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/json.h"
#include "base/utf8.h"
#include "core/limits.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// Predictions of one request that are believed: systems times lines times stats.
constexpr std::int64_t kPredictionsMax = 100'000;
constexpr std::size_t kIdBytesMax = 200;
constexpr std::size_t kPlatformGames = 30;
constexpr double kMinutesMax = 200;  // The longest game had 78.
constexpr std::int64_t kFormGamesMax = 10'000;

json::value CountToJson(std::int16_t count) {
  if (count == kAbsent) return nullptr;
  return count;
}

// The game at `at` as the platform's workers read it: six fields.
json::object PlatformGameToJson(const PlayerHistory& history, std::size_t at) {
  const GameRecord& game = history.games[at];
  json::object object{{"game_date", FormatDay(game.date)},
                      {"opponent_team_abbr", game.opponent},
                      {"days_rest", nullptr},
                      {"is_home", game.is_home},
                      {"points", game.points},
                      {"minutes_played", game.minutes}};
  // Days between this game and the one before it, which is the next in the list.
  bool oldest = at + 1 == history.games.size();
  int rest = oldest ? -1 : game.date - history.games[at + 1].date - 1;
  if (rest >= 0) object["days_rest"] = rest;
  return object;
}

// The same with tipoff's own fields behind them.
json::object GameToJson(const PlayerHistory& history, std::size_t at) {
  const GameRecord& game = history.games[at];
  json::object object = PlatformGameToJson(history, at);
  object["game_id"] = game.game.str();
  object["season"] = game.season;
  object["playoffs"] = game.playoffs;
  object["team_abbr"] = game.team;
  object["rebounds"] = CountToJson(game.rebounds);
  object["assists"] = CountToJson(game.assists);
  object["steals"] = CountToJson(game.steals);
  object["blocks"] = CountToJson(game.blocks);
  object["turnovers"] = CountToJson(game.turnovers);
  object["fgm"] = CountToJson(game.fgm);
  object["fga"] = CountToJson(game.fga);
  object["fg3m"] = CountToJson(game.fg3m);
  object["fg3a"] = CountToJson(game.fg3a);
  object["ftm"] = CountToJson(game.ftm);
  object["fta"] = CountToJson(game.fta);
  object["plus_minus"] = CountToJson(game.plus_minus);
  return object;
}

template <class ToJson>
json::array GamesToJson(const PlayerHistory& history, std::size_t most, ToJson to_json) {
  json::array games;
  for (std::size_t i = 0; i < std::min(most, history.games.size()); ++i) {
    games.push_back(to_json(history, i));
  }
  return games;
}

std::int16_t ReadCount(JsonReader& reader, std::string_view field) {
  if (!reader.Has(field)) return kAbsent;
  std::int64_t count = reader.Integer(field);
  if (count < -200 || count > 500) reader.Fail(field, "is absurd");
  return static_cast<std::int16_t>(count);
}

Result<GameRecord> GameFromJson(const json::value& value, std::string where) {
  JsonReader reader(value, std::move(where));
  GameRecord game;
  game.date = reader.Date("game_date");
  game.game = GameId(reader.Text("game_id"));
  game.season = reader.Text("season");
  game.playoffs = reader.Boolean("playoffs");
  game.team = reader.Text("team_abbr");
  game.opponent = reader.Text("opponent_team_abbr");
  game.is_home = reader.Boolean("is_home");
  double minutes = reader.Number("minutes_played");
  if (minutes < 0 || minutes > kMinutesMax) reader.Fail("minutes_played", "is absurd");
  game.minutes = static_cast<float>(minutes);
  game.points = ReadCount(reader, "points");
  game.rebounds = ReadCount(reader, "rebounds");
  game.assists = ReadCount(reader, "assists");
  game.steals = ReadCount(reader, "steals");
  game.blocks = ReadCount(reader, "blocks");
  game.turnovers = ReadCount(reader, "turnovers");
  game.fgm = ReadCount(reader, "fgm");
  game.fga = ReadCount(reader, "fga");
  game.fg3m = ReadCount(reader, "fg3m");
  game.fg3a = ReadCount(reader, "fg3a");
  game.ftm = ReadCount(reader, "ftm");
  game.fta = ReadCount(reader, "fta");
  game.plus_minus = ReadCount(reader, "plus_minus");
  if (game.date == Day()) reader.Fail("game_date", "is missing");
  if (game.points == kAbsent) reader.Fail("points", "is missing");
  TIPOFF_TRY_STATUS(reader.status());
  return game;
}

json::array TeamsToJson(const std::vector<TeamForm>& teams) {
  json::array array;
  for (const TeamForm& team : teams) {
    array.push_back({{"team", team.team},
                     {"games", team.games},
                     {"points_for", team.points_for},
                     {"points_against", team.points_against}});
  }
  return array;
}

Result<std::vector<TeamForm>> TeamsFromJson(const json::array& array) {
  std::vector<TeamForm> teams;
  for (const json::value& value : array) {
    JsonReader reader(value, "teams[]");
    std::int64_t games = reader.Integer("games");
    if (games < 0 || games > kFormGamesMax) reader.Fail("games", "is absurd");
    teams.push_back({reader.Text("team"), static_cast<int>(games), reader.Number("points_for"),
                     reader.Number("points_against")});
    TIPOFF_TRY_STATUS(reader.status());
  }
  return teams;
}

// A required text that may become part of a key: not empty, not endless.
std::string ReadId(JsonReader& reader, std::string_view field) {
  std::string id = reader.Text(field);
  if (id.empty()) reader.Fail(field, "is missing");
  if (id.size() > kIdBytesMax) reader.Fail(field, "is longer than 200 bytes");
  return id;
}

std::uint16_t ReadAttempt(JsonReader& reader, std::int64_t fallback) {
  std::int64_t attempt = reader.Integer("attempt", fallback);
  if (attempt < 0 || attempt > 10'000) reader.Fail("attempt", "must be 0..10000");
  return static_cast<std::uint16_t>(attempt);
}

std::int64_t ReadOrdinal(JsonReader& reader) {
  if (!reader.Has("ordinal")) return Completion::kNoOrdinal;
  std::int64_t ordinal = reader.Integer("ordinal");
  if (ordinal < 0 || ordinal >= limits::kRequestsPerBatch) {
    reader.Fail("ordinal", "is not a request's number");
  }
  return ordinal;
}

std::vector<Line> ReadLines(JsonReader& reader) {
  std::vector<Line> lines;
  const json::array* values = reader.Array("line_values");
  if (values == nullptr) return lines;
  for (const json::value& value : *values) {
    if (value.is_null()) continue;
    json::error_code problem;
    auto line = Line::FromNumber(value.to_number<double>(problem));
    if (problem || !line.ok()) {
      reader.Fail("line_values", problem ? "must hold numbers and nulls" : line.error().message);
      continue;
    }
    lines.push_back(*line);
  }
  return lines;
}

void ReadHistory(JsonReader& reader, RequestMessage& message) {
  const json::array* games = reader.Array("history");
  if (games == nullptr) return;
  PlayerHistory history{message.spec.player, {}};
  for (const json::value& value : *games) {
    auto game = GameFromJson(value, fmt::format("history[{}]", history.games.size()));
    if (!game.ok()) {
      reader.Fail("history", game.error().message);
      return;
    }
    history.games.push_back(std::move(*game));
  }
  message.history = std::move(history);
  if (const json::array* teams = reader.Array("teams")) {
    auto forms = TeamsFromJson(*teams);
    if (forms.ok()) {
      message.teams = std::move(*forms);
    } else {
      reader.Fail("teams", forms.error().message);
    }
  }
}

RequestState ReadStatus(JsonReader& reader, std::int64_t predictions) {
  std::string status = reader.Text("status");
  if (status == "succeeded") return RequestState::kSucceeded;
  if (status == "skipped") return RequestState::kSkipped;
  if (status == "failed") return RequestState::kFailed;
  if (!status.empty()) reader.Fail("status", "must be succeeded, skipped or failed");
  // The platform's own workers do not tell: with predictions it went well.
  return predictions > 0 ? RequestState::kSucceeded : RequestState::kSkipped;
}

Completion ReadCompletion(JsonReader& reader) {
  Completion completion;
  completion.ordinal = ReadOrdinal(reader);
  if (completion.ordinal == Completion::kNoOrdinal) {
    completion.player = PlayerId(ReadId(reader, "player_lookup"));
  } else {
    completion.player = PlayerId(reader.Text("player_lookup"));
  }
  completion.group = reader.Text("group");
  std::int64_t predictions = reader.Integer("predictions_generated");
  if (predictions < 0 || predictions > kPredictionsMax) {
    reader.Fail("predictions_generated", "must be 0..100000");
  }
  completion.predictions = static_cast<std::int32_t>(predictions);
  completion.status = ReadStatus(reader, predictions);
  completion.attempt = ReadAttempt(reader, 0);
  completion.reason = reader.Text("reason");
  return completion;
}

json::object CompletionToJson(const Completion& completion) {
  json::object object{{"status", ToString(completion.status)},
                      {"predictions_generated", completion.predictions},
                      {"attempt", completion.attempt}};
  if (completion.ordinal != Completion::kNoOrdinal) object["ordinal"] = completion.ordinal;
  if (!completion.group.empty()) object["group"] = completion.group;
  if (!completion.reason.empty()) object["reason"] = completion.reason;
  return object;
}

Result<RequestMessage> ReadRequest(const json::value& value) {
  JsonReader reader(value);
  RequestMessage message;
  message.batch = BatchId(ReadId(reader, "batch_id"));
  message.ordinal = ReadOrdinal(reader);
  message.attempt = ReadAttempt(reader, 1);
  RequestSpec& spec = message.spec;
  spec.player = PlayerId(ReadId(reader, "player_lookup"));
  spec.group = reader.Text("group");
  spec.player_name = reader.Text("player_name");
  spec.game_date = reader.Date("game_date");
  if (spec.game_date == Day()) reader.Fail("game_date", "is missing");
  spec.game = GameId(reader.Text("game_id"));
  spec.team = reader.Text("team_abbr");
  spec.opponent = reader.Text("opponent_team_abbr");
  spec.is_home = reader.Boolean("is_home");
  spec.projected_minutes = reader.Number("projected_minutes");
  spec.availability = reader.Text("availability");
  spec.lines = ReadLines(reader);
  message.published_at = reader.At("timestamp");
  message.correlation_id = reader.Text("correlation_id");
  message.dataset = reader.Text("dataset_prefix");
  message.data_version = reader.Text("data_version");
  ReadHistory(reader, message);
  TIPOFF_TRY_STATUS(reader.status());
  return message;
}

}  // namespace

std::string Encode(const RequestMessage& message) {
  const RequestSpec& spec = message.spec;
  bool has_line = !spec.lines.empty();
  json::array lines;
  for (const Line& line : spec.lines) lines.emplace_back(line.value());
  if (!has_line) lines.emplace_back(nullptr);
  json::object object{{"schema_version", kMessageSchema},
                      {"batch_id", message.batch.str()},
                      {"player_lookup", spec.player.str()},
                      {"player_name", spec.player_name},
                      {"game_date", FormatDay(spec.game_date)},
                      {"game_id", spec.game.str()},
                      {"team_abbr", spec.team},
                      {"opponent_team_abbr", spec.opponent},
                      {"is_home", spec.is_home},
                      {"projected_minutes", spec.projected_minutes},
                      {"line_values", std::move(lines)},
                      {"has_prop_line", has_line},
                      {"actual_prop_line", nullptr},
                      {"line_source", has_line ? "ACTUAL_PROP" : "NO_PROP_LINE"},
                      {"needs_bootstrap", false},
                      {"timestamp", InstantToJson(message.published_at)},
                      {"correlation_id", message.correlation_id},
                      {"attempt", message.attempt}};
  if (has_line) object["actual_prop_line"] = spec.lines.front().value();
  if (message.ordinal != Completion::kNoOrdinal) object["ordinal"] = message.ordinal;
  if (!message.dataset.empty()) object["dataset_prefix"] = message.dataset;
  if (!spec.group.empty()) object["group"] = spec.group;
  if (!spec.availability.empty()) object["availability"] = spec.availability;
  if (message.history) {
    const PlayerHistory& history = *message.history;
    object["history"] = GamesToJson(history, history.games.size(), GameToJson);
    object["historical_games_batch"] = GamesToJson(history, kPlatformGames, PlatformGameToJson);
    object["data_version"] = message.data_version;
    if (message.teams) object["teams"] = TeamsToJson(*message.teams);
  }
  return DumpJson(object);
}

std::string Encode(const CanaryMessage& message) {
  return DumpJson(json::object{{"canary",
                                {{"id", message.id},
                                 {"sent_at", InstantToJson(message.sent_at)},
                                 {"expires_at", InstantToJson(message.expires_at)}}},
                               {"schema_version", kMessageSchema}});
}

std::string Encode(const CanaryAnswer& message) {
  return DumpJson(json::object{
      {"canary", {{"id", message.id}, {"worked_at", InstantToJson(message.worked_at)}}},
      {"schema_version", kMessageSchema},
      {"worker_instance", message.worker},
      {"worker_version", message.worker_version}});
}

Result<RequestMessage> DecodeRequest(std::string_view body) {
  TIPOFF_TRY(json::value value, ParseJson(body));
  return ReadRequest(value);
}

Result<WorkMessage> DecodeWork(std::string_view body) {
  TIPOFF_TRY(json::value value, ParseJson(body));
  if (const json::value* canary = JsonReader(value).Find("canary")) {
    JsonReader reader(*canary, "canary");
    CanaryMessage message{ReadId(reader, "id"), reader.At("sent_at"), reader.At("expires_at")};
    TIPOFF_TRY_STATUS(reader.status());
    return WorkMessage(std::move(message));
  }
  TIPOFF_TRY(RequestMessage message, ReadRequest(value));
  return WorkMessage(std::move(message));
}

std::string Encode(const CompletionMessage& message) {
  json::object object{{"schema_version", kMessageSchema}, {"batch_id", message.batch.str()}};
  if (!message.completions.empty()) {
    object["worker_instance"] = message.completions.front().worker;
    object["worker_version"] = message.completions.front().worker_version;
  }
  if (message.completions.size() == 1) {
    object["player_lookup"] = message.completions.front().player.str();
    for (auto& member : CompletionToJson(message.completions.front())) {
      object[member.key()] = std::move(member.value());
    }
    return DumpJson(object);
  }
  json::array completions;
  for (const Completion& completion : message.completions) {
    json::object item = CompletionToJson(completion);
    if (completion.ordinal == Completion::kNoOrdinal) {
      item["player_lookup"] = completion.player.str();
    }
    completions.push_back(std::move(item));
  }
  object["completions"] = std::move(completions);
  return DumpJson(object);
}

std::string Encode(const LeaseReport& message) {
  json::array ordinals;
  for (std::uint32_t ordinal : message.ordinals) ordinals.emplace_back(ordinal);
  return DumpJson(json::object{{"schema_version", kMessageSchema},
                               {"batch_id", message.batch.str()},
                               {"worker_instance", message.worker},
                               {"worker_version", message.worker_version},
                               {"leased", std::move(ordinals)}});
}

Result<ReadyMessage> DecodeReady(std::string_view body) {
  TIPOFF_TRY(json::value value, ParseJson(body));
  JsonReader reader(value);
  if (const json::value* canary = reader.Find("canary")) {
    JsonReader inner(*canary, "canary");
    CanaryAnswer answer{ReadId(inner, "id"), inner.At("worked_at"), reader.Text("worker_instance"),
                        reader.Text("worker_version")};
    TIPOFF_TRY_STATUS(inner.status());
    TIPOFF_TRY_STATUS(reader.status());
    return ReadyMessage(std::move(answer));
  }
  BatchId batch(ReadId(reader, "batch_id"));
  // They are kept with each request: what is longer than a name is cut.
  std::string worker = CutUtf8(reader.Text("worker_instance"), kIdBytesMax);
  std::string worker_version = CutUtf8(reader.Text("worker_version"), kIdBytesMax);
  if (const json::array* leased = reader.Array("leased")) {
    LeaseReport report{batch, {}, worker, worker_version};
    for (const json::value& element : *leased) {
      json::error_code problem;
      auto ordinal = element.to_number<std::uint32_t>(problem);
      if (problem || ordinal >= limits::kRequestsPerBatch) {
        reader.Fail("leased", "must hold request numbers");
      }
      report.ordinals.push_back(ordinal);
    }
    TIPOFF_TRY_STATUS(reader.status());
    return ReadyMessage(std::move(report));
  }
  CompletionMessage message{batch, {}};
  if (const json::array* items = reader.Array("completions")) {
    for (const json::value& element : *items) {
      JsonReader item(element, fmt::format("completions[{}]", message.completions.size()));
      message.completions.push_back(ReadCompletion(item));
      TIPOFF_TRY_STATUS(item.status());
    }
  } else {
    message.completions.push_back(ReadCompletion(reader));
  }
  TIPOFF_TRY_STATUS(reader.status());
  for (Completion& completion : message.completions) {
    completion.worker = worker;
    completion.worker_version = worker_version;
  }
  return ReadyMessage(std::move(message));
}

}  // namespace tipoff
