// Versions of a database file, kept in its `PRAGMA user_version`.
#pragma once

#include <span>
#include <string>

#include "base/result.h"
#include "sqlite/connection.h"

namespace tipoff::sqlite {

// Brings the file to version `steps.size()`. `steps[i]` is the SQL that takes version i to i + 1;
// an empty file has version 0. All missing steps run in one transaction: after a crash or an error
// the file is as it was. kUnsupported: a newer tipoff wrote it. Doing it again does nothing.
// `what` names the file in messages: "history.db".
Status Migrate(Connection& connection, std::span<const std::string> steps, const std::string& what);

// For connections that only read: ok at exactly this version, else kUnsupported (newer) or
// kUnavailable (older, to be migrated by the next process that writes).
Status CheckVersion(Connection& connection, std::size_t version, const std::string& what);

}  // namespace tipoff::sqlite
