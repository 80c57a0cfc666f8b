// What `doctor` looks at where history lies in another place than the data folder.
#pragma once

#include "app/diagnosis.h"
#include "history/history.h"

namespace tipoff {

// Asks the configured source one small question.
Finding ExamineHistorySource(const Globals& globals);

// What its answer says; `took` is how long it came.
Finding JudgeHistory(const std::string& source, const Result<HistoryBatch>& answer, Duration took);

}  // namespace tipoff
