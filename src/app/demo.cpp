#include "app/demo.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "app/engines.h"
#include "app/game_date.h"
#include "app/import.h"
#include "app/run.h"
#include "demo/league.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

// Whole or not at all.
Status WriteFile(const fs::path& path, const std::string& text) {
  fs::path fresh = path.string() + ".new";
  errno = 0;
  std::ofstream file(fresh, std::ios::binary);
  file << text;
  file.close();
  std::error_code problem;
  if (file) fs::rename(fresh, path, problem);
  if (file && !problem) return Ok();
  std::string why = problem ? problem.message() : std::strerror(errno);
  fs::remove(fresh, problem);
  return Error{Errc::kExhausted, fmt::format("cannot write {}: {}", path.string(), why)};
}

Result<std::vector<std::string>> WriteLeague(const fs::path& folder, const DemoLeague& league) {
  std::error_code problem;
  fs::create_directories(folder, problem);
  if (problem) {
    return Error{Errc::kDenied,
                 fmt::format("cannot create {}: {}", folder.string(), problem.message())};
  }
  std::vector<std::string> files;
  for (const auto& [name, text] :
       {std::pair("player_games.csv", &league.player_games),
        std::pair("schedule.csv", &league.schedule), std::pair("lines.csv", &league.lines),
        std::pair("injuries.csv", &league.injuries)}) {
    TIPOFF_TRY_STATUS(WriteFile(folder / name, *text));
    files.push_back((folder / name).string());
  }
  return files;
}

int RunDemo(const Globals& globals, const DemoOptions& options, int workers) {
  // The narration is for people; programs get what `run` prints and nothing else.
  auto tell = [&](const std::string& text) { fmt::print(stderr, "{}\n", text); };
  tell(fmt::format("Making a league of 30 teams and one season (seed {}) ...", options.seed));
  DemoLeague league = MakeDemoLeague(options);
  fs::path folder = fs::path(globals.data) / "demo";
  auto files = WriteLeague(folder, league);
  if (!files.ok()) return Complain(files.error());
  tell(fmt::format("Importing {} ...", fmt::join(*files, " ")));
  Globals import_globals = globals;
  import_globals.output = Output::kTable;
  int imported = globals.output == Output::kTable
                     ? RunImport(import_globals, *files, false, WallClock(), SlateWriterFor)
                     : kExitSucceeded;
  if (globals.output != Output::kTable) {
    ImportOptions import_options{.data = globals.data, .now = WallClock()};
    auto writer = SlateWriterFor(globals);
    if (!writer.ok()) return Complain(writer.error());
    import_options.put_slates = *writer;
    ImportReport report = ImportFiles(*files, import_options);
    if (!report.ok()) {
      fmt::print(stderr, "{}", FormatImport(report, Output::kTable, false));
      imported = kExitError;
    }
  }
  if (imported != kExitSucceeded) return imported;
  std::string date = FormatDay(league.next_game_day);
  tell(fmt::format("Predicting its next game day, {} ...\n", date));
  RunOptions run;
  run.date = league.next_game_day;
  run.workers = workers;
  int exit = RunDay(globals, run);
  tell(
      fmt::format("\nThe same again: tipoff --data {} run --date {}\n"
                  "How good is it:  tipoff --data {} grade --from {} --to {}",
                  globals.data, date, globals.data, FormatDay(league.next_game_day - 60),
                  FormatDay(league.next_game_day - 1)));
  return exit;
}

}  // namespace

void AddDemo(CLI::App& root, const Globals& globals, Run& run) {
  CLI::App* command =
      root.add_subcommand("demo", "Make up a league, import it and predict its next game day");
  struct Arguments {
    DemoOptions league;
    int workers = 2;
  };
  auto arguments = std::make_shared<Arguments>();
  command->add_option("--seed", arguments->league.seed, "Another seed, another league")
      ->capture_default_str();
  command->add_option("--workers", arguments->workers, "Workers in this process")
      ->capture_default_str()
      ->check(CLI::Range(1, 64));
  command->footer("Everything goes to the data folder (--data); nothing else is touched.");
  command->callback([&globals, &run, arguments] {
    run = [&globals, arguments] { return RunDemo(globals, arguments->league, arguments->workers); };
  });
}

}  // namespace tipoff
