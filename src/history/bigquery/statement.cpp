#include "history/bigquery/statement.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/json.h"
#include "history/facts.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// A statement of several would be billed several times. `lately` is read once for all its parts.
constexpr std::string_view kSql = R"(WITH lately AS (
  SELECT * FROM `{0}` WHERE date < @before AND date >= @oldest
), games AS (
  SELECT * FROM lately WHERE player IN UNNEST(@players)
  QUALIFY ROW_NUMBER() OVER (PARTITION BY player ORDER BY date DESC, game DESC) <= @max_games
), sides AS (
  SELECT date, game, team, SUM(points) AS points FROM lately GROUP BY date, game, team
  QUALIFY COUNT(*) OVER (PARTITION BY date, game) = 2
), results AS (
  SELECT mine.team, mine.points AS points_for, theirs.points AS points_against
  FROM sides AS mine JOIN sides AS theirs
  ON mine.date = theirs.date AND mine.game = theirs.game AND mine.team != theirs.team
  WHERE TRUE
  QUALIFY ROW_NUMBER() OVER (PARTITION BY mine.team ORDER BY mine.date DESC, mine.game DESC) <= 30
)
SELECT 'state' AS kind, TO_JSON_STRING(STRUCT(
  (SELECT COUNT(*) FROM `{0}`) AS stored,
  CAST(COUNT(*) AS STRING) || '-' ||
    CAST(IFNULL(BIT_XOR(FARM_FINGERPRINT(TO_JSON_STRING(lately))), 0) AS STRING) AS version
)) AS body FROM lately
UNION ALL SELECT 'team', TO_JSON_STRING(STRUCT(
  team, COUNT(*) AS games, SUM(points_for) AS points_for, SUM(points_against) AS points_against
)) FROM results GROUP BY team
UNION ALL SELECT 'game', TO_JSON_STRING(games) FROM games)";

// The columns of kCounts, in its order.
constexpr std::array kCountColumns{"rebounds",  "assists", "steals", "blocks",
                                   "turnovers", "fgm",     "fga",    "fg3m",
                                   "fg3a",      "ftm",     "fta",    "plus_minus"};
static_assert(kCountColumns.size() == kCounts.size());
constexpr std::int64_t kSecondsMax = 200 * 60;

json::object Parameter(std::string_view name, std::string_view type, json::value value) {
  return {
      {"name", name}, {"parameterType", {{"type", type}}}, {"parameterValue", {{"value", value}}}};
}

json::object PlayersParameter(const std::vector<PlayerId>& players) {
  json::array values;
  for (const PlayerId& player : players) values.emplace_back(json::object{{"value", player.str()}});
  return {{"name", "players"},
          {"parameterType", {{"type", "ARRAY"}, {"arrayType", {{"type", "STRING"}}}}},
          {"parameterValue", {{"arrayValues", std::move(values)}}}};
}

std::int16_t ReadCount(JsonReader& reader, std::string_view field) {
  if (!reader.Has(field)) return kAbsent;
  std::int64_t count = reader.Integer(field);
  if (count < -200 || count > 500) reader.Fail(field, "is absurd");
  return static_cast<std::int16_t>(count);
}

GameRecord ReadGame(JsonReader& reader) {
  GameRecord game;
  game.date = reader.Date("date");
  game.game = GameId(reader.Text("game"));
  game.season = reader.Text("season");
  game.playoffs = reader.Boolean("playoffs");
  game.team = reader.Text("team");
  game.opponent = reader.Text("opponent");
  game.is_home = reader.Boolean("home");
  std::int64_t seconds = reader.Integer("seconds");
  if (seconds < 0 || seconds > kSecondsMax) reader.Fail("seconds", "is absurd");
  game.minutes = static_cast<float>(seconds) / 60.0F;
  if (!reader.Has("points")) reader.Fail("points", "is missing");
  game.points = ReadCount(reader, "points");
  for (std::size_t i = 0; i < kCounts.size(); ++i) {
    game.*kCounts[i] = ReadCount(reader, kCountColumns[i]);
  }
  return game;
}

Error NoAnswer(const std::string& what) {
  return {Errc::kUnavailable, "BigQuery answered with something else than was asked for: " + what};
}

// Numbers of 64 bits travel as texts.
std::optional<std::int64_t> LongNumber(const JsonReader& reader, std::string_view field) {
  const json::value* value = reader.Find(field);
  if (value == nullptr || !value->is_string()) return std::nullopt;
  return std::strtoll(value->as_string().c_str(), nullptr, 10);
}

}  // namespace

