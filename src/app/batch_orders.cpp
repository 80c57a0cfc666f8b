#include "app/batch_orders.h"

#include <fmt/format.h>

#include "app/batch_view.h"
#include "app/batch_watch.h"
#include "app/fields.h"
#include "app/table.h"
#include "base/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

struct VerbWords {
  const char* name;    // On the command line and in the API's path.
  const char* asking;  // "Clear 76 batches?"
  bool ends;           // Ends whatever it is given.
};

VerbWords WordsOf(OrderVerb verb) {
  switch (verb) {
    case OrderVerb::kFinish: return {"finish", "Finish", true};
    case OrderVerb::kClear: return {"clear", "Clear", true};
    case OrderVerb::kCancel: return {"cancel", "Cancel", true};
    case OrderVerb::kCheckStalled: return {"check-stalled", "Check", false};
    case OrderVerb::kCleanUp: return {"cleanup", "Clean up", false};
  }
  return {"", "", false};
}

// What became of one batch.
struct Ordered {
  json::object batch;  // After the order; before it where nothing was done.
  std::string action;  // "ended", "no_action", ...
  std::string error;
  int exit = kExitSucceeded;
};

bool Stalled(const json::object& batch, const OrderArguments& arguments) {
  auto stall_after = ParseDuration(arguments.stall_after);
  return stall_after.ok() && FieldSeconds(batch, "idle_seconds") >= *stall_after &&
         FieldNumber(batch, "done_percent") >= arguments.min_percent;
}

// What the order would do, as far as the batch itself tells it.
std::string Plan(OrderVerb verb, const json::object& batch, const OrderArguments& arguments) {
  if (BatchEnded(batch)) return "already_ended";
  switch (verb) {
    case OrderVerb::kFinish: return "would_finish";
    case OrderVerb::kClear: return "would_clear";
    case OrderVerb::kCancel: return "would_cancel";
    case OrderVerb::kCheckStalled:
      return Stalled(batch, arguments) ? "would_complete_with_partial" : "no_action";
    case OrderVerb::kCleanUp:
      if (Stalled(batch, arguments)) return "would_complete_with_partial";
      return FieldText(batch, "status") == "overdue" ? "would_end" : "no_action";
  }
  return "";
}

json::object ReasonBody(const std::string& reason) {
  json::object body;
  if (!reason.empty()) body["reason"] = reason;
  return body;
}

Result<json::object> Post(ApiClient& client, const json::object& batch, const std::string& verb,
                          const json::object& body) {
  TIPOFF_TRY(std::string path, BatchPath(FieldText(batch, "batch_id"), ":" + verb));
  TIPOFF_TRY(Answer answer, PostObject(client, path, body));
  return ParseObject(answer.body);
}

Result<Ordered> OrderCheckStalled(ApiClient& client, const json::object& batch,
                                  const OrderArguments& arguments) {
  json::object body = ReasonBody(arguments.reason);
  body["stall_after"] = arguments.stall_after;
  body["min_percent"] = arguments.min_percent;
  TIPOFF_TRY(json::object answer, Post(client, batch, "check-stalled", body));
  return Ordered{FieldObject(answer, "batch"), FieldText(answer, "action"), ""};
}

// The clock's own decision about one batch: looking at it is what runs it.
Result<Ordered> CleanUp(ApiClient& client, const json::object& batch,
                        const OrderArguments& arguments) {
  TIPOFF_TRY(Ordered done, OrderCheckStalled(client, batch, arguments));
  if (BatchEnded(done.batch)) return done;
  TIPOFF_TRY(std::string path, BatchPath(FieldText(batch, "batch_id")));
  TIPOFF_TRY(done.batch, GetObject(client, path));
  done.action = BatchEnded(done.batch) ? "ended" : "no_action";
  return done;
}

Result<Ordered> Perform(ApiClient& client, OrderVerb verb, const json::object& batch,
                        const OrderArguments& arguments) {
  if (BatchEnded(batch)) return Ordered{batch, "already_ended", ""};
  if (verb == OrderVerb::kCheckStalled) return OrderCheckStalled(client, batch, arguments);
  if (verb == OrderVerb::kCleanUp) return CleanUp(client, batch, arguments);
  TIPOFF_TRY(json::object after,
             Post(client, batch, WordsOf(verb).name, ReasonBody(arguments.reason)));
  std::string action = BatchEnded(after) ? "ended" : "accepted";
  return Ordered{std::move(after), std::move(action), ""};
}

std::string FormatOrdered(const std::vector<Ordered>& all, Output output) {
  TextTable table({"BATCH", "DATE", ">DONE", ">OF", ">%", "ACTION", "STATUS", "REASON", "ERROR"});
  json::array array;
  for (const Ordered& done : all) {
    const json::object& batch = done.batch;
    table.Row({FieldText(batch, "batch_id"), FieldText(batch, "game_date"),
               fmt::to_string(DoneRequests(batch)),
               FieldText(FieldObject(batch, "counts"), "expected"),
               fmt::format("{:.1f}", FieldNumber(batch, "done_percent")), done.action,
               FieldText(batch, "status"), FieldText(batch, "reason"), done.error});
    json::object object = batch;
    object["action"] = done.action;
    object["error"] = nullptr;
    if (!done.error.empty()) object["error"] = done.error;
    array.push_back(std::move(object));
  }
  if (output == Output::kJson) return DumpJsonPretty(array) + '\n';
  if (output == Output::kCsv) return table.Csv();
  return all.empty() ? "no such batches\n" : table.Text();
}

Status CheckArguments(const OrderArguments& arguments) {
  auto stall_after = ParseDuration(arguments.stall_after);
  if (!stall_after.ok()) return Annotate(stall_after.error(), "--stall-after");
  if (arguments.min_percent < 0 || arguments.min_percent > 100) {
    return Error{Errc::kInvalid, "--min-percent is between 0 and 100"};
  }
  return Ok();
}

