#include "app/doctor_folder.h"

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "app/game_date.h"
#include "sqlite/connection.h"
#include "sqlite/schema.h"

namespace tipoff {
namespace {

namespace fs = std::filesystem;

// Below this a day's work may fill the disk: a batch of 450 takes some 2 MB.
constexpr std::uintmax_t kSpaceTight = 1u << 30;
constexpr std::uintmax_t kSpaceOut = 64u << 20;

bool ExamineDirectory(const std::string& data, std::vector<Finding>& findings) {
  Finding folder{.name = "folder", .detail = data};
  std::error_code problem;
  if (!fs::is_directory(data, problem)) {
    folder.verdict = Verdict::kFail;
    folder.detail = fmt::format("there is no folder '{}'", data);
    folder.remedy = "name another with --data; `tipoff import FILE...` or `tipoff demo` makes one";
    findings.push_back(std::move(folder));
    return false;
  }
  if (access(data.c_str(), W_OK) != 0) {
    folder.verdict = Verdict::kFail;
    folder.detail = fmt::format("'{}' can't be written", data);
    folder.remedy = "give this user the right to write there, or name another folder with --data";
  }
  findings.push_back(std::move(folder));
  return true;
}

void ExamineSpace(const std::string& data, std::vector<Finding>& findings) {
  std::error_code problem;
  fs::space_info space = fs::space(data, problem);
  if (problem) return;
  Finding disk{.name = "disk", .detail = fmt::format("{} MB free", space.available >> 20)};
  if (space.available < kSpaceTight) {
    disk.verdict = space.available < kSpaceOut ? Verdict::kFail : Verdict::kWarn;
    disk.remedy = "make room on that disk";
  }
  findings.push_back(std::move(disk));
}

Finding ExamineVersion(sqlite::Connection& store) {
  Finding finding{.name = "store"};
  auto newest = static_cast<std::int64_t>(sqlite::Migrations().size());
  std::int64_t version = store.QueryInt("PRAGMA user_version");
  finding.detail = fmt::format("opens, schema version {}", version);
  if (version > newest) {
    finding.verdict = Verdict::kFail;
    finding.detail += fmt::format(", this tipoff knows {}", newest);
    finding.remedy = "use a newer tipoff";
  } else if (version < newest) {
    finding.verdict = Verdict::kWarn;
    finding.detail += fmt::format(", the next start brings it to {}", newest);
    finding.remedy = "nothing to do; copy the folder before, if you may want to go back";
  }
  return finding;
}

Finding ExamineIntegrity(sqlite::Connection& store) {
  Finding finding{.name = "integrity", .detail = "sound"};
  sqlite::Statement check(store.handle(), "PRAGMA quick_check(1)");
  std::string said = check.Step() ? check.Text(0) : "";
  if (said != "ok") {
    finding.verdict = Verdict::kFail;
    finding.detail = said;
    finding.remedy = "stop tipoff, keep a copy, and restore the folder from a backup";
  }
  return finding;
}

}  // namespace

bool ExamineFolder(const std::string& data, bool integrity, std::vector<Finding>& findings) {
  if (!ExamineDirectory(data, findings)) return false;
  ExamineSpace(data, findings);
  fs::path path = fs::path(data) / "tipoff.db";
  if (!fs::exists(path)) {
    findings.push_back({.name = "store",
                        .verdict = Verdict::kWarn,
                        .detail = "there are no batches and no slates yet",
                        .remedy = "`tipoff import FILE...` brings data, `tipoff demo` makes some"});
    return false;
  }
  try {
    sqlite::Connection store(path.string(), sqlite::Connection::Mode::kReadOnly);
    findings.push_back(ExamineVersion(store));
    if (findings.back().verdict == Verdict::kFail) return false;
    if (integrity) findings.push_back(ExamineIntegrity(store));
    std::int64_t high =
        store.QueryInt("SELECT coalesce(max(value), 0) FROM meta WHERE key='clock'");
    findings.push_back(JudgeClock(WallClock(), Instant::FromMicros(high), "the store's time"));
    return true;
  } catch (const sqlite::Failure& failure) {
    findings.push_back({.name = "store",
                        .verdict = Verdict::kFail,
                        .detail = fmt::format("{}: {}", path.string(), failure.what()),
                        .remedy = "is it tipoff's file? Restore the folder from a backup, or name "
                                  "another with --data"});
    return false;
  }
}

}  // namespace tipoff
