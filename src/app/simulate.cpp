#include "app/simulate.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <memory>
#include <thread>

#include "app/progress.h"
#include "app/table.h"
#include "base/json.h"
#include "base/mutant.h"
#include "sim/campaign.h"
#include "sim/mutants.h"
#include "sim/seed.h"

namespace tipoff {
namespace {

using Clock = std::chrono::steady_clock;

struct SimulateFlags {
  std::uint64_t seed = 1;
  std::uint64_t count = 1000;
  double minutes = 0;  // 0: as many as `count` says.
  unsigned jobs = std::max(1u, std::thread::hardware_concurrency());
  bool story = false;
  std::string mutant;
  bool list_mutants = false;
};

boost::json::object JsonOf(const SimulateFlags& flags, const sim::CampaignResult& result,
                           double seconds) {
  boost::json::array violations;
  for (const sim::FoundViolation& violation : result.violations) {
    violations.push_back(
        {{"seed", violation.seed}, {"law", violation.law}, {"story", violation.story}});
  }
  boost::json::object sometimes;
  for (const auto& [name, times] : result.sometimes.All()) sometimes[name] = times;
  return {{"first_seed", flags.seed},
          {"count", flags.count},
          {"seeds_run", result.seeds_run},
          {"violations", std::move(violations)},
          {"simulated_days", result.simulated_days},
          {"seeds_per_second", static_cast<double>(result.seeds_run) / seconds},
          {"trace_hash", fmt::format("{:016x}", result.trace)},
          {"sometimes", std::move(sometimes)}};
}

void PrintForPeople(const SimulateFlags& flags, const sim::CampaignResult& result, double seconds) {
  for (const sim::FoundViolation& violation : result.violations) {
    fmt::print("seed {} violates law {}\n{}\n", violation.seed, violation.law, violation.story);
  }
  TextTable table({"seen", ">times"});
  for (const auto& [name, times] : result.sometimes.All()) {
    table.Row({name, std::to_string(times)});
  }
  fmt::print("{}\n", table.Text());
  fmt::print("{} seeds from {}: {}; {:.1f} simulated days, {:.0f} seeds a second, trace {:016x}\n",
             result.seeds_run, flags.seed,
             result.violations.empty() ? "no law is violated"
                                       : fmt::format("{} violate a law", result.violations.size()),
             result.simulated_days, static_cast<double>(result.seeds_run) / seconds, result.trace);
}

int ListMutants() {
  for (const sim::Mutant& mutant : sim::Mutants()) {
    fmt::print("{:<28}{}\n", mutant.name, mutant.bug);
  }
  return kExitSucceeded;
}

void TellStory(std::uint64_t seed) {
  sim::SeedResult told = sim::RunSeed({.seed = seed, .tell = true});
  for (const std::string& line : told.story) fmt::print("{}\n", line);
  fmt::print("\n");
}

int Simulate(const SimulateFlags& flags, const Globals& globals) {
  if (flags.list_mutants) return ListMutants();
  if (flags.story && globals.output != Output::kJson) TellStory(flags.seed);
  auto began = Clock::now();
  auto elapsed = [began] { return std::chrono::duration<double>(Clock::now() - began).count(); };
  if (!flags.mutant.empty()) PlantMutant(flags.mutant);
  sim::CampaignOptions options;
  options.first_seed = flags.seed;
  options.count = flags.count;
  options.jobs = flags.jobs;
  // What a planted bug leads to is known; that it is caught is all that is asked.
  if (!flags.mutant.empty()) options.violations_max = 1;
  if (flags.minutes > 0) options.go_on = [&] { return elapsed() < flags.minutes * 60; };
  Progress progress("simulating seeds", flags.count);
  sim::CampaignResult result =
      sim::RunCampaign(options, [&](std::uint64_t done) { progress.Update(done); });
  progress.Finish();
  if (globals.output == Output::kJson) {
    fmt::print("{}\n", DumpJsonPretty(JsonOf(flags, result, elapsed())));
  } else {
    PrintForPeople(flags, result, elapsed());
  }
  return result.violations.empty() ? kExitSucceeded : kExitError;
}

}  // namespace

void AddSimulate(CLI::App& root, Globals& globals, Run& run) {
  CLI::App* command = root.add_subcommand(
      "simulate", "Run the whole system in a simulated world, with faults, and check its promises");
  auto flags = std::make_shared<SimulateFlags>();
  command->add_option("--seed", flags->seed, "The first seed")->capture_default_str();
  command->add_option("--count", flags->count, "How many seeds, one after the other")
      ->capture_default_str();
  command->add_option("--minutes", flags->minutes, "Stop after so many minutes")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--jobs", flags->jobs, "Threads")->check(CLI::Range(1, 256));
  command->add_flag("--story", flags->story, "Tell what happens in the first seed");
#ifdef TIPOFF_MUTANTS
  std::vector<std::string> names;
  for (const sim::Mutant& mutant : sim::Mutants()) names.emplace_back(mutant.name);
  command->add_option("--mutant", flags->mutant, "The planted bug that is to be caught")
      ->check(CLI::IsMember(names));
  command->add_flag("--list-mutants", flags->list_mutants, "Print their names");
#endif
  command->footer(
      "Examples:\n"
      "  tipoff simulate --seed 1 --count 20000     # exit 1 if any promise is broken\n"
      "  tipoff simulate --seed 4711 --count 1 --story\n"
      "  tipoff simulate --minutes 60 --count 100000000 -o json");
  command->callback(
      [flags, &globals, &run] { run = [flags, &globals] { return Simulate(*flags, globals); }; });
}

}  // namespace tipoff
