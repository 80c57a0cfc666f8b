#include "app/batch_view.h"

#include <fmt/format.h>

#include <charconv>

#include "app/fields.h"
#include "app/report.h"
#include "app/table.h"
#include "base/json.h"
#include "core/batch.h"

namespace tipoff {
namespace {

namespace json = boost::json;

std::string Format(const TextTable& table, const json::value& value, Output output) {
  switch (output) {
    case Output::kJson: return DumpJsonPretty(value) + '\n';
    case Output::kCsv: return table.Csv();
    case Output::kTable: return table.Text();
  }
  return "";
}

std::string Percent(const json::object& batch) {
  return fmt::format("{:.1f}", FieldNumber(batch, "done_percent"));
}

std::string Expected(const json::object& batch) {
  return FieldText(FieldObject(batch, "counts"), "expected");
}

// "" where the field is null: an ended batch has no idle time.
std::string Seconds(const json::object& batch, std::string_view field) {
  return FieldText(batch, field).empty() ? "" : FormatDuration(FieldSeconds(batch, field));
}

// How many requests "0-4,9" names.
std::uint64_t CountRanges(std::string_view ranges) {
  auto number = [](std::string_view text) {
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
  };
  std::uint64_t count = 0;
  while (!ranges.empty()) {
    std::size_t comma = std::min(ranges.find(','), ranges.size());
    std::string_view range = ranges.substr(0, comma);
    ranges.remove_prefix(std::min(comma + 1, ranges.size()));
    std::size_t dash = range.find('-');
    std::uint64_t first = number(range.substr(0, dash));
    std::uint64_t last = dash == std::string_view::npos ? first : number(range.substr(dash + 1));
    count += last - first + 1;
  }
  return count;
}

std::string TransitionsText(const json::object& entry) {
  std::string text;
  const json::value* transitions = entry.if_contains("transitions");
  if (transitions == nullptr || !transitions->is_array()) return text;
  for (const json::value& transition : transitions->as_array()) {
    if (!transition.is_object()) continue;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", CountRanges(FieldText(transition.as_object(), "requests")),
                        FieldText(transition.as_object(), "to"));
  }
  return text;
}

std::string EventsText(const json::object& entry) {
  std::string text;
  const json::value* events = entry.if_contains("events");
  if (events == nullptr || !events->is_array()) return text;
  for (const json::value& event : events->as_array()) {
    if (!event.is_string()) continue;
    if (!text.empty()) text += ", ";
    text += event.as_string();
  }
  return text;
}

// The last hop that a request got past: where it is stuck, if it is.
std::string LastHop(const json::object& request) {
  for (const char* hop : {"counted", "reported", "leased", "published"}) {
    if (!FieldText(request, fmt::format("{}_at", hop)).empty()) return hop;
  }
  return "recorded";
}

void AddLine(std::string& out, std::string_view name, const std::string& value) {
  if (!value.empty()) out += fmt::format("{:<14}{}\n", name, value);
}

std::string StatesTable(const json::object& batch) {
  const json::object& counts = FieldObject(batch, "counts");
  const json::object& open = FieldObject(batch, "open");
  TextTable table({"STATE", ">REQUESTS"});
  for (int i = 0; i < kRequestStates; ++i) {
    auto state = static_cast<RequestState>(i);
    std::int64_t count = FieldInteger(IsOpen(state) ? open : counts, ToString(state));
    if (count > 0) table.Row({std::string(ToString(state)), fmt::to_string(count)});
  }
  table.Row({"expected", Expected(batch)});
  return table.Text();
}

}  // namespace

std::string BatchHeadline(const json::object& batch) {
  std::string line =
      fmt::format("{}  {}", FieldText(batch, "batch_id"), FieldText(batch, "status"));
  std::string reason = FieldText(batch, "reason"), message = FieldText(batch, "message");
  if (!reason.empty()) line += fmt::format(" ({})", reason);
  if (!message.empty()) line += fmt::format(": {}", message);
  if (BatchEnded(batch)) {
    Duration took = FieldInstant(batch, "ended_at") - FieldInstant(batch, "started_at");
    line += fmt::format("; {} predictions in {}", FieldInteger(batch, "total_predictions"),
                        FormatDuration(took));
  }
  return line + '\n';
}

