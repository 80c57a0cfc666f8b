#include "app/batch.h"

#include <fmt/format.h>

#include "app/embedded.h"
#include "app/game_date.h"
#include "app/report.h"
#include "app/table.h"
#include "base/json.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// Opens the data folder for looking only.
Result<std::unique_ptr<Embedded>> OpenToRead(const Globals& globals) {
  auto embedded = Embedded::Open(globals.data, Access::kReadOnly);
  if (embedded.ok() || embedded.error().code != Errc::kNotFound) return embedded;
  return Error{Errc::kNotFound,
               fmt::format("there are no batches in '{}' yet: start one with `tipoff run --date "
                           "YYYY-MM-DD`, or name another folder with --data",
                           globals.data)};
}

Result<Batch> FindBatch(Embedded& embedded, const std::string& id) {
  auto snapshot = embedded.Wait<Snapshot>(
      [&](auto done) { embedded.store().Load(BatchId(id), {}, std::move(done)); });
  if (!snapshot.ok()) return snapshot.error();
  return std::move(snapshot->batch);
}

void PrintBatches(const std::vector<Batch>& batches, Instant now, Output output) {
  if (output == Output::kJson) {
    json::array array;
    for (const Batch& batch : batches) array.push_back(BatchToJson(batch, now));
    fmt::print("{}\n", DumpJsonPretty(array));
    return;
  }
  TextTable table({"BATCH", "DATE", "STATUS", "REASON", ">DONE", ">OF", ">%", ">PREDICTIONS",
                   "STARTED", ">TOOK"});
  for (const Batch& batch : batches) {
    bool over = IsTerminal(batch.phase);
    Duration took = (over ? batch.terminal_at : now) - batch.created_at;
    table.Row({batch.id.str(), FormatDay(batch.slot.game_date), StatusText(batch, now),
               batch.reason == Reason::kNone ? "" : std::string(ToString(batch.reason)),
               fmt::to_string(batch.counts.done()), fmt::to_string(batch.expected()),
               fmt::format("{:.1f}", batch.counts.done_percent()),
               fmt::to_string(batch.predictions), FormatInstant(batch.created_at),
               FormatDuration(took)});
  }
  if (output == Output::kCsv) {
    fmt::print("{}", table.Csv());
  } else if (batches.empty()) {
    fmt::print("no batches\n");
  } else {
    fmt::print("{}", table.Text());
  }
}

struct ListArguments {
  std::string phase;
  std::string date;
  bool live = false;
  std::size_t limit = 50;
};

int ListBatches(const Globals& globals, const ListArguments& arguments) {
  BatchFilter filter{.live_only = arguments.live, .limit = arguments.limit};
  if (!arguments.phase.empty()) {
    auto phase = ParsePhase(arguments.phase);
    if (!phase.ok()) return Complain(Annotate(phase.error(), "--phase"));
    filter.phase = *phase;
  }
  if (!arguments.date.empty()) {
    auto date = ResolveGameDate(arguments.date);
    if (!date.ok()) return Complain(Annotate(date.error(), "--date"));
    filter.game_date = *date;
  }
  auto embedded = OpenToRead(globals);
  if (!embedded.ok()) return Complain(embedded.error());
  auto page = (*embedded)->Wait<BatchPage>(
      [&](auto done) { (*embedded)->store().ListBatches(filter, std::move(done)); });
  if (!page.ok()) return Complain(page.error());
  PrintBatches(page->batches, (*embedded)->store().Now(), globals.output);
  return kExitSucceeded;
}

void PrintField(std::string_view name, const std::string& value) {
  if (!value.empty()) fmt::print("{:<14}{}\n", name, value);
}

