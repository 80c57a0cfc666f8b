// What `doctor` looks at itself where state and messages are Google's: Firestore, and each piece of
// Pub/Sub by its name.
#pragma once

#include <vector>

#include "app/command.h"
#include "app/diagnosis.h"

namespace tipoff {

// False: Firestore can't be asked, so there is nothing else to ask.
bool ExamineCloud(const Globals& globals, std::vector<Finding>& findings);

}  // namespace tipoff
