// What `doctor` finds: for each thing whether it is well, what was seen, and what to do.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "app/command.h"
#include "base/instant.h"
#include "http/message.h"

namespace tipoff {

enum class Verdict {
  kOk,
  kWarn,  // Works, but somebody should look.
  kFail,  // Does not work.
};

struct Finding {
  std::string name;  // "workers"
  Verdict verdict = Verdict::kOk;
  std::string detail;
  std::string remedy;  // One line; "" where all is well.
};

// From the API's answers, at `now`.
Finding JudgeBatches(const boost::json::array& live, const boost::json::array& stuck);
Finding JudgeWorkers(const boost::json::array& workers, std::size_t live_batches, Instant now);
// Each topic of /v1/backlog.
std::vector<Finding> JudgeBacklog(const boost::json::array& topics, Instant now);
Finding JudgeQuarantine(const boost::json::array& messages, Instant now);
// The targets of /v1/announcements.
Finding JudgeAnnouncements(const boost::json::array& targets, Instant now);
// /v1/canaries
Finding JudgeCanary(const boost::json::object& answer);
// /health/deep: whether the clock had to step in too often within the last hour.
Finding JudgeAlerts(const boost::json::object& answer);
// /readyz: each of its checks that is not well; one that says so if all are.
std::vector<Finding> JudgeReadiness(int status, const boost::json::object& answer);

// How far `seen` (the highest time in the store, or a server's clock) is from this clock.
Finding JudgeClock(Instant wall, Instant seen, const std::string& whose);
// By the Date of what a server answered just now.
Finding JudgeServerClock(const HttpResponse& response, Instant wall);

std::string FormatFindings(const std::vector<Finding>& findings, Output output);
// 0 if nothing failed, else 1.
int ExitForFindings(const std::vector<Finding>& findings);

}  // namespace tipoff
