// The tables of history.db, version by version. docs/storage.md describes them for operators.
#pragma once

#include <span>
#include <string>

namespace tipoff {

// For sqlite::Migrate: step i takes version i to i + 1. A released step is never edited.
std::span<const std::string> HistorySchema();

}  // namespace tipoff