std::string BatchProgress(const json::object& batch) {
  return fmt::format("{}  {}/{}  {}%  {} predictions", FieldText(batch, "status"),
                     DoneRequests(batch), Expected(batch), Percent(batch),
                     FieldInteger(batch, "total_predictions"));
}

std::string FormatBatches(const json::array& batches, Output output) {
  TextTable table({"BATCH", "DATE", "STATUS", "REASON", ">DONE", ">OF", ">%", ">PREDICTIONS",
                   "STARTED", ">TOOK"});
  for (const json::value& value : batches) {
    const json::object& batch = value.as_object();
    table.Row({FieldText(batch, "batch_id"), FieldText(batch, "game_date"),
               FieldText(batch, "status"), FieldText(batch, "reason"),
               fmt::to_string(DoneRequests(batch)), Expected(batch), Percent(batch),
               FieldText(batch, "total_predictions"), FieldText(batch, "started_at"),
               Seconds(batch, "age_seconds")});
  }
  if (batches.empty() && output == Output::kTable) return "no batches\n";
  return Format(table, batches, output);
}

std::string FormatStuck(const json::array& batches, Output output) {
  TextTable table(
      {"BATCH", "DATE", "STATUS", ">DONE", ">OF", ">%", ">AGE", ">NO_PROGRESS_FOR", "ENDS_BY"});
  for (const json::value& value : batches) {
    const json::object& batch = value.as_object();
    table.Row({FieldText(batch, "batch_id"), FieldText(batch, "game_date"),
               FieldText(batch, "status"), fmt::to_string(DoneRequests(batch)), Expected(batch),
               Percent(batch), Seconds(batch, "age_seconds"), Seconds(batch, "idle_seconds"),
               FieldText(batch, "terminal_by")});
  }
  if (batches.empty() && output == Output::kTable) return "no stuck batches\n";
  return Format(table, batches, output);
}

std::string FormatBatch(const json::object& batch, Output output) {
  if (output == Output::kJson) return DumpJsonPretty(batch) + '\n';
  if (output == Output::kCsv) return FormatBatches({batch}, output);
  std::string out = BatchHeadline(batch) + '\n';
  AddLine(out, "game date", FieldText(batch, "game_date"));
  AddLine(out, "dataset", FieldText(batch, "dataset"));
  AddLine(out, "run mode", FieldText(batch, "run_mode"));
  AddLine(out, "started", FieldText(batch, "started_at") + "  by " + FieldText(batch, "trigger"));
  AddLine(out, "terminal by", FieldText(batch, "terminal_by"));
  AddLine(out, "last progress", FieldText(batch, "progress_at"));
  if (std::string idle = Seconds(batch, "idle_seconds"); !idle.empty()) {
    AddLine(out, "no progress", "for " + idle);
  }
  AddLine(out, "ended", FieldText(batch, "ended_at"));
  AddLine(out, "retry of", FieldText(batch, "retry_of"));
  AddLine(out, "superseded by", FieldText(batch, "superseded_by"));
  std::string publication = FieldText(batch, "publication");
  if (!publication.empty()) {
    AddLine(out, "published", fmt::format("as number {} of its day", publication));
  }
  out += '\n' + StatesTable(batch);
  if (std::int64_t late = FieldInteger(batch, "late"); late > 0) {
    out += fmt::format("\n{} completed after the end; not counted\n", late);
  }
  return out;
}

std::string FormatRequests(const json::array& requests, Output output) {
  TextTable table({">#", "PLAYER_ID", "PLAYER", "TEAM", "STATE", "LAST_HOP", ">ATTEMPT",
                   ">PREDICTIONS", "REASON", "WORKER"});
  for (const json::value& value : requests) {
    const json::object& row = value.as_object();
    table.Row({FieldText(row, "ordinal"), FieldText(row, "player_id"),
               FieldText(row, "player_name"), FieldText(row, "team"), FieldText(row, "state"),
               LastHop(row), FieldText(row, "attempt"), FieldText(row, "predictions"),
               FieldText(row, "reason"), FieldText(row, "worker")});
  }
  return Format(table, requests, output);
}