void PrintBatch(const Batch& batch, Instant now) {
  const Counts& counts = batch.counts;
  fmt::print("{}\n", BatchHeadline(batch, now));
  PrintField("game date", FormatDay(batch.slot.game_date));
  PrintField("run mode", batch.run_mode);
  PrintField("started", FormatInstant(batch.created_at) + "  by " + batch.trigger);
  PrintField("terminal by", FormatInstant(batch.terminal_by));
  PrintField("last progress", FormatInstant(batch.progress_at));
  PrintField("ended", FormatInstant(batch.terminal_at));
  PrintField("retry of", batch.retry_of.str());
  PrintField("superseded by", batch.superseded_by.str());
  PrintField("published", batch.publication == 0
                              ? ""
                              : fmt::format("as number {} of its day", batch.publication));
  fmt::print("\n");
  TextTable table({"STATE", ">REQUESTS"});
  for (int i = 0; i < kRequestStates; ++i) {
    auto state = static_cast<RequestState>(i);
    if (counts[state] > 0) table.Row({std::string(ToString(state)), fmt::to_string(counts[state])});
  }
  table.Row({"expected", fmt::to_string(counts.expected())});
  fmt::print("{}", table.Text());
  if (batch.late > 0) fmt::print("\n{} completed after the end; not counted\n", batch.late);
}

int GetBatch(const Globals& globals, const std::string& id) {
  auto embedded = OpenToRead(globals);
  if (!embedded.ok()) return Complain(embedded.error());
  auto batch = FindBatch(**embedded, id);
  if (!batch.ok()) return Complain(batch.error());
  Instant now = (*embedded)->store().Now();
  if (globals.output == Output::kTable) {
    PrintBatch(*batch, now);
  } else if (globals.output == Output::kJson) {
    fmt::print("{}\n", DumpJsonPretty(BatchToJson(*batch, now)));
  } else {
    PrintBatches({*batch}, now, Output::kCsv);
  }
  return kExitSucceeded;
}

Result<std::vector<RequestView>> AllRequests(Embedded& embedded, const Batch& batch,
                                             const std::vector<RequestState>& states) {
  std::vector<RequestView> views;
  RequestFilter filter{.states = states};
  do {
    auto page = embedded.Wait<RequestPage>(
        [&](auto done) { ListRequestViews(embedded.store(), batch, filter, std::move(done)); });
    if (!page.ok()) return page.error();
    for (RequestView& view : page->views) views.push_back(std::move(view));
    filter.after = page->next;
  } while (filter.after >= 0);
  return views;
}

// The last hop that a request got past: where it is stuck, if it is.
std::string LastHop(const Hops& hops) {
  if (!hops.counted.never()) return "counted";
  if (!hops.reported.never()) return "reported";
  if (!hops.leased.never()) return "leased";
  if (!hops.published.never()) return "published";
  return "recorded";
}

int ShowRequests(const Globals& globals, const std::string& id,
                 const std::vector<std::string>& state_names) {
  std::vector<RequestState> states;
  for (const std::string& name : state_names) {
    auto state = ParseRequestState(name);
    if (!state.ok()) return Complain(Annotate(state.error(), "--state"));
    states.push_back(*state);
  }
  auto embedded = OpenToRead(globals);
  if (!embedded.ok()) return Complain(embedded.error());
  auto batch = FindBatch(**embedded, id);
  if (!batch.ok()) return Complain(batch.error());
  auto views = AllRequests(**embedded, *batch, states);
  if (!views.ok()) return Complain(views.error());
  if (globals.output == Output::kJson) {
    json::array array;
    for (const RequestView& view : *views) {
      array.push_back(RequestToJson(*batch, view.row, view.spec));
    }
    fmt::print("{}\n", DumpJsonPretty(array));
    return kExitSucceeded;
  }
  TextTable table({">#", "PLAYER_ID", "PLAYER", "TEAM", "STATE", "LAST_HOP", ">ATTEMPT",
                   ">PREDICTIONS", "REASON", "WORKER"});
  for (const RequestView& view : *views) {
    const Request& row = view.row;
    table.Row({fmt::to_string(row.ordinal), row.player.str(), view.spec.player_name, view.spec.team,
               std::string(ToString(StateUnder(*batch, row))), LastHop(row.hops),
               fmt::to_string(row.attempt), fmt::to_string(row.predictions), row.reason,
               row.worker});
  }
  fmt::print("{}", globals.output == Output::kCsv ? table.Csv() : table.Text());
  return kExitSucceeded;
}