std::string BigqueryRequest(const BigqueryTable& table, const HistoryQuery& query,
                            Duration answer_within) {
  using std::chrono::milliseconds;
  auto millis = [](Duration d) { return std::chrono::ceil<milliseconds>(d).count(); };
  json::object request{
      {"query", fmt::format(kSql, table.table)},
      {"useLegacySql", false},
      {"parameterMode", "NAMED"},
      {"queryParameters",
       {Parameter("before", "DATE", json::value(FormatDay(query.before))),
        Parameter("oldest", "DATE", json::value(FormatDay(query.before - query.lookback_days))),
        Parameter("max_games", "INT64", json::value(fmt::format("{}", query.max_games))),
        PlayersParameter(query.players)}},
      {"timeoutMs", millis(answer_within)},
      {"jobTimeoutMs", fmt::format("{}", millis(query.timeout))},
      {"labels", {{"program", "tipoff"}}}};
  if (!table.location.empty()) request["location"] = table.location;
  if (table.bytes_max > 0) request["maximumBytesBilled"] = fmt::format("{}", table.bytes_max);
  return DumpJson(request);
}

Result<BigqueryPage> ReadBigqueryPage(const std::string& body) {
  auto parsed = ParseJson(body);
  if (!parsed.ok()) return NoAnswer(parsed.error().message);
  JsonReader reader(*parsed);
  BigqueryPage page;
  page.complete = reader.Boolean("jobComplete");
  page.next_page = reader.Text("pageToken");
  page.bytes_billed = LongNumber(reader, "totalBytesBilled");
  if (!page.bytes_billed) page.bytes_billed = LongNumber(reader, "totalBytesProcessed");
  if (const json::value* job = reader.Find("jobReference")) {
    JsonReader reference(*job, "jobReference");
    page.job = reference.Text("jobId");
    page.location = reference.Text("location");
  }
  const json::array* rows = reader.Array("rows");
  for (std::size_t i = 0; rows != nullptr && i < rows->size(); ++i) {
    JsonReader row((*rows)[i], fmt::format("rows[{}]", i));
    const json::array* cells = row.Array("f");
    if (cells == nullptr || cells->size() != 2) return NoAnswer("a row without two columns");
    JsonReader kind((*cells)[0]), text((*cells)[1]);
    page.rows.emplace_back(kind.Text("v"), text.Text("v"));
  }
  if (!reader.status().ok()) return NoAnswer(reader.status().error().message);
  return page;
}

Status BigqueryAnswer::Take(const BigqueryPage& page) {
  for (const auto& [kind, body] : page.rows) {
    auto parsed = ParseJson(body);
    if (!parsed.ok()) return NoAnswer(parsed.error().message);
    JsonReader reader(*parsed, kind);
    if (kind == "state") {
      stored_ = reader.Integer("stored");
      data_version_ = "bigquery-" + reader.Text("version");
    } else if (kind == "team") {
      std::int64_t games = reader.Integer("games");
      if (games < 1 || games > 30) reader.Fail("games", "is not 1..30");
      if (!reader.status().ok()) return NoAnswer(reader.status().error().message);
      teams_.push_back({reader.Text("team"), static_cast<int>(games),
                        reader.Number("points_for") / static_cast<double>(games),
                        reader.Number("points_against") / static_cast<double>(games)});
    } else if (kind == "game") {
      games_.emplace_back(PlayerId(reader.Text("player")), ReadGame(reader));
    } else {
      return NoAnswer(fmt::format("a row of kind '{}'", kind));
    }
    if (!reader.status().ok()) return NoAnswer(reader.status().error().message);
  }
  return Ok();
}

Result<HistoryBatch> BigqueryAnswer::Finish() {
  if (stored_ < 0) return NoAnswer("the rows are incomplete");
  if (stored_ == 0) {
    return Error{Errc::kUnavailable, "BigQuery: the table is empty: fill it, see docs/history.md"};
  }
  HistoryBatch batch;
  batch.data_version = std::move(data_version_);
  std::map<PlayerId, std::size_t> places;
  for (const PlayerId& player : query_.players) {
    places.emplace(player, batch.players.size());
    batch.players.push_back({player, {}});
  }
  std::sort(games_.begin(), games_.end(), [](const auto& a, const auto& b) {
    return std::tie(b.second.date, b.second.game) < std::tie(a.second.date, a.second.game);
  });
  for (auto& [player, game] : games_) {
    auto place = places.find(player);
    if (place == places.end()) return NoAnswer(fmt::format("player '{}'", player.str()));
    batch.players[place->second].games.push_back(std::move(game));
  }
  std::sort(teams_.begin(), teams_.end(),
            [](const TeamForm& a, const TeamForm& b) { return a.team < b.team; });
  batch.teams = std::move(teams_);
  return batch;
}

}  // namespace tipoff
