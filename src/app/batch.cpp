#include "app/batch.h"

#include <CLI/CLI.hpp>

#include "app/batch_look.h"
#include "app/batch_orders.h"
#include "app/batch_start.h"
#include "app/batch_watch.h"
#include "app/batch_why.h"
#include "app/connect.h"
#include "app/game_date.h"

namespace tipoff {
namespace {

// Declares the verbs; each becomes a call with a client, once it is the one that was asked for.
class BatchCommand {
 public:
  BatchCommand(CLI::App& root, const Globals& globals, Run& run)
      : globals_(globals),
        run_(run),
        connection_(std::make_shared<ServerChoice>()),
        command_(*root.add_subcommand("batch", "Start, watch, end and look at batches")) {
    command_.require_subcommand(1);
    AddConnection(command_, root, *connection_);
  }

  using Action = std::function<int(ApiClient&, Console&, Output)>;

  CLI::App& Verb(const char* name, const char* help, std::function<Writes()> writes,
                 Action action) {
    CLI::App* verb = command_.add_subcommand(name, help);
    verb->callback([&globals = globals_, &run = run_, connection = connection_,
                    writes = std::move(writes), action = std::move(action)] {
      run = [&globals, connection, writes, action] {
        auto client = Connect(globals, *connection, writes());
        if (!client.ok()) return Complain(client.error());
        StandardConsole console;
        return action(**client, console, globals.output);
      };
    });
    return *verb;
  }

  static Writes Never() { return Writes::kNever; }
  static Writes WhenNeeded() { return Writes::kWhenNeeded; }

  void AddLooks();
  void AddWhy();
  void AddFollowing();
  void AddStarts();
  void AddOrder(OrderVerb verb, const char* name, const char* help);
  void AddPatch();
  void AddRetry();

