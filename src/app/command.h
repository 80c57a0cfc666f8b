// What the subcommands share: global flags, exit codes, and how a subcommand is declared.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "config/config.h"

// Only who declares options includes CLI11: it takes longer to read than all the rest.
namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace tipoff {

enum class Output {
  kTable,
  kJson,
  kCsv
};

// Flags that stand before or after any subcommand.
struct Globals {
  std::string data;  // --data, else $TIPOFF_DATA, else ./tipoff-data
  Output output = Output::kTable;
  std::string config_file;               // --config; see LoadConfig.
  std::vector<FlagValue> setting_flags;  // Of the subcommand; see AddSettingFlag.
  // Loaded before the subcommand runs, unless it does without.
  Config config;
  bool without_config = false;
};

// Part of the interface: scripts switch on them.
enum Exit : int {
  kExitSucceeded = 0,
  kExitError = 1,
  kExitUsage = 2,
  kExitWaitTimedOut = 3,
  kExitNotFound = 4,
  kExitFailed = 5,
  kExitPartial = 6,
  kExitExpired = 7,
  kExitCancelled = 8,
  kExitNotAllowed = 77,
  kExitBadConfig = 78,
};

// Set by the subcommand that was chosen on the command line; main runs it and exits with its
// answer.
using Run = std::function<int()>;

// The exit code that fits an error.
int ExitFor(const Error& error);

// Prints "tipoff: <message>" to standard error and answers the exit code that fits.
int Complain(const Error& error);

}  // namespace tipoff
