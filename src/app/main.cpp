// tipoff: coordinator, worker and operator's tool in one program. Reads the command line, runs the
// subcommand that was asked for, and exits with its answer.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string_view>

#include "app/announcements.h"
#include "app/audit.h"
#include "app/batch.h"
#include "app/bench.h"
#include "app/command.h"
#include "app/completion.h"
#include "app/config_command.h"
#include "app/demo.h"
#include "app/doctor.h"
#include "app/engines.h"
#include "app/grade.h"
#include "app/import.h"
#include "app/keys.h"
#include "app/man.h"
#include "app/models.h"
#include "app/run.h"
#include "app/serve.h"
#include "app/settings.h"
#include "app/setup.h"
#include "app/simulate.h"
#include "app/train.h"
#include "app/version.h"
#include "app/worker.h"
#include "base/crash_point.h"
#include "base/log.h"

namespace tipoff {
namespace {

std::string DefaultData() {
  const char* data = std::getenv("TIPOFF_DATA");
  return data != nullptr && *data != '\0' ? data : "./tipoff-data";
}

void AddGlobals(CLI::App& root, Globals& globals, bool& verbose) {
  root.add_option("--data", globals.data, "Data folder ($TIPOFF_DATA)")->capture_default_str();
  AddSettingFlag(root, "--profile", "profile", globals);
  root.add_option("--config", globals.config_file,
                  "TOML file ($TIPOFF_CONFIG, else tipoff.toml in the data folder, if it is there)")
      ->type_name("FILE");
  root.add_option_function<std::string>(
          "-o,--output",
          [&globals](const std::string& text) {
            if (text != "table" && text != "json" && text != "csv") {
              throw CLI::ValidationError("--output",
                                         fmt::format("'{}' is not table, json or csv", text));
            }
            globals.output = text == "json"  ? Output::kJson
                             : text == "csv" ? Output::kCsv
                                             : Output::kTable;
          },
          "How results are printed: table, json or csv")
      ->type_name("{table,json,csv}")
      ->option_text("FORMAT [table]");
  root.add_flag("-v,--verbose", verbose, "Log what happens inside, as log.level info does");
  root.set_version_flag("--version", VersionLine());
}

// Loads what the subcommand may ask for, and lets the log speak as it is told to.
Status Configure(const CLI::App& root, Globals& globals, bool verbose) {
  if (verbose) globals.setting_flags.push_back({"log.level", "--verbose", "info"});
  if (!globals.without_config) {
    TIPOFF_TRY(globals.config, LoadConfig(globals));
  }
  const std::string& chosen = root.get_subcommands().front()->get_name();
  bool service = chosen == "serve" || chosen == "worker";
  ConfigureLog(LogLevelFrom(globals.config, service), LogFormatFrom(globals.config));
  return Ok();
}

// $TIPOFF_CRASH_AT, for whoever tries how a deployment stands a crash; see docs/PROOF.md. The exit
// code, if there is nothing to run.
std::optional<int> ArmCrashPoint() {
  const char* at = std::getenv("TIPOFF_CRASH_AT");
  if (at == nullptr || *at == '\0') return std::nullopt;
  if (std::string_view(at) == "list") {
    for (std::string_view name : crash::kPoints) fmt::print("{}\n", name);
    return kExitSucceeded;
  }
  Status armed = crash::Arm(at);
  if (armed.ok()) {
    Log(Severity::kWarning, "this process kills itself at a crash point", {{"at", at}});
    return std::nullopt;
  }
  fmt::print(stderr,
             "tipoff: TIPOFF_CRASH_AT: {}; `TIPOFF_CRASH_AT=list tipoff serve` prints all\n",
             armed.error().message);
  return kExitBadConfig;
}

// The first word that is neither a subcommand nor a flag, if no subcommand was understood.
std::string UnknownSubcommand(const CLI::App& root) {
  if (!root.get_subcommands().empty()) return "";
  for (const std::string& word : root.remaining()) {
    if (!word.starts_with('-')) return word;
  }
  return "";
}

int Main(int argc, char** argv) {
  CLI::App root{
      "tipoff predicts every NBA player's points of a game day, as one batch that ends by "
      "a promised time."};
  root.name("tipoff");
  root.fallthrough();
  root.require_subcommand(1);
  Globals globals{.data = DefaultData()};
  bool verbose = false;
  Run run;
  AddGlobals(root, globals, verbose);
  AddDemo(root, globals, run);
  AddImport(root, globals, SlateWriterFor, run);
  AddRun(root, globals, run);
  AddServe(root, globals, run);
  AddWorker(root, globals, run);
  AddBatch(root, globals, run);
  AddAnnouncements(root, globals, run);
  AddSetup(root, globals, run);
  AddDoctor(root, globals, run);
  AddTrain(root, globals, LoadHistoryTable, run);
  AddGrade(root, globals, {LoadHistoryTable, LoadSlate, LoadPublished, FindModel}, run);
  AddSimulate(root, globals, run);
  AddBench(root, globals, run);
  AddKeys(root, globals, run);
  AddAudit(root, globals, run);
  AddConfig(root, globals, run);
  AddCompletion(root, globals, run);
  AddMan(root, globals, run);
  root.footer("Start with `tipoff demo`. Every subcommand has its own --help.");
  try {
    root.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    if (std::string unknown = UnknownSubcommand(root); !unknown.empty()) {
      fmt::print(stderr, "tipoff: there is no subcommand '{}'; see tipoff --help\n", unknown);
      return kExitUsage;
    }
    int exit = root.exit(problem);
    return exit == 0 ? kExitSucceeded : kExitUsage;
  }
  Status configured = Configure(root, globals, verbose);
  if (!configured.ok()) return Complain(configured.error());
  if (std::optional<int> ended = ArmCrashPoint()) return *ended;
  int exit = run();
  if (std::fflush(stdout) == 0) return exit;
  fmt::print(stderr, "tipoff: cannot write the output: {}\n", std::strerror(errno));
  return kExitError;
}

}  // namespace
}  // namespace tipoff

int main(int argc, char** argv) {
  try {
    return tipoff::Main(argc, argv);
  } catch (const std::exception& unexpected) {
    fmt::print(stderr, "tipoff: unexpected: {}\n", unexpected.what());
    return tipoff::kExitError;
  }
}