int ShowPredictions(const Globals& globals, const std::string& id) {
  auto embedded = OpenToRead(globals);
  if (!embedded.ok()) return Complain(embedded.error());
  auto batch = FindBatch(**embedded, id);
  if (!batch.ok()) return Complain(batch.error());
  auto predictions = (*embedded)->Wait<std::vector<PredictionView>>(
      [&](auto done) { ListPredictionViews((*embedded)->store(), *batch, std::move(done)); });
  if (!predictions.ok()) return Complain(predictions.error());
  fmt::print("{}", FormatPredictions(*predictions, globals.output));
  return kExitSucceeded;
}

std::string TransitionsText(const JournalEntry& entry) {
  std::string text;
  for (const JournalEntry::Transition& transition : entry.transitions) {
    std::uint32_t count = 0;
    for (const OrdinalRange& range : transition.requests) count += range.last - range.first + 1;
    if (!text.empty()) text += ", ";
    text += fmt::format("{} {}", count, ToString(transition.to));
  }
  return text;
}

int ShowJournal(const Globals& globals, const std::string& id) {
  auto embedded = OpenToRead(globals);
  if (!embedded.ok()) return Complain(embedded.error());
  auto records = (*embedded)->Wait<std::vector<JournalRecord>>(
      [&](auto done) { ListJournal((*embedded)->store(), BatchId(id), std::move(done)); });
  if (!records.ok()) return Complain(records.error());
  json::array array;
  TextTable table({">SEQ", "AT", "PHASE", "WHAT", "REQUESTS", "MESSAGE", "ACTOR"});
  for (const JournalRecord& record : *records) {
    auto entry = DecodeJournal(record.text);
    if (!entry.ok()) return Complain(entry.error());
    array.push_back(JournalToJson(*entry, record.hash));
    table.Row({fmt::to_string(entry->seq), FormatInstant(entry->at),
               std::string(ToString(entry->phase)),
               fmt::format("{}", fmt::join(entry->events, ", ")), TransitionsText(*entry),
               entry->message, entry->actor});
  }
  if (globals.output == Output::kJson) {
    fmt::print("{}\n", DumpJsonPretty(array));
  } else {
    fmt::print("{}", globals.output == Output::kCsv ? table.Csv() : table.Text());
  }
  return kExitSucceeded;
}

}  // namespace

void AddBatch(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* batch = root.add_subcommand("batch", "Look at batches");
  batch->require_subcommand(1);

  CLI::App* list = batch->add_subcommand("list", "List batches, newest first");
  auto list_arguments = std::make_shared<ListArguments>();
  list->add_option("--phase", list_arguments->phase, "Only batches in this phase");
  list->add_option("--date", list_arguments->date, "Only batches of this game date");
  list->add_flag("--live", list_arguments->live, "Only batches that have not ended");
  list->add_option("--limit", list_arguments->limit, "At most so many")
      ->capture_default_str()
      ->check(CLI::Range(1, 500));
  list->callback([&globals, &run, list_arguments] {
    run = [&globals, list_arguments] { return ListBatches(globals, *list_arguments); };
  });

  struct Arguments {
    std::string id;
    std::vector<std::string> states;
  };
  auto verb = [&](const char* name, const char* help, auto action) {
    CLI::App* command = batch->add_subcommand(name, help);
    auto arguments = std::make_shared<Arguments>();
    command->add_option("BATCH_ID", arguments->id, "As `batch list` shows it")->required();
    command->callback([&globals, &run, arguments, action] {
      run = [&globals, arguments, action] { return action(globals, *arguments); };
    });
    return std::pair(command, arguments);
  };
  verb("get", "One batch: phase, counts, times",
       [](const Globals& g, const Arguments& a) { return GetBatch(g, a.id); });
  auto [requests, arguments] =
      verb("requests", "Its requests, each with its state and last hop",
           [](const Globals& g, const Arguments& a) { return ShowRequests(g, a.id, a.states); });
  requests->add_option("--state", arguments->states, "Only these states (comma-separated)")
      ->delimiter(',');
  verb("predictions", "Its predictions",
       [](const Globals& g, const Arguments& a) { return ShowPredictions(g, a.id); });
  verb("journal", "Its life, commit by commit",
       [](const Globals& g, const Arguments& a) { return ShowJournal(g, a.id); });
}

}  // namespace tipoff
