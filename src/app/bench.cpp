#include "app/bench.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <optional>

#include "app/announcers.h"
#include "app/bench_parts.h"
#include "app/progress.h"
#include "app/settings.h"
#include "app/table.h"
#include "base/json.h"
#include "bus/messages.h"
#include "floor.h"
#include "flow/coordinator.h"
#include "store/codec.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// Up to here a start reads a slate, as those of game days; a larger one would be no day of anybody.
constexpr std::uint32_t kSlateMax = 10'000;
constexpr std::uint32_t kSmall = 1000;
constexpr int kSmallBatches = 200;
constexpr int kLargeBatches = 3;
// The floor needs enough requests to fill groups, and no more than it takes to be steady.
constexpr std::uint32_t kFloorMin = 20'000;
constexpr std::uint32_t kFloorMax = 200'000;
constexpr auto kLook = std::chrono::milliseconds(5);
// A batch without an end this long after its last progress is a bug, not a slow disk.
constexpr auto kPatience = std::chrono::minutes(5);

struct BenchFlags {
  std::uint32_t requests = 450;
  int batches = 0;  // 0: by the size.
  int workers = 0;  // 0: as `serve`.
  std::string folder;
};

double Milliseconds(Duration duration) { return static_cast<double>(duration.count()) / 1000; }

double SecondsSince(Clock::time_point began) {
  return std::chrono::duration<double>(Clock::now() - began).count();
}

// One batch, as its caller and its workers lived it.
struct BatchTimes {
  double accept_ms = 0;
  double first_lease_ms = 0;
  double batch_ms = 0;
  double tail_ms = 0;
  std::uint64_t commits = 0;
};

double Median(std::vector<BatchTimes> times, double BatchTimes::*field) {
  auto middle = times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2);
  std::nth_element(times.begin(), middle, times.end(),
                   [&](const auto& a, const auto& b) { return a.*field < b.*field; });
  return (*middle).*field;
}

// The maximum where there are too few for a percentile.
double TailP99(std::vector<BatchTimes> times) {
  std::sort(times.begin(), times.end(),
            [](const auto& a, const auto& b) { return a.tail_ms < b.tail_ms; });
  std::size_t rank = times.size() < 100 ? times.size() - 1 : (times.size() * 99 + 99) / 100 - 1;
  return times[rank].tail_ms;
}

struct FloorRates {
  double cycle = 0;   // Requests a second, created, published, claimed and completed.
  double create = 0;  // Only created.
};

