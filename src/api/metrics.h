// What a monitoring system scrapes: Prometheus text. No batch id is ever a label.
#pragma once

#include <functional>
#include <string>

#include "api/api.h"

namespace tipoff {

// Answers within a few seconds, without what could not be read then; tipoff_store_up says so.
void CollectMetrics(const ApiParts& parts, std::function<void(std::string)> done);

}  // namespace tipoff
