#include "app/report.h"

#include <fmt/format.h>

#include <map>
#include <set>

#include "app/batch_view.h"
#include "app/fields.h"
#include "app/table.h"
#include "base/json.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

std::string LineText(const json::object& prediction) {
  auto line = Line::FromNumber(FieldNumber(prediction, "line"));
  return line.ok() ? line->str() : "";
}

json::array PredictionsToJson(const std::vector<PredictionView>& predictions) {
  json::array array;
  for (const PredictionView& view : predictions) {
    array.push_back(PredictionToJson(view.spec, view.prediction));
  }
  return array;
}

// Empty where there is none.
std::string NumberText(const json::object& row, std::string_view field) {
  const json::value* value = row.if_contains(field);
  return value == nullptr || !value->is_number() ? "" : fmt::format("{}", FieldNumber(row, field));
}

// One row a player, stat and line: every system beside the others.
std::string PredictionTable(const json::array& predictions) {
  std::set<std::string> systems;
  for (const json::value& value : predictions) {
    systems.insert(FieldText(value.as_object(), "system"));
  }
  std::vector<std::string> headers{"GAME", "PLAYER", "TEAM", ">MIN"};
  for (const std::string& system : systems) headers.push_back(">" + system);
  for (const char* header : {">+-", ">LINE", "CALL", ">CONF"}) headers.push_back(header);
  TextTable table(headers);
  struct Group {
    const json::object* first = nullptr;
    const json::object* leading = nullptr;  // The ensemble if there is one.
    std::map<std::string, double> points;
  };
  std::map<std::tuple<std::string, std::string, double, std::string>, Group> groups;
  std::set<std::string> stats;
  for (const json::value& value : predictions) {
    const json::object& row = value.as_object();
    std::string system = FieldText(row, "system");
    Group& group = groups[{FieldText(row, "game_id"), FieldText(row, "player_id"),
                           FieldNumber(row, "line"), FieldText(row, "stat")}];
    stats.insert(FieldText(row, "stat"));
    if (group.first == nullptr) group.first = &row;
    if (group.leading == nullptr || system == "ensemble") group.leading = &row;
    group.points[system] = FieldNumber(row, "predicted_points");
  }
  for (const auto& [key, group] : groups) {
    const json::object& row = *group.first;
    std::string team = FieldText(row, "team"), opponent = FieldText(row, "opponent");
    std::vector<std::string> cells{
        FieldTrue(row, "is_home") ? opponent + " @ " + team : team + " @ " + opponent,
        FieldText(row, "player_name") + (stats.size() > 1 ? ", " + FieldText(row, "stat") : ""),
        team, fmt::format("{:.0f}", FieldNumber(row, "projected_minutes"))};
    for (const std::string& system : systems) {
      auto found = group.points.find(system);
      cells.push_back(found == group.points.end() ? "-" : fmt::format("{:.1f}", found->second));
    }
    std::string line = LineText(*group.leading);
    cells.push_back(fmt::format("{:.1f}", FieldNumber(*group.leading, "spread")));
    cells.push_back(line);
    cells.push_back(line.empty() ? "" : FieldText(*group.leading, "recommendation"));
    cells.push_back(fmt::format("{:.2f}", FieldNumber(*group.leading, "confidence")));
    table.Row(std::move(cells));
  }
  return table.Text();
}

std::string PredictionCsv(const json::array& predictions) {
  TextTable table({"prediction_id", "game_id", "player_id", "player_name", "team", "opponent",
                   "is_home", "system", "predicted_points", "spread", "confidence", "line",
                   "recommendation", "model_version", "stat", "p10", "p50", "p90", "p_over"});
  for (const json::value& value : predictions) {
    const json::object& row = value.as_object();
    table.Row({FieldText(row, "prediction_id"), FieldText(row, "game_id"),
               FieldText(row, "player_id"), FieldText(row, "player_name"), FieldText(row, "team"),
               FieldText(row, "opponent"), FieldTrue(row, "is_home") ? "1" : "0",
               FieldText(row, "system"),
               fmt::format("{:.1f}", FieldNumber(row, "predicted_points")),
               fmt::format("{:.1f}", FieldNumber(row, "spread")),
               fmt::format("{:.2f}", FieldNumber(row, "confidence")), LineText(row),
               FieldText(row, "recommendation"), FieldText(row, "model_version"),
               FieldText(row, "stat"), NumberText(row, "p10"), NumberText(row, "p50"),
               NumberText(row, "p90"), NumberText(row, "p_over")});
  }
  return table.Csv();
}

}  // namespace

std::string FormatPredictions(const json::array& predictions, Output output) {
  switch (output) {
    case Output::kJson: return DumpJsonPretty(predictions) + '\n';
    case Output::kCsv: return PredictionCsv(predictions);
    case Output::kTable: return PredictionTable(predictions);
  }
  return "";
}

std::string FormatRun(const Batch& batch, const std::vector<PredictionView>& predictions,
                      Instant now, Output output) {
  json::object object = BatchToJson(batch, now);
  json::array rows = PredictionsToJson(predictions);
  if (output == Output::kCsv) return PredictionCsv(rows);
  if (output == Output::kTable) {
    std::string table = rows.empty() ? "" : PredictionTable(rows) + '\n';
    return table + BatchHeadline(object);
  }
  object["predictions"] = std::move(rows);
  return DumpJsonPretty(object) + '\n';
}

std::string FormatNoRun(Day date, const std::string& status, const std::string& detail,
                        Output output) {
  if (output == Output::kCsv) return PredictionCsv(json::array());
  if (output == Output::kTable) return detail + '\n';
  return DumpJsonPretty(json::object{{"batch_id", nullptr},
                                     {"game_date", FormatDay(date)},
                                     {"status", status},
                                     {"reason", nullptr},
                                     {"message", detail},
                                     {"terminal_by", nullptr},
                                     {"started_at", nullptr},
                                     {"ended_at", nullptr},
                                     {"counts", CountsToJson(Counts())},
                                     {"predictions", json::array()}}) +
         '\n';
}

int ExitFor(Phase phase, Reason reason) {
  switch (phase) {
    case Phase::kSucceeded: return kExitSucceeded;
    case Phase::kPartial: return kExitPartial;
    case Phase::kFailed: return reason == Reason::kDeadlineExceeded ? kExitExpired : kExitFailed;
    case Phase::kCancelled: return kExitCancelled;
    default: return kExitWaitTimedOut;
  }
}

}  // namespace tipoff
