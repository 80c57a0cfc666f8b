#include "history/import/importer.h"

#include <fmt/format.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

#include "base/crash_point.h"
#include "base/hash.h"
#include "history/import/file_parser.h"
#include "history/import/rejects.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kReadBytes = 256u << 10;
constexpr std::size_t kRejectsShown = 5;
constexpr std::size_t kHashShown = 12;

struct FileCloser {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, FileCloser>;

Result<File> OpenFile(const std::string& path) {
  std::error_code problem;
  fs::file_status status = fs::status(path, problem);
  if (!fs::exists(status)) {
    return Error{Errc::kNotFound, "there is no such file: check the path"};
  }
  if (fs::is_directory(status)) {
    return Error{Errc::kInvalid, "it is a folder: name the files in it"};
  }
  File file(std::fopen(path.c_str(), "rb"));
  if (!file) {
    return Error{Errc::kDenied, fmt::format("it cannot be opened: {}", std::strerror(errno))};
  }
  return file;
}

std::uint64_t SizeOf(const std::string& path) {
  std::error_code problem;
  auto size = fs::file_size(path, problem);
  return problem ? 0 : size;
}

// Kept apart by content, so that two files of one name do not overwrite each other's rejects.
std::string RejectsName(const std::string& path, const std::string& hash) {
  return fmt::format("{}-{}.csv", fs::path(path).filename().string(), hash.substr(0, kHashShown));
}

// One file on its way into the database.
class FileImport {
 public:
  FileImport(const std::string& path, const ImportOptions& options)
      : options_(options), rejects_(options.data + "/rejects") {
    report_.path = path;
  }

  // Calls `on_bytes` with the number of bytes of each piece that was read.
  FileReport Run(HistoryDatabase& database, const std::function<void(std::uint64_t)>& on_bytes) {
    Status status = TryRun(database, on_bytes);
    if (!status.ok()) {
      report_.counts = {};
      report_.ignored.clear();
      report_.error = status.error();
      if (report_.error->code == Errc::kExhausted) {
        report_.error->message += "; make room and import it again";
      }
    }
    return std::move(report_);
  }

 private:
  Status TryRun(HistoryDatabase& database, const std::function<void(std::uint64_t)>& on_bytes) {
    TIPOFF_TRY(File file, OpenFile(report_.path));
    TIPOFF_TRY(update_, HistoryUpdate::Begin(database));
    FileParser parser([&](std::int64_t line, std::span<const std::string_view> fields,
                          ParsedRow row) { return Take(parser, line, fields, std::move(row)); });
    Sha256 hash;
    Status parsed = Feed(*file, parser, hash, on_bytes);
    if (parser.kind()) report_.kind = ToString(*parser.kind());
    TIPOFF_TRY_STATUS(std::move(parsed));
    TIPOFF_TRY_STATUS(rejects_.Close());
    TIPOFF_CRASH_POINT("import/read");
    std::string digest = hash.Hex();
    TIPOFF_TRY_STATUS(
        update_->Commit({report_.path, report_.kind, digest, options_.now, report_.counts}));
    update_.reset();
    report_.rejects_file = rejects_.Publish(RejectsName(report_.path, digest));
    TIPOFF_CRASH_POINT("import/file-done");
    return Ok();
  }

  static Status Feed(std::FILE& file, FileParser& parser, Sha256& hash,
                     const std::function<void(std::uint64_t)>& on_bytes) {
    std::vector<char> buffer(kReadBytes);
    while (std::size_t size = std::fread(buffer.data(), 1, buffer.size(), &file)) {
      std::string_view bytes(buffer.data(), size);
      hash.Add(bytes);
      TIPOFF_TRY_STATUS(parser.Add(bytes));
      on_bytes(size);
    }
    if (std::ferror(&file) != 0) {
      return Error{Errc::kUnavailable, fmt::format("it cannot be read: {}", std::strerror(errno))};
    }
    return parser.Finish();
  }