std::string FormatAutopsy(const json::object& autopsy, Output output) {
  if (output == Output::kJson) return DumpJsonPretty(autopsy) + '\n';
  auto list = [&](const char* field) {
    const json::value* value = autopsy.if_contains(field);
    return value != nullptr && value->is_array() ? value->as_array() : json::array();
  };
  TextTable missing({"PLAYER_ID", "PLAYER", "STATE", "LAST_HOP", "WORKER", "REASON"});
  for (const json::value& value : list("missing")) {
    const json::object& player = value.as_object();
    missing.Row({FieldText(player, "player_id"), FieldText(player, "player_name"),
                 FieldText(player, "state"), FieldText(player, "last_hop"),
                 FieldText(player, "worker"), FieldText(player, "reason")});
  }
  if (output == Output::kCsv) return missing.Csv();
  std::string out = FieldText(autopsy, "batch_id") + "\n\n";
  std::string_view lead = "  ";  // The outcome itself; behind it, why.
  for (const json::value& cause : list("causes")) {
    if (cause.is_string()) out += fmt::format("{}{}\n", lead, std::string_view(cause.as_string()));
    lead = "  because  ";
  }
  if (missing.rows() > 0) out += '\n' + missing.Text();
  std::int64_t more =
      FieldInteger(autopsy, "missing_total") - static_cast<std::int64_t>(missing.rows());
  if (more > 0) out += fmt::format("and {} more\n", more);
  std::string next = FieldText(autopsy, "next_command");
  if (!next.empty()) out += fmt::format("\nnext: {}\n", next);
  return out;
}

std::string FormatJournal(const json::array& entries, Output output) {
  TextTable table({">SEQ", "AT", "PHASE", "WHAT", "REQUESTS", "MESSAGE", "ACTOR"});
  for (const json::value& value : entries) {
    const json::object& entry = value.as_object();
    table.Row({FieldText(entry, "seq"), FieldText(entry, "at"), FieldText(entry, "phase"),
               EventsText(entry), TransitionsText(entry), FieldText(entry, "message"),
               FieldText(entry, "actor")});
  }
  return Format(table, entries, output);
}

std::string FormatJournalProof(const json::object& proof, Output output) {
  const json::value* list = proof.if_contains("problems");
  json::array problems = list != nullptr && list->is_array() ? list->as_array() : json::array();
  if (output == Output::kJson) return DumpJsonPretty(proof) + '\n';
  TextTable table({"batch_id", "entries", "hash", "problem"});
  std::string text;
  auto add = [&](std::string_view problem) {
    table.Row({FieldText(proof, "batch_id"), FieldText(proof, "entries"), FieldText(proof, "hash"),
               std::string(problem)});
    text += fmt::format("  {}\n", problem);
  };
  for (const json::value& problem : problems) {
    add(problem.is_string() ? std::string_view(problem.as_string()) : "unreadable");
  }
  if (output == Output::kCsv) {
    if (problems.empty()) add("");
    return table.Csv();
  }
  std::string what =
      fmt::format("{} entries of {}", FieldText(proof, "entries"), FieldText(proof, "batch_id"));
  if (problems.empty()) {
    return fmt::format(
        "the journal holds: {} are chained without a gap and give the stored state\nlast hash {}\n",
        what, FieldText(proof, "hash"));
  }
  return fmt::format("the journal does NOT hold, after reading {}:\n{}", what, text);
}

int ExitForBatch(const json::object& batch) {
  auto phase = ParsePhase(FieldText(batch, "phase"));
  if (!phase.ok()) return kExitWaitTimedOut;
  auto reason = ParseReason(FieldText(batch, "reason"));
  return ExitFor(*phase, reason.ok() ? *reason : Reason::kNone);
}

}  // namespace tipoff
