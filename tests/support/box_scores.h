// Box scores for tests and tuning: the demo league's, and real ones where they stand beside the
// project, which contains none itself. Users import files in another way: see history/import/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "history/table.h"

namespace tipoff {

// The rows of a CSV in the native format, whose columns are known and need no quotes.
Result<std::vector<PlayerGame>> ParseBoxScores(std::string_view csv);

// The same of a gzipped file. kNotFound if there is no such file.
Result<std::vector<PlayerGame>> ReadBoxScores(const std::string& path);

}  // namespace tipoff
