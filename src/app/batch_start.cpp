#include "app/batch_start.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/batch_select.h"
#include "app/batch_view.h"
#include "app/batch_watch.h"
#include "app/fields.h"
#include "app/game_date.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

void PutText(json::object& body, const char* field, const std::string& text) {
  if (!text.empty()) body[field] = text;
}

int PrintNothingStarted(Console& console, Output output, const json::object& answer) {
  std::string detail = FieldText(answer, "detail");
  if (output == Output::kJson) {
    console.Out(DumpJsonPretty(answer) + '\n');
  } else {
    console.Note(fmt::format("tipoff: {}\n", detail.empty() ? "no games that day" : detail));
  }
  return kExitNotFound;
}

// "117 players of 9 games; ends by 2025-01-15T22:00:00Z"
std::string StartedLine(const json::object& batch) {
  const json::object& summary = FieldObject(batch, "summary");
  std::string line =
      fmt::format("{}  {}", FieldText(batch, "batch_id"), FieldText(batch, "status"));
  if (std::string players = FieldText(summary, "total_players"); !players.empty()) {
    line += fmt::format(": {} players of {} games", players, FieldText(summary, "total_games"));
  }
  return line + fmt::format("; ends by {}\n", FieldText(batch, "terminal_by"));
}

// A batch that nobody works would only be seen to stand still.
void SayIfNobodyWorks(ApiClient& client, Console& console, const json::object& batch) {
  auto answer = GetObject(client, "/v1/workers");
  if (!answer.ok()) return;
  const json::value* workers = answer->if_contains("workers");
  if (workers == nullptr || !workers->is_array()) return;
  Instant now = FieldInstant(batch, "started_at") + FieldSeconds(batch, "age_seconds");
  for (const json::value& worker : workers->as_array()) {
    if (IsAtWork(worker.as_object(), now)) return;
  }
  console.Note("no worker is at work: `tipoff serve` or `tipoff worker` starts some\n");
}

// Posts the body and shows what came of it.
int Start(ApiClient& client, Console& console, Output output, const json::object& body,
          const StartArguments& arguments) {
  ApiClient::Pairs headers;
  if (!arguments.idempotency_key.empty()) {
    headers.emplace_back("idempotency-key", arguments.idempotency_key);
  }
  auto answer = PostObject(client, "/v1/batches", body, headers);
  if (!answer.ok()) return Complain(answer.error());
  auto batch = ParseObject(answer->body);
  if (!batch.ok()) return Complain(batch.error());
  std::string id = FieldText(*batch, "batch_id");
  if (id.empty()) return PrintNothingStarted(console, output, *batch);
  if (answer->status == 200) console.Note("there is such a batch already; it is this one\n");
  SayIfNobodyWorks(client, console, *batch);
  if (arguments.wait) {
    console.Note(StartedLine(*batch));
    return WaitForBatch(client, console, output, id, std::nullopt);
  }
  console.Out(output == Output::kTable ? StartedLine(*batch) : FormatBatch(*batch, output));
  return kExitSucceeded;
}

// What was asked for when `batch` was started, as far as the batch remembers it, and what
// `overrides` says otherwise.
json::object RestartBody(const json::object& batch, const json::object& overrides) {
  json::object body;
  for (const char* field :
       {"game_date", "dataset", "run_mode", "correlation_id", "parent_processor"}) {
    PutText(body, field, FieldText(batch, field));
  }
  body["min_minutes"] = FieldNumber(batch, "min_minutes");
  // It was good enough to be accepted once; cleared and then refused, the day would have nothing.
  body["skip_completeness_check"] = true;
  for (const auto& [name, value] : overrides) body[name] = value;
  return body;
}

}  // namespace

void AddStartOptions(CLI::App& command, StartArguments& arguments) {
  command
      .add_option("--min-minutes", arguments.min_minutes,
                  "Players who averaged at least so many minutes in their last 7 games")
      ->check(CLI::Range(0.0, 48.0));
  command.add_option("--run-mode", arguments.run_mode,
                     "OVERNIGHT, FIRST, RETRY, FINAL_RETRY, LAST_CALL, EARLY, BACKFILL, PRE_GAME");
  command.add_option("--correlation-id", arguments.correlation_id,
                     "Handed on with every message and announcement");
  command.add_flag("--use-multiple-lines", arguments.use_multiple_lines,
                   "Predict against every line of a player, not only the main one");
  command.add_flag("--skip-completeness-check", arguments.skip_completeness_check,
                   "Predict although box scores of the last 7 days are missing");
  command.add_option("--deadline", arguments.deadline, "How long the batch may take: 2h, 45m");
  command.add_flag("--wait", arguments.wait, "Wait for its end and exit with its outcome");
}

Result<json::object> StartBody(const StartArguments& arguments) {
  json::object body;
  if (!arguments.date.empty()) {
    auto date = ResolveGameDate(arguments.date);
    if (!date.ok()) return Annotate(date.error(), "--date");
    body["game_date"] = FormatDay(*date);
  }
  if (!arguments.deadline.empty()) {
    auto deadline = ParseDuration(arguments.deadline);
    if (!deadline.ok()) return Annotate(deadline.error(), "--deadline");
    body["policy"] = {{"deadline", arguments.deadline}};
  }
  PutText(body, "dataset", arguments.dataset);
  PutText(body, "run_mode", arguments.run_mode);
  PutText(body, "correlation_id", arguments.correlation_id);
  if (arguments.min_minutes) body["min_minutes"] = *arguments.min_minutes;
  if (arguments.force) body["force"] = true;
  if (arguments.use_multiple_lines) body["use_multiple_lines"] = true;
  if (arguments.skip_completeness_check) body["skip_completeness_check"] = true;
  return body;
}

int StartBatch(ApiClient& client, Console& console, Output output,
               const StartArguments& arguments) {
  auto body = StartBody(arguments);
  if (!body.ok()) return Complain(body.error());
  return Start(client, console, output, *body, arguments);
}

int RestartBatch(ApiClient& client, Console& console, Output output,
                 const RestartArguments& arguments) {
  auto overrides = StartBody(arguments.start);
  if (!overrides.ok()) return Complain(overrides.error());
  auto selected = SelectBatches(client, {arguments.id}, {});
  if (!selected.ok()) return Complain(selected.error());
  const json::object& old = selected->front().as_object();
  std::string day = FieldText(old, "game_date");
  json::object body = RestartBody(old, *overrides);
  if (arguments.dry_run) {
    console.Out(fmt::format("{}would start {} again with {}\n",
                            BatchEnded(old) ? "" : fmt::format("would clear {} and ", arguments.id),
                            day, DumpJson(body)));
    return kExitSucceeded;
  }
  if (!BatchEnded(old)) {
    if (!arguments.yes && console.terminal()) {
      console.Note(BatchHeadline(old));
      if (!console.Ask(fmt::format("Clear it and start {} again?", day))) {
        console.Note("nothing was done\n");
        return kExitError;
      }
    }
    json::object clear;
    PutText(clear, "reason", arguments.reason);
    auto path = BatchPath(arguments.id, ":clear");
    if (!path.ok()) return Complain(path.error());
    auto cleared = PostObject(client, *path, clear);
    if (!cleared.ok()) return Complain(cleared.error());
    console.Note(fmt::format("{} is cleared\n", arguments.id));
  }
  return Start(client, console, output, body, arguments.start);
}

}  // namespace tipoff
