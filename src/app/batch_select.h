// Which batches a command is about: named by their ids, or chosen by the same filters that
// `batch list` takes.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <vector>

#include "app/api_client.h"
#include "app/command.h"

namespace tipoff {

struct BatchFilters {
  std::string phase;
  std::string date;
  std::string older_than;  // "2h"
  bool live = false;
  bool stuck = false;
  std::size_t limit = 50;
  bool all = false;  // No limit.

  bool any() const {
    return !phase.empty() || !date.empty() || !older_than.empty() || live || stuck;
  }
};

// Declares --phase, --date, --live, --stuck and --older-than.
void AddBatchFilters(CLI::App& command, BatchFilters& filters);

// The query of GET /v1/batches. kInvalid names the flag.
Result<ApiClient::Pairs> FilterQuery(const BatchFilters& filters);

// Newest first. `more` (optional): whether the limit cut some off.
Result<boost::json::array> FetchBatches(ApiClient& client, const BatchFilters& filters,
                                        bool* more = nullptr);

// The batches of an order: all of `ids`, or every live one that the filters let through.
// kInvalid for both and for neither; kNotFound names the id that there is no batch for.
Result<boost::json::array> SelectBatches(ApiClient& client, const std::vector<std::string>& ids,
                                         BatchFilters filters);

}  // namespace tipoff