FloorRates MeasureFloor(const std::string& folder, std::uint32_t requests) {
  RequestMessage message;
  message.batch = BatchId("batch_2026-01-15_1795481304_k3f9a2");
  message.ordinal = 4711;
  message.spec = BenchRequest(4711);
  message.published_at = Instant::FromMicros(1'795'481'304'000'000);
  PredictionInput input{&message.spec, nullptr, nullptr};
  std::vector<PredictedRequest> predicted = PredictNothing(message.batch, {&input, 1});
  std::string path = folder + "/floor.db";
  bench::Floor floor(path, {EncodeSpec(message.spec), Encode(message),
                            EncodePredictions(predicted.front().predictions)});
  auto began = Clock::now();
  floor.Create(requests);
  double created = SecondsSince(began);
  floor.Work();
  double worked = SecondsSince(began);
  for (const char* suffix : {"", "-wal", "-shm"}) fs::remove(path + suffix);
  return {requests / worked, requests / created};
}

// Batches one after the other, through everything that `serve` would run them through.
class BenchRun {
 public:
  BenchRun(BenchEngine& engine, const Globals& globals, const BenchFlags& flags)
      : engine_(engine),
        config_(globals.config),
        flags_(flags),
        coordinator_(engine.loop(), engine.store(), engine.bus(), engine.random(),
                     {engine.process(), SweepOptionsFrom(globals.config),
                      MakeAnnouncers({}, engine.loop(), engine.bus(), nullptr)}) {}

  Result<std::vector<BatchTimes>> Run() {
    if (flags_.requests <= kSlateMax) {
      TIPOFF_TRY_STATUS(Wait<Done>([&](auto done) {
        std::vector<Slate> slates{BenchSlate(flags_.requests, engine_.store().Now())};
        engine_.store().PutSlates(std::move(slates), std::move(done));
      }));
    }
    coordinator_.OnEnd([this](const Batch& batch) {
      ended_ = batch;
      ended_at_ = engine_.loop().Steady();
      ended_time_ = engine_.store().Now();
      engine_.loop().Stop();
    });
    coordinator_.Start();
    engine_.StartWorkers(flags_.workers > 0 ? flags_.workers : WorkersFrom(config_));
    auto batches = static_cast<std::uint64_t>(flags_.batches);
    Progress progress(fmt::format("batches of {}", flags_.requests), batches * flags_.requests);
    std::vector<BatchTimes> all;
    for (std::uint64_t i = 0; i < batches; ++i) {
      TIPOFF_TRY(BatchTimes times, One(progress, i * flags_.requests));
      all.push_back(times);
    }
    progress.Finish();
    return all;
  }

  void Stop() {
    engine_.StopWorkers();
    coordinator_.Stop([this] { engine_.loop().Stop(); });
    engine_.loop().Run();
  }

 private:
  template <class T>
  Result<T> Wait(const std::function<void(DoneWith<T>)>& call) {
    std::optional<Result<T>> answer;
    call([&](Result<T> result) {
      answer.emplace(std::move(result));
      engine_.loop().Stop();
    });
    while (!answer) engine_.loop().Run();
    return std::move(*answer);
  }

  Result<BatchTimes> One(Progress& progress, std::uint64_t before) {
    ended_.reset();
    BatchTimes times;
    std::uint64_t commits = engine_.database().statistics().commits;
    Duration began = engine_.loop().Steady();
    Instant began_time = engine_.store().Now();
    TIPOFF_TRY(StartOutcome outcome, Wait<StartOutcome>([&](auto done) { Start(done); }));
    if (outcome.kind != StartOutcome::Kind::kStarted) {
      return Error{Errc::kUnavailable, "the batch was not started: " + outcome.detail};
    }
    times.accept_ms = Milliseconds(engine_.loop().Steady() - began);
    TIPOFF_TRY_STATUS(AwaitEnd(outcome.batch.id, progress, before));
    times.batch_ms = Milliseconds(ended_at_ - began);
    TIPOFF_TRY_STATUS(AwaitQuiet());
    times.commits = engine_.database().statistics().commits - commits;
    TIPOFF_TRY(auto instants, ReadInstants(outcome.batch.id));
    times.first_lease_ms = Milliseconds(instants.first - began_time);
    times.tail_ms = Milliseconds(ended_time_ - instants.second);
    return times;
  }

  void Start(DoneWith<StartOutcome> done) {
    StartRequest request;
    request.slot.game_date = BenchDay();
    request.policy = PolicyFrom(config_);
    request.trigger = "bench";
    if (flags_.requests <= kSlateMax) {
      return coordinator_.starter().Start(std::move(request), std::move(done));
    }
    coordinator_.starter().StartFrom(std::move(request), {flags_.requests, BenchRequest},
                                     std::move(done));
  }

  Status AwaitEnd(const BatchId& batch, Progress& progress, std::uint64_t before) {
    // Only of what takes long: looking costs the very store that is measured.
    Duration look =
        flags_.requests > kSmall ? Duration(std::chrono::milliseconds(500)) : Duration(kPatience);
    Duration moved_at = engine_.loop().Steady();
    std::uint32_t seen = 0;
    while (!ended_) {
      Loop::TimerId timer = engine_.loop().After(look, [this] { engine_.loop().Stop(); });
      engine_.loop().Run();
      engine_.loop().Cancel(timer);
      if (ended_) break;
      TIPOFF_TRY(Snapshot now, Wait<Snapshot>([&](auto done) {
                   engine_.store().Load(batch, {}, std::move(done));
                 }));
      std::uint32_t counted = now.batch.counts.terminal();
      progress.Update(before + counted);
      if (counted != seen) moved_at = engine_.loop().Steady();
      seen = counted;
      if (engine_.loop().Steady() - moved_at > Duration(kPatience)) {
        return Error{Errc::kUnavailable,
                     fmt::format("no progress for {} at {} of {} requests",
                                 FormatDuration(kPatience), seen, flags_.requests)};
      }
    }
    progress.Update(before + flags_.requests);
    if (ended_->phase == Phase::kSucceeded) return Ok();
    return Error{Errc::kUnavailable,
                 fmt::format("the batch ended {}: {}", ToString(ended_->phase), ended_->message)};
  }

  // What is left of a batch after its end, acks for one thing, is not the next one's burden.
  Status AwaitQuiet() {
    for (const Topic& topic :
         {Topic{Topic::Kind::kRequests, ""}, {Topic::Kind::kCompletions, ""}}) {
      while (true) {
        TIPOFF_TRY(Backlog backlog, Wait<Backlog>([&](auto done) {
                     engine_.bus().Inspect(topic, std::move(done));
                   }));
        if (backlog.waiting + backlog.leased == 0) break;
        engine_.loop().After(kLook, [this] { engine_.loop().Stop(); });
        engine_.loop().Run();
      }
    }
    return Ok();
  }

  // When the first request was held by a worker, and when the last completion was on the bus.
  Result<std::pair<Instant, Instant>> ReadInstants(const BatchId& batch) {
    std::pair<Instant, Instant> found;
    auto read = [&](DoneWith<Done> done) {
      engine_.database().Read(
          [&, batch](sqlite::ReadContext& context) {
            sqlite::Statement& find = context.db.Prepared(
                "SELECT min(nullif(r.leased_at,0)), max(r.reported_at) FROM request r, batch b "
                "WHERE b.id=? AND r.key>=b.batch_no<<32 AND r.key<(b.batch_no+1)<<32");
            if (!find.With(batch.str()).Step()) return;
            found = {Instant::FromMicros(find.Int(0)), Instant::FromMicros(find.Int(1))};
            find.Reset();
          },
          [this, done](Status status) { engine_.loop().Post([done, status] { done(status); }); });
    };
    TIPOFF_TRY_STATUS(Wait<Done>(read));
    return found;
  }

  BenchEngine& engine_;
  const Config& config_;
  const BenchFlags& flags_;
  Coordinator coordinator_;
  std::optional<Batch> ended_;
  Duration ended_at_{};
  Instant ended_time_;
};

struct BenchResult {
  std::vector<BatchTimes> times;
  FloorRates floor;
  double rss_peak_mb = 0;
  std::string machine;
};

double Rounded(double value, double unit = 100) { return std::round(value * unit) / unit; }

std::string FormatBench(const BenchFlags& flags, const BenchResult& result, Output output) {
  double batch_ms = Median(result.times, &BatchTimes::batch_ms);
  double rate = flags.requests / batch_ms * 1000;
  std::uint64_t commits = 0;
  for (const BatchTimes& times : result.times) commits += times.commits;
  double accept_ms = Median(result.times, &BatchTimes::accept_ms);
  double first_lease_ms = Median(result.times, &BatchTimes::first_lease_ms);
  double tail_ms = TailP99(result.times);
  if (output == Output::kJson) {
    return DumpJson(boost::json::object{{"requests", flags.requests},
                                        {"batches", flags.batches},
                                        {"requests_per_second", std::round(rate)},
                                        {"floor_per_second", std::round(result.floor.cycle)},
                                        {"accept_ms", Rounded(accept_ms)},
                                        {"first_lease_ms", Rounded(first_lease_ms)},
                                        {"batch_ms", Rounded(batch_ms)},
                                        {"tail_ms_p99", Rounded(tail_ms)},
                                        {"rss_peak_mb", Rounded(result.rss_peak_mb, 10)},
                                        {"commits", commits},
                                        {"machine", result.machine}}) +
           "\n";
  }
  TextTable table({"REQUESTS", ">BATCHES", ">REQUESTS/S", ">FLOOR/S", ">OF FLOOR", ">ACCEPT MS",
                   ">FIRST LEASE MS", ">BATCH MS", ">TAIL P99 MS", ">US/REQUEST", ">PEAK MB",
                   ">COMMITS"});
  table.Row({std::to_string(flags.requests), std::to_string(flags.batches),
             fmt::format("{:.0f}", rate), fmt::format("{:.0f}", result.floor.cycle),
             fmt::format("{:.2f}", rate / result.floor.cycle), fmt::format("{:.2f}", accept_ms),
             fmt::format("{:.2f}", first_lease_ms), fmt::format("{:.2f}", batch_ms),
             fmt::format("{:.2f}", tail_ms), fmt::format("{:.1f}", 1e6 / rate),
             fmt::format("{:.1f}", result.rss_peak_mb), std::to_string(commits)});
  if (output == Output::kCsv) return table.Csv();
  double creating = flags.requests / accept_ms * 1000;
  return fmt::format(
      "{}\naccepted {:.0f} requests/s, {:.2f} of a bare SQLite's {:.0f} inserts/s\n{}\n",
      table.Text(), creating, creating / result.floor.create, result.floor.create, result.machine);
}

FloorRates Better(const FloorRates& a, const FloorRates& b) {
  return {std::max(a.cycle, b.cycle), std::max(a.create, b.create)};
}

Result<BenchResult> Measure(const Globals& globals, const BenchFlags& flags) {
  TIPOFF_TRY(auto folder, BenchFolder::Make(flags.folder));
  BenchResult result;
  result.machine = DescribeMachine(folder->path());
  std::uint32_t floor_requests = std::clamp(flags.requests, kFloorMin, kFloorMax);
  fmt::print(stderr, "the floor: a bare SQLite with {} requests, before ...\n", floor_requests);
  result.floor = MeasureFloor(folder->path(), floor_requests);
  ResetPeakMemory();
  {
    TIPOFF_TRY(auto engine, BenchEngine::Open(folder->path()));
    BenchRun run(*engine, globals, flags);
    auto times = run.Run();
    run.Stop();
    if (!times.ok()) return times.error();
    result.times = std::move(*times);
  }
  result.rss_peak_mb = PeakMemoryMb();
  fmt::print(stderr, "... and after\n");
  result.floor = Better(result.floor, MeasureFloor(folder->path(), floor_requests));
  return result;
}

// The folder of the data, or what there is of the way to it: its disk is the one that matters.
std::string DefaultFolder(const std::string& data) {
  std::error_code problem;
  fs::path path = fs::absolute(data, problem);
  while (!fs::is_directory(path, problem) && path.has_relative_path()) path = path.parent_path();
  return path.string();
}

int Bench(const Globals& globals, BenchFlags flags) {
  if (flags.batches == 0) flags.batches = flags.requests <= kSmall ? kSmallBatches : kLargeBatches;
  if (flags.folder.empty()) flags.folder = DefaultFolder(globals.data);
  try {
    auto result = Measure(globals, flags);
    if (!result.ok()) return Complain(result.error());
    fmt::print("{}", FormatBench(flags, *result, globals.output));
    return kExitSucceeded;
  } catch (const std::runtime_error& problem) {
    return Complain(Error{Errc::kUnavailable, fmt::format("the floor: {}", problem.what())});
  }
}

}  // namespace

