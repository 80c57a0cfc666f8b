// What the subcommands share: global flags, exit codes, and how a subcommand is declared.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "base/result.h"

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
