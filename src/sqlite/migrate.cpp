#include "sqlite/migrate.h"

#include <fmt/format.h>

#include "base/crash_point.h"

namespace tipoff::sqlite {
namespace {

std::size_t VersionOf(Connection& connection) {
  return static_cast<std::size_t>(connection.QueryInt("PRAGMA user_version"));
}

Error TooNew(std::size_t found, std::size_t known, const std::string& what) {
  return {Errc::kUnsupported,
          fmt::format("{} has format {}, and this tipoff knows formats up to {}: a newer tipoff "
                      "wrote it; use that one, or another data folder",
                      what, found, known)};
}

}  // namespace

Status Migrate(Connection& connection, std::span<const std::string> steps,
               const std::string& what) {
  try {
    if (VersionOf(connection) == steps.size()) return Ok();
    Transaction transaction(connection);
    std::size_t version = VersionOf(connection);  // Another process may have been faster.
    if (version > steps.size()) return TooNew(version, steps.size(), what);
    for (const std::string& step : steps.subspan(version)) connection.Execute(step);
    TIPOFF_CRASH_POINT("history/migration-steps");
    connection.Execute(fmt::format("PRAGMA user_version={}", steps.size()));
    transaction.Commit();
    TIPOFF_CRASH_POINT("history/migrated");
    return Ok();
  } catch (const Failure& failure) {
    return Annotate(failure.ToError(), what);
  }
}

Status CheckVersion(Connection& connection, std::size_t version, const std::string& what) {
  try {
    std::size_t found = VersionOf(connection);
    if (found == version) return Ok();
    if (found > version) return TooNew(found, version, what);
    return Error{Errc::kUnavailable,
                 fmt::format("{} has the older format {}: any import brings it to format {}", what,
                             found, version)};
  } catch (const Failure& failure) {
    return Annotate(failure.ToError(), what);
  }
}

}  // namespace tipoff::sqlite
