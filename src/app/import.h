// What `tipoff import` prints, apart from its command line. The demo shows the same.
#pragma once

#include <string>
#include <vector>

#include "app/command.h"
#include "history/import/importer.h"

namespace tipoff {

// Opens the store for writing slates; called once, before the first are written.
using OpenSlateWriter = std::function<Result<SlateSink>(const Globals& globals)>;

// Declares `import` on `root`, as all subcommands do; see app/command.h.
void AddImport(CLI::App& root, const Globals& globals, OpenSlateWriter open_slates, Run& run);

// Imports the files into globals.data with a progress bar on standard error, prints the report to
// standard output in the form asked for, and answers the exit code.
int RunImport(const Globals& globals, const std::vector<std::string>& files, bool dry_run,
              Instant now, const OpenSlateWriter& open_slates);

// The report as `-o json`, `-o csv` and a table print it, with a line end.
std::string FormatImport(const ImportReport& report, Output output, bool dry_run);

}  // namespace tipoff