// Whether to go on. An exit code: not.
std::optional<int> Confirm(Console& console, OrderVerb verb, const OrderArguments& arguments,
                           const json::array& batches) {
  VerbWords words = WordsOf(verb);
  if (arguments.yes || batches.empty()) return std::nullopt;
  bool chosen = arguments.ids.empty();
  if (!console.terminal()) {
    if (!chosen) return std::nullopt;
    console.Note(fmt::format(
        "tipoff: this would {} {} batches, and nobody is at a terminal to be asked; say --yes, or "
        "see which with --dry-run\n",
        words.name, batches.size()));
    return kExitUsage;
  }
  if (!chosen && !words.ends) return std::nullopt;
  console.Note(FormatStuck(batches, Output::kTable));
  std::string what =
      batches.size() == 1 ? "this batch" : fmt::format("these {} batches", batches.size());
  if (console.Ask(fmt::format("{} {}?", words.asking, what))) return std::nullopt;
  console.Note("nothing was done\n");
  return kExitError;
}

int Report(Console& console, Output output, const OrderArguments& arguments,
           const std::vector<Ordered>& all) {
  console.Out(FormatOrdered(all, output));
  std::size_t failed = 0;
  for (const Ordered& done : all) failed += done.error.empty() ? 0 : 1;
  if (failed == 0) return kExitSucceeded;
  if (arguments.ids.size() == 1) {
    console.Note(fmt::format("tipoff: {}\n", all.front().error));
    return all.front().exit;
  }
  console.Note(fmt::format("tipoff: {} of {} went wrong\n", failed, all.size()));
  return kExitError;
}

}  // namespace

int GiveOrder(ApiClient& client, Console& console, Output output, OrderVerb verb,
              const OrderArguments& arguments) {
  if (Status status = CheckArguments(arguments); !status.ok()) return Complain(status.error());
  BatchFilters filters = arguments.filters;
  if (verb == OrderVerb::kCleanUp && arguments.ids.empty()) filters.stuck = true;
  auto batches = SelectBatches(client, arguments.ids, filters);
  if (!batches.ok()) return Complain(batches.error());
  if (!arguments.dry_run) {
    if (auto exit = Confirm(console, verb, arguments, *batches)) return *exit;
  }
  std::vector<Ordered> all;
  for (const json::value& value : *batches) {
    const json::object& batch = value.as_object();
    if (arguments.dry_run) {
      all.push_back({batch, Plan(verb, batch, arguments), ""});
      continue;
    }
    auto done = Perform(client, verb, batch, arguments);
    if (done.ok()) {
      all.push_back(std::move(*done));
    } else {
      all.push_back({batch, "failed", done.error().message, ExitFor(done.error())});
    }
  }
  return Report(console, output, arguments, all);
}

int PatchBatch(ApiClient& client, Console& console, Output output, const PatchArguments& arguments,
               Instant now) {
  json::object body;
  if (!arguments.terminal_by.empty()) {
    auto from_now = ParseDuration(arguments.terminal_by);
    body["terminal_by"] = from_now.ok() ? FormatInstant(now + *from_now) : arguments.terminal_by;
  }
  if (!arguments.stall_after.empty()) body["stall_after"] = arguments.stall_after;
  if (!arguments.tolerance.empty()) body["tolerance"] = arguments.tolerance;
  if (arguments.stall_percent) body["stall_percent"] = *arguments.stall_percent;
  if (arguments.publishes_max) body["publishes_max"] = *arguments.publishes_max;
  if (arguments.poison_after) body["poison_after"] = *arguments.poison_after;
  if (!arguments.required_players.empty() || arguments.nobody_required) {
    json::array players;
    for (const std::string& player : arguments.required_players) players.emplace_back(player);
    body["required_players"] = std::move(players);
  }
  if (body.empty()) {
    return Complain(Error{Errc::kInvalid,
                          "nothing to change: say --terminal-by, --tolerance or "
                          "another of the options that --help lists"});
  }
  if (!arguments.reason.empty()) body["reason"] = arguments.reason;
  auto path = BatchPath(arguments.id);
  if (!path.ok()) return Complain(path.error());
  auto response =
      client.Call("PATCH", *path, {}, DumpJson(body), {{"content-type", "application/json"}});
  if (!response.ok()) return Complain(response.error());
  auto answer = CheckAnswer(*response);
  if (!answer.ok()) return Complain(answer.error());
  auto batch = ParseObject(answer->body);
  if (!batch.ok()) return Complain(batch.error());
  console.Out(FormatBatch(*batch, output));
  return kExitSucceeded;
}

int RetryBatch(ApiClient& client, Console& console, Output output, const std::string& id,
               const std::string& reason, bool wait) {
  auto path = BatchPath(id, ":retry");
  if (!path.ok()) return Complain(path.error());
  auto answer = PostObject(client, *path, ReasonBody(reason));
  if (!answer.ok()) return Complain(answer.error());
  auto child = ParseObject(answer->body);
  if (!child.ok()) return Complain(child.error());
  if (FieldText(*child, "status") == "nothing_to_retry") {
    console.Out(output == Output::kJson ? DumpJsonPretty(*child) + '\n'
                                        : FieldText(*child, "detail") + '\n');
    return kExitSucceeded;
  }
  if (answer->status == 200) console.Note("it has been retried already, by this batch\n");
  std::string child_id = FieldText(*child, "batch_id");
  if (wait) return WaitForBatch(client, console, output, child_id, std::nullopt);
  console.Out(output == Output::kTable ? BatchHeadline(*child) : FormatBatch(*child, output));
  return kExitSucceeded;
}

}  // namespace tipoff