  Status Take(const FileParser& parser, std::int64_t line, std::span<const std::string_view> fields,
              ParsedRow row) {
    ++report_.counts.read;
    TIPOFF_CRASH_POINT("import/row");
    if (auto* ignored = std::get_if<IgnoredRow>(&row)) {
      ++report_.ignored[ignored->why];
      ++report_.counts.same;
      return Ok();
    }
    if (auto* rejected = std::get_if<RejectedRow>(&row)) {
      return Reject(parser, line, rejected->reason, fields);
    }
    Result<HistoryUpdate::Outcome> outcome = Put(row);
    if (!outcome.ok() && outcome.error().code == Errc::kInvalid) {
      return Reject(parser, line, outcome.error().message, fields);
    }
    if (!outcome.ok()) return outcome.error();
    switch (*outcome) {
      case HistoryUpdate::Outcome::kNew: ++report_.counts.added; break;
      case HistoryUpdate::Outcome::kSame: ++report_.counts.same; break;
      case HistoryUpdate::Outcome::kChanged: ++report_.counts.changed; break;
    }
    return Ok();
  }

  Result<HistoryUpdate::Outcome> Put(const ParsedRow& row) {
    return std::visit(
        [&](const auto& fact) -> Result<HistoryUpdate::Outcome> {
          using Fact = std::decay_t<decltype(fact)>;
          if constexpr (std::is_same_v<Fact, IgnoredRow> || std::is_same_v<Fact, RejectedRow>) {
            return HistoryUpdate::Outcome::kSame;
          } else {
            return update_->Put(fact);
          }
        },
        row);
  }

  Status Reject(const FileParser& parser, std::int64_t line, const std::string& reason,
                std::span<const std::string_view> fields) {
    ++report_.counts.rejected;
    if (report_.first_rejects.size() < kRejectsShown) {
      report_.first_rejects.push_back({line, reason});
    }
    return options_.dry_run ? Ok() : rejects_.Add(parser.header(), line, reason, fields);
  }

  const ImportOptions& options_;
  FileReport report_;
  RejectsFile rejects_;
  std::unique_ptr<HistoryUpdate> update_;
};

Result<HistoryDatabase> OpenDatabase(const ImportOptions& options) {
  std::string path = HistoryPath(options.data);
  if (options.dry_run) return HistoryDatabase::CopyInMemory(path);
  std::error_code problem;
  fs::create_directories(options.data, problem);
  if (problem) {
    return Error{Errc::kDenied, fmt::format("cannot make the data folder {}: {}", options.data,
                                            problem.message())};
  }
  auto database = HistoryDatabase::Open(path, HistoryDatabase::Mode::kReadWrite);
  if (database.ok() || database.error().code != Errc::kDenied) return database;
  return Annotate(database.error(), options.data + " must be writable for you");
}

void AddTo(ImportCounts& totals, const ImportCounts& counts) {
  totals.read += counts.read;
  totals.added += counts.added;
  totals.same += counts.same;
  totals.changed += counts.changed;
  totals.rejected += counts.rejected;
}

ImportReport NothingImported(const std::vector<std::string>& paths, const Error& error) {
  ImportReport report;
  for (const std::string& path : paths) {
    report.files.emplace_back();
    report.files.back().path = path;
    report.files.back().error = error;
  }
  return report;
}

}  // namespace

bool ImportReport::ok() const {
  for (const FileReport& file : files) {
    if (file.error) return false;
  }
  return !slates.error;
}

ImportReport ImportFiles(const std::vector<std::string>& paths, const ImportOptions& options) {
  auto database = OpenDatabase(options);
  if (!database.ok()) return NothingImported(paths, database.error());
  std::uint64_t total = 0, done = 0;
  for (const std::string& path : paths) total += SizeOf(path);
  ImportReport report;
  for (const std::string& path : paths) {
    database->Checkpoint();  // Each file begins with an empty log, and leaves none if it fails.
    std::uint64_t before = done;
    report.files.push_back(FileImport(path, options).Run(*database, [&](std::uint64_t bytes) {
      done += bytes;
      if (options.progress) options.progress(done, total, path);
    }));
    done = before + SizeOf(path);
    AddTo(report.totals, report.files.back().counts);
  }
  if (options.dry_run || !options.put_slates) return report;
  auto slates = RebuildSlates(*database, options.now, options.put_slates);
  if (slates.ok()) {
    report.slates = *slates;
  } else {
    report.slates.error = slates.error();
  }
  database->Checkpoint();
  return report;
}

}  // namespace tipoff
