// What `doctor` sees of a data folder without asking the API: the folder, the disk, the store's
// file and the clock.
#pragma once

#include <string>
#include <vector>

#include "app/diagnosis.h"

namespace tipoff {

// Adds to `findings`. With `integrity` the whole store is read. False: there is no store that could
// be asked anything.
bool ExamineFolder(const std::string& data, bool integrity, std::vector<Finding>& findings);

}  // namespace tipoff