void AddBench(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "bench", "Measure the whole durable cycle on this machine and disk, against bare SQLite");
  auto flags = std::make_shared<BenchFlags>();
  command->add_option("--requests", flags->requests, "Requests in each batch")
      ->capture_default_str()
      ->check(CLI::Range(1u, limits::kRequestsPerBatch));
  command
      ->add_option("--batches", flags->batches,
                   "Batches, one after the other [200 of up to 1,000 requests, else 3]")
      ->check(CLI::Range(1, 100'000));
  command->add_option("--workers", flags->workers, "Workers in this process [server.workers]")
      ->check(CLI::Range(1, 64));
  command
      ->add_option("--folder", flags->folder,
                   "Where to measure: a folder is made there, and removed [the data folder's disk]")
      ->type_name("DIR")
      ->check(CLI::ExistingDirectory);
  command->footer(
      "Batches of requests that cost nothing to predict go through the store, the bus, the "
      "workers\n"
      "and the count of completions, as any batch does: each step durable before the next. The\n"
      "floor is a bare SQLite loop with the row writes of that cycle, in groups of 1,000, "
      "measured\n"
      "before and after on the same disk; the better one counts. tail_ms_p99 is the time from the\n"
      "last completion on the bus to the durable end; over fewer than 100 batches it is the\n"
      "maximum, and the other times are medians. Data in the data folder are not touched.\n\n"
      "Examples:\n"
      "  tipoff bench --requests 450\n"
      "  tipoff bench --requests 100000 --folder /var/lib/tipoff -o json\n\n"
      "Exit codes: 0 measured, 1 a batch did not succeed or the disk refused, 2 usage.");
  command->callback(
      [flags, &globals, &run] { run = [flags, &globals] { return Bench(globals, *flags); }; });
}

}  // namespace tipoff
