#include "app/import.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "app/game_date.h"
#include "app/progress.h"
#include "app/table.h"
#include "base/json.h"
#include "history/import/values.h"
#include "history/names.h"

namespace tipoff {
namespace {

namespace json = boost::json;

// File names are bytes; JSON is UTF-8.
std::string Printable(const std::string& path) { return IsText(path) ? path : Shown(path); }

json::value TextOrNull(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}

json::value ErrorOrNull(const std::optional<Error>& error) {
  return error ? json::value(error->message) : json::value(nullptr);
}

void PutCounts(json::object& object, const ImportCounts& counts) {
  object["read"] = counts.read;
  object["new"] = counts.added;
  object["same"] = counts.same;
  object["changed"] = counts.changed;
  object["rejected"] = counts.rejected;
}

json::object FileToJson(const FileReport& file) {
  json::object object{{"path", Printable(file.path)}, {"kind", TextOrNull(file.kind)}};
  PutCounts(object, file.counts);
  json::object ignored;
  for (const auto& [why, rows] : file.ignored) ignored[why] = rows;
  object["ignored"] = std::move(ignored);
  object["rejects_file"] = TextOrNull(Printable(file.rejects_file));
  json::array rejects;
  for (const RejectedLine& reject : file.first_rejects) {
    rejects.push_back({{"line", reject.line}, {"reason", reject.reason}});
  }
  object["first_rejects"] = std::move(rejects);
  object["error"] = ErrorOrNull(file.error);
  return object;
}

std::string FormatJson(const ImportReport& report, bool dry_run) {
  json::array files;
  for (const FileReport& file : report.files) files.push_back(FileToJson(file));
  json::object totals;
  PutCounts(totals, report.totals);
  json::object slates{
      {"from", report.slates.from ? json::value(FormatDay(*report.slates.from)) : nullptr},
      {"dates", report.slates.dates},
      {"error", ErrorOrNull(report.slates.error)}};
  json::object object{{"files", std::move(files)},
                      {"totals", std::move(totals)},
                      {"slates", std::move(slates)},
                      {"dry_run", dry_run}};
  return DumpJsonPretty(object) + '\n';
}

std::string FormatCsv(const ImportReport& report) {
  TextTable table(
      {"path", "kind", "read", "new", "same", "changed", "rejected", "rejects_file", "error"});
  for (const FileReport& file : report.files) {
    const ImportCounts& c = file.counts;
    table.Row({Printable(file.path), file.kind, fmt::to_string(c.read), fmt::to_string(c.added),
               fmt::to_string(c.same), fmt::to_string(c.changed), fmt::to_string(c.rejected),
               Printable(file.rejects_file), file.error ? file.error->message : ""});
  }
  return table.Csv();
}

std::string Noun(const std::string& kind) {
  if (kind == "player_games") return "box scores";
  if (kind == "team_games") return "team results";
  return kind.empty() ? "?" : kind;
}

void AddRow(TextTable& table, const std::string& name, const std::string& kind,
            const ImportCounts& c) {
  table.Row({name, kind, fmt::to_string(c.read), fmt::to_string(c.added), fmt::to_string(c.same),
             fmt::to_string(c.changed), fmt::to_string(c.rejected)});
}

// What a person should know beside the counts.
std::string Remarks(const FileReport& file) {
  std::string name = std::filesystem::path(Printable(file.path)).filename().string();
  if (file.error) return fmt::format("{}: not imported: {}\n", name, file.error->message);
  std::string text;
  for (const auto& [why, rows] : file.ignored) {
    text += fmt::format("{}: {} rows left out: {}\n", name, rows, why);
  }
  for (const RejectedLine& reject : file.first_rejects) {
    text += fmt::format("{}: line {} rejected: {}\n", name, reject.line, reject.reason);
  }
  auto shown = static_cast<std::int64_t>(file.first_rejects.size());
  if (file.counts.rejected > shown) {
    text += fmt::format("{}: and {} more\n", name, file.counts.rejected - shown);
  }
  if (!file.rejects_file.empty()) {
    text += fmt::format("{}: rejected rows are in {}; mend and import it\n", name,
                        Printable(file.rejects_file));
  }
  return text;
}

std::string FormatTable(const ImportReport& report, bool dry_run) {
  TextTable table({"FILE", "KIND", ">READ", ">NEW", ">SAME", ">CHANGED", ">REJECTED"});
  std::string remarks;
  for (const FileReport& file : report.files) {
    AddRow(table, std::filesystem::path(Printable(file.path)).filename().string(),
           file.error && file.kind.empty() ? "not imported" : Noun(file.kind), file.counts);
    remarks += Remarks(file);
  }
  if (report.files.size() > 1) AddRow(table, "total", "", report.totals);
  std::string text = table.Text();
  if (!remarks.empty()) text += '\n' + remarks;
  if (dry_run) return text + "\nDry run: nothing was stored.\n";
  if (report.slates.error) {
    text += fmt::format(
        "\nThe rows are stored, but the slates are not up to date: {}\n"
        "Run the import again.\n",
        report.slates.error->message);
  } else if (report.slates.from) {
    text += fmt::format("\nSlates of {} dates rebuilt, from {}.\n", report.slates.dates,
                        FormatDay(*report.slates.from));
  }
  return text;
}

}  // namespace

std::string FormatImport(const ImportReport& report, Output output, bool dry_run) {
  switch (output) {
    case Output::kJson: return FormatJson(report, dry_run);
    case Output::kCsv: return FormatCsv(report);
    case Output::kTable: return FormatTable(report, dry_run);
  }
  return {};
}

int RunImport(const Globals& globals, const std::vector<std::string>& files, bool dry_run,
              Instant now, const OpenSlateWriter& open_slates) {
  std::uint64_t bytes = 0;
  for (const std::string& file : files) {
    std::error_code problem;
    auto size = std::filesystem::file_size(file, problem);
    if (!problem) bytes += size;
  }
  Progress progress("import, KB", bytes / 1024);
  ImportOptions options{.data = globals.data, .dry_run = dry_run, .now = now};
  options.progress = [&](std::uint64_t done, std::uint64_t, const std::string& file) {
    progress.Update(done / 1024, std::filesystem::path(file).filename().string());
  };
  SlateSink writer;  // Opened when the first slates come, which is after the data folder was made.
  options.put_slates = [&](std::vector<Slate> slates) -> Status {
    if (!writer) {
      TIPOFF_TRY(writer, open_slates(globals));
    }
    progress.Update(bytes / 1024, "slates of " + FormatDay(slates.front().game_date));
    return writer(std::move(slates));
  };
  ImportReport report = ImportFiles(files, options);
  progress.Finish();
  std::string text = FormatImport(report, globals.output, dry_run);
  std::fwrite(text.data(), 1, text.size(), stdout);
  return report.ok() ? kExitSucceeded : kExitError;
}

void AddImport(CLI::App& root, const Globals& globals, OpenSlateWriter open_slates, Run& run) {
  struct Arguments {
    std::vector<std::string> files;
    bool dry_run = false;
  };
  auto arguments = std::make_shared<Arguments>();
  CLI::App* command = root.add_subcommand(
      "import", "Read box scores, schedules, prop lines and injury lists into the history");
  command->add_option("FILE", arguments->files, "CSV files, plain or .gz, of any known format")
      ->required();
  command->add_flag("--dry-run", arguments->dry_run, "Say what would change, and write nothing");
  command->callback([&globals, &run, arguments, open_slates = std::move(open_slates)] {
    run = [&globals, arguments, open_slates] {
      return RunImport(globals, arguments->files, arguments->dry_run, WallClock(), open_slates);
    };
  });
}

}  // namespace tipoff
