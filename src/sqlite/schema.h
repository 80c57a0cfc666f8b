// The tables of tipoff.db. docs/storage.md explains them.
#pragma once

#include <string>
#include <vector>

#include "sqlite/database.h"

namespace tipoff::sqlite {

// Statement lists: entry i brings schema version i to i + 1. Entries that were released never
// change; new ones are added at the end.
std::vector<std::string> Migrations();

// Gives back what a process held that has died: its messages and its named leases.
void GiveBack(WriteContext& context, const Incarnation& dead);

}  // namespace tipoff::sqlite