 private:
  const Globals& globals_;
  Run& run_;
  std::shared_ptr<ServerChoice> connection_;
  CLI::App& command_;
};

constexpr char kIdHelp[] = "As `batch list` shows it";

void BatchCommand::AddLooks() {
  auto filters = std::make_shared<BatchFilters>();
  CLI::App& list = Verb("list", "List batches, newest first", Never,
                        [filters](ApiClient& client, Console& console, Output output) {
                          return ListBatches(client, console, output, *filters);
                        });
  AddBatchFilters(list, *filters);
  CLI::Option* limit = list.add_option("--limit", filters->limit, "At most so many")
                           ->capture_default_str()
                           ->check(CLI::Range(1, 100'000));
  list.add_flag("--all", filters->all, "All there are")->excludes(limit);

  struct Arguments {
    std::string id;
    std::vector<std::string> states;
    bool verify = false;
  };
  auto arguments = std::make_shared<Arguments>();
  auto look = [&](const char* name, const char* help, auto action) -> CLI::App& {
    CLI::App& verb = Verb(name, help, WhenNeeded,
                          [arguments, action](ApiClient& client, Console& console, Output output) {
                            return action(client, console, output, *arguments);
                          });
    verb.add_option("BATCH_ID", arguments->id, kIdHelp)->required();
    return verb;
  };
  look("get", "One batch: phase, counts, times",
       [](ApiClient& c, Console& s, Output o, const Arguments& a) {
         return GetBatch(c, s, o, a.id);
       });
  look("requests", "Its requests, each with its state and last hop",
       [](ApiClient& c, Console& s, Output o, const Arguments& a) {
         return ShowRequests(c, s, o, a.id, a.states);
       })
      .add_option("--state", arguments->states, "Only these states (comma-separated)")
      ->delimiter(',');
  look("predictions", "Its predictions",
       [](ApiClient& c, Console& s, Output o, const Arguments& a) {
         return ShowPredictions(c, s, o, a.id);
       });
  look("autopsy", "Why it did not succeed: causes, who is missing, alike failures",
       [](ApiClient& c, Console& s, Output o, const Arguments& a) {
         return ShowAutopsy(c, s, o, a.id);
       });
  look("journal", "Its life, commit by commit; or whether that record of it is whole",
       [](ApiClient& c, Console& s, Output o, const Arguments& a) {
         return a.verify ? VerifyBatchJournal(c, s, o, a.id) : ShowJournal(c, s, o, a.id);
       })
      .add_flag("--verify", arguments->verify,
                "Check its chain of hashes, and that it folds to what is stored; exits 1 if not");
}

void BatchCommand::AddWhy() {
  auto arguments = std::make_shared<WhyArguments>();
  // What lies on the bus is only known where the folder can be written.
  CLI::App& why = Verb(
      "why", "Which layer is at fault, how one sees it, and what to type next",
      [] { return Writes::kFromTheStart; },
      [arguments](ApiClient& client, Console& console, Output output) {
        return ExplainBatch(client, console, output, *arguments);
      });
  why.add_option("BATCH_ID", arguments->id, "As `batch list` shows it [default: the newest]");
  why.add_option("--at", arguments->at, "As it was then: 2026-01-28T01:30:00Z");
  why.footer(
      "Layers: coordinator, store, history, bus, subscription, worker, completion path, data;\n"
      "or none: nothing is wrong.\n\n"
      "Examples:\n"
      "  tipoff batch why\n"
      "  tipoff batch why BATCH_ID --at 2026-01-28T01:30:00Z\n"
      "  tipoff batch why BATCH_ID -o json");
}

void BatchCommand::AddFollowing() {
  auto id = std::make_shared<std::string>();
  CLI::App& watch = Verb("watch", "Show each change until its end; exit with its outcome",
                         WhenNeeded, [id](ApiClient& client, Console& console, Output output) {
                           return WatchBatch(client, console, output, *id);
                         });
  watch.add_option("BATCH_ID", *id, kIdHelp)->required();

  auto timeout = std::make_shared<std::string>();
  CLI::App& wait =
      Verb("wait", "Wait for its end; exit with its outcome, 3 if it did not come in time",
           WhenNeeded, [id, timeout](ApiClient& client, Console& console, Output output) {
             std::optional<Duration> limit;
             if (!timeout->empty()) {
               auto parsed = ParseDuration(*timeout);
               if (!parsed.ok()) return Complain(Annotate(parsed.error(), "--timeout"));
               limit = *parsed;
             }
             return WaitForBatch(client, console, output, *id, limit);
           });
  wait.add_option("BATCH_ID", *id, kIdHelp)->required();
  wait.add_option("--timeout", *timeout, "Wait no longer than that: 10m");
}

void BatchCommand::AddStarts() {
  auto arguments = std::make_shared<StartArguments>();
  CLI::App& start = Verb("start", "Start a game day's batch", WhenNeeded,
                         [arguments](ApiClient& client, Console& console, Output output) {
                           return StartBatch(client, console, output, *arguments);
                         });
  start.add_option("--date", arguments->date,
                   "YYYY-MM-DD, TODAY or TOMORROW (New York) [default: TODAY]");
  start.add_option("--dataset", arguments->dataset, "Publish beside the main one, under this name");
  start.add_flag("--force", arguments->force, "Cancel a live batch of that day and take its place");
  start.add_option("--idempotency-key", arguments->idempotency_key,
                   "Asked again with the same key, the answer is the same");
  AddStartOptions(start, *arguments);
  start.footer("Workers work it: those of `tipoff serve`, or `tipoff worker`.");

  auto again = std::make_shared<RestartArguments>();
  CLI::App& restart = Verb(
      "restart",
      "Clear a batch and start its day again for the same players; give --deadline and the like "
      "anew",
      [again] { return again->dry_run ? Writes::kNever : Writes::kWhenNeeded; },
      [again](ApiClient& client, Console& console, Output output) {
        return RestartBatch(client, console, output, *again);
      });
  restart.add_option("BATCH_ID", again->id, kIdHelp)->required();
  restart.add_option("--reason", again->reason, "Why, for the audit log");
  restart.add_flag("-y,--yes", again->yes, "Don't ask");
  restart.add_flag("--dry-run", again->dry_run, "Only say what would be done");
  AddStartOptions(restart, again->start);
}

void BatchCommand::AddOrder(OrderVerb verb, const char* name, const char* help) {
  auto arguments = std::make_shared<OrderArguments>();
  CLI::App& order = Verb(
      name, help, [arguments] { return arguments->dry_run ? Writes::kNever : Writes::kWhenNeeded; },
      [arguments, verb](ApiClient& client, Console& console, Output output) {
        return GiveOrder(client, console, output, verb, *arguments);
      });
  order.add_option("BATCH_ID", arguments->ids, "Which; or choose them by the filters below");
  AddBatchFilters(order, arguments->filters);
  order.add_flag("-y,--yes", arguments->yes, "Don't ask");
  order.add_flag("--dry-run", arguments->dry_run, "Only say what would be done");
  order.add_option("--reason", arguments->reason, "Why, for the audit log");
  if (verb == OrderVerb::kCheckStalled || verb == OrderVerb::kCleanUp) {
    order.add_option("--stall-after", arguments->stall_after, "Stalled: no progress for so long")
        ->capture_default_str();
    order
        .add_option("--min-percent", arguments->min_percent,
                    "A stalled batch ends if so much of it is done")
        ->capture_default_str();
  }
}

void BatchCommand::AddPatch() {
  auto arguments = std::make_shared<PatchArguments>();
  CLI::App& patch = Verb("patch", "Change what a live batch promises and tolerates", WhenNeeded,
                         [arguments](ApiClient& client, Console& console, Output output) {
                           return PatchBatch(client, console, output, *arguments, WallClock());
                         });
  patch.add_option("BATCH_ID", arguments->id, kIdHelp)->required();
  patch.add_option("--terminal-by", arguments->terminal_by,
                   "Ended by then, never later than promised: an instant, or 20m from now");
  patch.add_option("--tolerance", arguments->tolerance,
                   "Early ends: '100% until 20m, 95% until 25m, 90% at deadline'");
  patch.add_option("--stall-after", arguments->stall_after, "Stalled: no progress for so long");
  patch.add_option("--stall-percent", arguments->stall_percent,
                   "A stalled batch ends if so much of it is done");
  CLI::Option* required =
      patch.add_option("--required", arguments->required_players,
                       "No early end without these players (comma-separated ids)");
  required->delimiter(',')->allow_extra_args(false);
  patch.add_flag("--nobody-required", arguments->nobody_required, "No player is required any more")
      ->excludes(required);
  patch.add_option("--publishes-max", arguments->publishes_max, "Publishes of one request");
  patch.add_option("--poison-after", arguments->poison_after,
                   "First results that all fail alike end the batch; 0: never");
  patch.add_option("--reason", arguments->reason, "Why, for the audit log");
  patch.footer(
      "Examples:\n"
      "  tipoff batch patch BATCH_ID --terminal-by 20m --reason 'the game is about to begin'\n"
      "  tipoff batch patch BATCH_ID --tolerance '90% at deadline' --required 2544,203999");
}

void BatchCommand::AddRetry() {
  struct Arguments {
    std::string id, reason;
    bool wait = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App& retry =
      Verb("retry", "A new batch of what failed, expired or was not delivered", WhenNeeded,
           [arguments](ApiClient& client, Console& console, Output output) {
             return RetryBatch(client, console, output, arguments->id, arguments->reason,
                               arguments->wait);
           });
  retry.add_option("BATCH_ID", arguments->id, kIdHelp)->required();
  retry.add_option("--reason", arguments->reason, "Why, for the audit log");
  retry.add_flag("--wait", arguments->wait, "Wait for its end and exit with its outcome");
}

}  // namespace

void AddBatch(CLI::App& root, const Globals& globals, Run& run) {
  BatchCommand batch(root, globals, run);
  batch.AddStarts();
  batch.AddLooks();
  batch.AddWhy();
  batch.AddFollowing();
  batch.AddOrder(OrderVerb::kCheckStalled, "check-stalled",
                 "End batches that are stalled with enough done, keeping what has arrived");
  batch.AddOrder(OrderVerb::kFinish, "finish", "End batches now, keeping what has arrived");
  batch.AddOrder(OrderVerb::kClear, "clear", "End batches now as cancelled; nothing is published");
  batch.AddOrder(OrderVerb::kCancel, "cancel", "The same as clear, recorded as a cancel");
  batch.AddOrder(OrderVerb::kCleanUp, "cleanup",
                 "End every stuck batch as the clock would: stalled with enough done, or overdue");
  batch.AddPatch();
  batch.AddRetry();
  root.get_subcommand("batch")->footer(
      "Works on the data folder; with --url or $TIPOFF_URL on a server.\n\n"
      "Exit codes: 0 done, or succeeded; 1 error; 2 usage; 3 not ended in time; 4 no such batch,\n"
      "no games; 5 failed; 6 partial; 7 expired; 8 cancelled; 77 not allowed. watch, wait and\n"
      "--wait exit by the outcome of the batch.");
}

}  // namespace tipoff
