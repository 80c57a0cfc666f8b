// `tipoff batch why`: which layer is at fault, in one command.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>

#include "app/api_client.h"
#include "app/command.h"
#include "app/console.h"

namespace tipoff {

struct WhyArguments {
  std::string id;  // "": the newest batch.
  std::string at;  // "": now.
};

int ExplainBatch(ApiClient& client, Console& console, Output output, const WhyArguments& arguments);

// The answer of GET .../why: the verdict first, then the hops, the evidence, and what to type.
std::string FormatWhy(const boost::json::object& why, Output output);

}  // namespace tipoff
