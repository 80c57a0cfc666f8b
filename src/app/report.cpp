#include "app/report.h"

#include <fmt/format.h>

#include "app/table.h"
#include "base/json.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

std::string LineText(const std::optional<Line>& line) { return line ? line->str() : ""; }

json::array PredictionsToJson(const std::vector<PredictionView>& predictions) {
  json::array array;
  for (const PredictionView& view : predictions) {
    array.push_back(PredictionToJson(view.spec, view.prediction));
  }
  return array;
}

// One row a player and line: every system beside the others.
std::string PredictionTable(const std::vector<PredictionView>& predictions) {
  std::vector<std::string> systems;
  for (const PredictionView& view : predictions) {
    const std::string& system = view.prediction.system;
    if (std::find(systems.begin(), systems.end(), system) == systems.end()) {
      systems.push_back(system);
    }
  }
  std::sort(systems.begin(), systems.end());
  std::vector<std::string> headers{"GAME", "PLAYER", "TEAM", ">MIN"};
  for (const std::string& system : systems) headers.push_back(">" + system);
  for (const char* header : {">+-", ">LINE", "CALL", ">CONF"}) headers.push_back(header);
  TextTable table(headers);
  struct Group {
    const PredictionView* first = nullptr;
    const Prediction* leading = nullptr;  // The ensemble if there is one.
    std::map<std::string, double> points;
  };
  std::map<std::tuple<GameId, PlayerId, int>, Group> groups;
  for (const PredictionView& view : predictions) {
    const auto& line = view.prediction.line;
    Group& group = groups[{view.spec.game, view.spec.player, line ? line->milli() : -1}];
    if (group.first == nullptr) group.first = &view;
    bool leads = group.leading == nullptr || view.prediction.system == "ensemble";
    if (leads) group.leading = &view.prediction;
    group.points[view.prediction.system] = view.prediction.predicted_points;
  }
  for (const auto& [key, group] : groups) {
    const RequestSpec& spec = group.first->spec;
    std::string game = spec.is_home ? fmt::format("{} @ {}", spec.opponent, spec.team)
                                    : fmt::format("{} @ {}", spec.team, spec.opponent);
    std::vector<std::string> cells{game, spec.player_name, spec.team,
                                   fmt::format("{:.0f}", spec.projected_minutes)};
    for (const std::string& system : systems) {
      auto found = group.points.find(system);
      cells.push_back(found == group.points.end() ? "-" : fmt::format("{:.1f}", found->second));
    }
    cells.push_back(fmt::format("{:.1f}", group.leading->spread));
    cells.push_back(LineText(group.leading->line));
    bool has_line = group.leading->line.has_value();
    cells.push_back(has_line ? std::string(ToString(group.leading->recommendation)) : "");
    cells.push_back(fmt::format("{:.2f}", group.leading->confidence));
    table.Row(std::move(cells));
  }
  return table.Text();
}

std::string PredictionCsv(const std::vector<PredictionView>& predictions) {
  TextTable table({"prediction_id", "game_id", "player_id", "player_name", "team", "opponent",
                   "is_home", "system", "predicted_points", "spread", "confidence", "line",
                   "recommendation", "model_version"});
  for (const PredictionView& view : predictions) {
    const Prediction& p = view.prediction;
    table.Row({p.prediction_id, view.spec.game.str(), view.spec.player.str(), view.spec.player_name,
               view.spec.team, view.spec.opponent, view.spec.is_home ? "1" : "0", p.system,
               fmt::format("{:.1f}", p.predicted_points), fmt::format("{:.1f}", p.spread),
               fmt::format("{:.2f}", p.confidence), LineText(p.line),
               std::string(ToString(p.recommendation)), p.model_version});
  }
  return table.Csv();
}

}  // namespace

std::string BatchHeadline(const Batch& batch, Instant now) {
  std::string line = fmt::format("{}  {}", batch.id.str(), StatusText(batch, now));
  if (batch.reason != Reason::kNone) line += fmt::format(" ({})", ToString(batch.reason));
  if (!batch.message.empty()) line += fmt::format(": {}", batch.message);
  if (IsTerminal(batch.phase)) {
    line += fmt::format("; {} predictions in {}", batch.predictions,
                        FormatDuration(batch.terminal_at - batch.created_at));
  }
  return line + '\n';
}

std::string FormatPredictions(const std::vector<PredictionView>& predictions, Output output) {
  switch (output) {
    case Output::kJson: return DumpJsonPretty(PredictionsToJson(predictions)) + '\n';
    case Output::kCsv: return PredictionCsv(predictions);
    case Output::kTable: return PredictionTable(predictions);
  }
  return "";
}

std::string FormatRun(const Batch& batch, const std::vector<PredictionView>& predictions,
                      Instant now, Output output) {
  if (output == Output::kCsv) return PredictionCsv(predictions);
  if (output == Output::kTable) {
    std::string table = predictions.empty() ? "" : PredictionTable(predictions) + '\n';
    return table + BatchHeadline(batch, now);
  }
  json::object object = BatchToJson(batch, now);
  object["predictions"] = PredictionsToJson(predictions);
  return DumpJsonPretty(object) + '\n';
}

std::string FormatNoRun(Day date, const std::string& status, const std::string& detail,
                        Output output) {
  if (output == Output::kCsv) return PredictionCsv({});
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

int ExitFor(const Batch& batch) {
  switch (batch.phase) {
    case Phase::kSucceeded: return kExitSucceeded;
    case Phase::kPartial: return kExitPartial;
    case Phase::kFailed:
      return batch.reason == Reason::kDeadlineExceeded ? kExitExpired : kExitFailed;
    case Phase::kCancelled: return kExitCancelled;
    default: return kExitWaitTimedOut;
  }
}

}  // namespace tipoff
