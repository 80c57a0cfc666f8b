// Following a batch to its end.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>

#include "app/api_client.h"
#include "app/command.h"
#include "app/screen.h"

namespace tipoff {

struct Followed {
  boost::json::object batch;  // As it was last seen.
  bool ended = false;         // False: `timeout` passed first.
};

// Calls `changed` with the batch at first and whenever it has another version, until it has ended.
// A server that is gone for a while is waited for, two minutes at most; kUnavailable then.
// kNotFound if there is no such batch.
Result<Followed> Follow(ApiClient& client, const std::string& id, std::optional<Duration> timeout,
                        const std::function<void(const boost::json::object&)>& changed);

// `batch wait`: shows a bar on a terminal, prints the batch at its end.
int WaitForBatch(ApiClient& client, Screen& screen, Output output, const std::string& id,
                 std::optional<Duration> timeout);
// `batch watch`: shows each change: in place on a terminal, else as a line, a JSON object or a row.
int WatchBatch(ApiClient& client, Screen& screen, Output output, const std::string& id);

}  // namespace tipoff
