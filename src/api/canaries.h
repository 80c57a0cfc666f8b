// How the way from the coordinator to the workers and back stands, by its canaries.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "api/api.h"
#include "view/canary.h"

namespace tipoff {

// By the newest canaries.
void FindCanaryHealth(Store& store, DoneWith<CanaryHealth> done);

// Whether so many were lost in a row that the path is taken for dead.
bool PathIsDead(const CanaryHealth& health, const CanaryRules& rules);

// "lost 3 times in a row after published: ...", "back after 120ms from w1", "off".
std::string DescribeCanaries(const CanaryHealth& health, const CanaryRules& rules, Instant now);

}  // namespace tipoff
