#include "app/run.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "app/announcers.h"
#include "app/engines.h"
#include "app/game_date.h"
#include "app/models.h"
#include "app/progress.h"
#include "app/report.h"
#include "app/settings.h"
#include "base/log.h"

namespace tipoff {
namespace {

constexpr auto kLookAgain = std::chrono::milliseconds(20);
// A batch that a full disk has held up for so long is left to a later run, when there is room.
constexpr auto kFullDiskPatience = std::chrono::seconds(5);

// One day's life in this process.
class DayRun {
 public:
  DayRun(Engines& engines, const Config& config, const RunOptions& options, ChosenModel model)
      : engines_(engines),
        model_(std::move(model)),
        config_(config),
        options_(options),
        announce_(AnnounceOptionsFrom(config)),
        http_client_(announce_.webhooks.empty() ? nullptr
                                                : std::make_unique<HttpClient>(engines.loop())),
        rows_(engines.loop(), engines.store(), announce_.rows),
        history_(engines.histories()(engines.loop())),
        prefetch_(engines.loop(), *history_, PrefetchPlanFrom(config, options.history_delay)),
        coordinator_(engines.loop(), engines.store(), engines.bus(), engines.random(),
                     {.process = engines.process(),
                      .sweep = SweepOptionsFrom(config),
                      .targets = Targets(),
                      .prefetch = prefetch_.ForRelay()}) {}

  Result<StartOutcome> Start() {
    StartRequest request = StartRequestFrom(config_);
    request.slot.game_date = options_.date;
    if (options_.min_minutes) request.players.min_minutes = *options_.min_minutes;
    request.players.use_multiple_lines = options_.use_multiple_lines;
    request.skip_completeness_check = options_.skip_completeness_check;
    request.trigger = "cli";
    return engines_.Wait<StartOutcome>(
        [&](auto done) { coordinator_.starter().Start(std::move(request), std::move(done)); });
  }

  // Works the batch and waits for its end; kNotFound... never: it is there. An interruption is
  // kUnavailable, and the next run goes on with the batch.
  Result<Batch> WorkUntilEnd(const Batch& started) {
    Progress progress(FormatDay(options_.date), started.expected());
    coordinator_.Start();
    Worker::Options worker = WorkerOptionsFrom(config_);
    worker.version = model_.version;
    engines_.StartWorkers(options_.workers, model_.predict, worker);
    engines_.loop().OnTermination([this](int) { engines_.loop().Stop(); });
    Look(started.id, progress);
    engines_.loop().Run();
    engines_.loop().Cancel(look_timer_);
    looking_ = false;
    progress.Finish();
    engines_.StopWorkers();
    Drain();
    if (end_) return std::move(*end_);
    return Error{Errc::kUnavailable,
                 fmt::format("interrupted; batch {} goes on with the next `tipoff run --date {}`",
                             started.id.str(), FormatDay(options_.date))};
  }

 private:
  std::map<std::string, Announce> Targets() {
    auto targets = MakeAnnouncers(announce_, engines_.loop(), engines_.bus(), http_client_.get());
    rows_.AddTo(targets);
    return targets;
  }

  void Look(const BatchId& batch, Progress& progress) {
    engines_.store().Load(batch, {}, [this, batch, &progress](Result<Snapshot> snapshot) {
      if (!looking_) return;
      if (!snapshot.ok()) {
        end_.emplace(snapshot.error());
        return engines_.loop().Stop();
      }
      const Batch& now = snapshot->batch;
      if (HeldUpByAFullDisk(now)) {
        end_.emplace(Error{Errc::kExhausted,
                           fmt::format("the disk is full: make room; batch {} goes on with the "
                                       "next `tipoff run --date {}`",
                                       batch.str(), FormatDay(options_.date))});
        return engines_.loop().Stop();
      }
      progress.Update(now.counts.terminal(), fmt::format("{}", ToString(now.phase)));
      if (IsTerminal(now.phase) && now.rows_open_at_end == 0) {
        end_.emplace(now);
        return engines_.loop().Stop();
      }
      look_timer_ =
          engines_.loop().After(kLookAgain, [this, batch, &progress] { Look(batch, progress); });
    });
  }

  // Retries would go on until terminal_by, and nobody makes room for a command that says nothing.
  bool HeldUpByAFullDisk(const Batch& batch) {
    std::uint64_t disk_full = engines_.disk_full();
    Duration now = engines_.loop().Steady();
    if (!progress_ || progress_->at != batch.progress_at) {
      progress_ = {batch.progress_at, now, disk_full};
    }
    return disk_full > progress_->disk_full && now - progress_->seen_at > kFullDiskPatience;
  }

  // Lets the commits under way finish, so that what was done is not done again, and what is to be
  // announced be told. What a receiver does not take in time is sent by a later run or `serve`.
  void Drain() {
    coordinator_.Stop([this] { AwaitAnnouncements(); });
    engines_.loop().After(std::chrono::seconds(5), [this] { engines_.loop().Stop(); });
    engines_.loop().Run();
  }

