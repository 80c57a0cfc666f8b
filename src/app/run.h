// `tipoff run`: one game day, start to finish, in one process.
#pragma once

#include <optional>

#include "app/command.h"
#include "base/instant.h"

namespace tipoff {

struct RunOptions {
  Day date;
  std::optional<double> min_minutes;  // Else as configured.
  int workers = 2;
  bool skip_completeness_check = false;
  bool use_multiple_lines = false;
  std::optional<Duration> history_delay;  // Of the coordinator's prefetch, which it turns on.
};

// Starts the day's batch, or goes on with the one that an earlier life left unfinished; works it,
// waits for its end and prints it. The exit code says how it ended.
int RunDay(const Globals& globals, const RunOptions& options);

// Declares `run` on `root`.
void AddRun(CLI::App& root, const Globals& globals, Run& run);

}  // namespace tipoff