  void AwaitAnnouncements() {
    if (coordinator_.announcer().idle()) return engines_.loop().Stop();
    look_timer_ = engines_.loop().After(kLookAgain, [this] { AwaitAnnouncements(); });
  }

  Engines& engines_;
  ChosenModel model_;
  const Config& config_;
  const RunOptions& options_;
  AnnounceOptions announce_;
  std::unique_ptr<HttpClient> http_client_;
  BigqueryRows rows_;
  std::unique_ptr<History> history_;
  PrefetchSource prefetch_;
  Coordinator coordinator_;
  struct SeenProgress {
    Instant at;
    Duration seen_at;  // Steady time.
    std::uint64_t disk_full;
  };
  std::optional<SeenProgress> progress_;
  bool looking_ = true;
  Loop::TimerId look_timer_ = 0;
  std::optional<Result<Batch>> end_;
};

// Nothing was ever imported: the commonest first mistake gets the plainest answer.
Status CheckHistory(const std::string& data) {
  if (HasHistory(data)) return Ok();
  return Error{Errc::kNotFound,
               fmt::format("there is no data in '{}' yet: import box scores and a schedule with "
                           "`tipoff --data {} import FILE...`, or try `tipoff demo`",
                           data, data)};
}

int PrintNoBatch(const Globals& globals, const RunOptions& options, const StartOutcome& outcome) {
  std::string status = "no_games";
  int exit = kExitNotFound;
  if (outcome.kind == StartOutcome::Kind::kNoPlayers) status = "no_players";
  if (outcome.kind == StartOutcome::Kind::kDataIncomplete ||
      outcome.kind == StartOutcome::Kind::kStale) {
    status = "data_incomplete";
    exit = kExitError;
  }
  fmt::print("{}", FormatNoRun(options.date, status, outcome.detail, globals.output));
  return exit;
}

}  // namespace

int RunDay(const Globals& globals, const RunOptions& options) {
  if (Status history = CheckHistory(globals.data); !history.ok()) return Complain(history.error());
  auto model = ChooseModel(globals);
  if (!model.ok()) return Complain(model.error());
  auto engines = Engines::Open(globals, Access::kReadWrite);
  if (!engines.ok()) return Complain(engines.error());
  Status slates = BuildDueSlates(globals.data, **engines, WallClock());
  if (!slates.ok()) return Complain(slates.error());
  DayRun day(**engines, globals.config, options, *std::move(model));
  auto outcome = day.Start();
  if (!outcome.ok()) return Complain(outcome.error());
  bool resumed = outcome->kind == StartOutcome::Kind::kAlreadyRunning;
  if (!resumed && outcome->kind != StartOutcome::Kind::kStarted) {
    return PrintNoBatch(globals, options, *outcome);
  }
  if (resumed) {
    fmt::print(stderr, "going on with {}, which was left unfinished\n", outcome->batch.id.str());
  }
  auto batch = day.WorkUntilEnd(outcome->batch);
  if (!batch.ok()) return Complain(batch.error());
  auto predictions = (*engines)->Wait<std::vector<PredictionView>>(
      [&](auto done) { ListPredictionViews((*engines)->store(), *batch, std::move(done)); });
  if (!predictions.ok()) return Complain(predictions.error());
  fmt::print("{}", FormatRun(*batch, *predictions, (*engines)->store().Now(), globals.output));
  return ExitFor(batch->phase, batch->reason);
}

void AddRun(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "run", "Predict one game day: start its batch, work it, wait for its end, print it");
  struct Arguments {
    std::string date;
    RunOptions options;
  };
  auto arguments = std::make_shared<Arguments>();
  command->add_option("--date", arguments->date, "YYYY-MM-DD, TODAY or TOMORROW (New York)")
      ->required();
  command
      ->add_option("--min-minutes", arguments->options.min_minutes,
                   "Players who averaged at least so many minutes in their last 7 games "
                   "[start.min_minutes]")
      ->check(CLI::Range(0.0, 48.0));
  command->add_option("--workers", arguments->options.workers, "Workers in this process")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->add_flag("--use-multiple-lines", arguments->options.use_multiple_lines,
                    "Predict against every line of a player, not only the main one");
  command->add_flag("--skip-completeness-check", arguments->options.skip_completeness_check,
                    "Predict although box scores of the last 7 days are missing");
  AddHistoryDelay(*command, arguments->options.history_delay);
  command->footer(
      "A batch of the day that an earlier life left unfinished is gone on with.\n\n"
      "Examples:\n"
      "  tipoff run --date TODAY\n"
      "  tipoff run --date 2025-01-15 -o json > predictions.json\n\n"
      "Exit codes: 0 succeeded, 4 no games or no eligible player, 5 failed, 6 partial,\n"
      "7 expired, 8 cancelled.");
  command->callback([&globals, &run, arguments] {
    run = [&globals, arguments] {
      auto date = ResolveGameDate(arguments->date);
      if (!date.ok()) return Complain(Annotate(date.error(), "--date"));
      arguments->options.date = *date;
      return RunDay(globals, arguments->options);
    };
  });
}

}  // namespace tipoff
