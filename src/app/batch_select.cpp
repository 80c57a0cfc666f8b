#include "app/batch_select.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json.hpp>
#include <set>

#include "app/fields.h"
#include "app/game_date.h"
#include "core/batch.h"

namespace tipoff {

namespace json = boost::json;

void AddBatchFilters(CLI::App& command, BatchFilters& filters) {
  command.add_option("--phase", filters.phase, "Only batches in this phase");
  command.add_option("--date", filters.date, "Only batches of this game date");
  command.add_flag("--live", filters.live, "Only batches that have not ended");
  command.add_flag("--stuck", filters.stuck,
                   "Only live batches without progress, or after their promised time");
  command.add_option("--older-than", filters.older_than,
                     "Only batches that were started so long ago: 90m, 2h, 3d");
}

Result<ApiClient::Pairs> FilterQuery(const BatchFilters& filters) {
  ApiClient::Pairs query;
  if (!filters.phase.empty()) {
    auto phase = ParsePhase(filters.phase);
    if (!phase.ok()) return Annotate(phase.error(), "--phase");
    query.emplace_back("phase", filters.phase);
  }
  if (!filters.date.empty()) {
    auto date = ResolveGameDate(filters.date);
    if (!date.ok()) return Annotate(date.error(), "--date");
    query.emplace_back("date", FormatDay(*date));
  }
  if (!filters.older_than.empty()) {
    auto age = ParseDuration(filters.older_than);
    if (!age.ok()) return Annotate(age.error(), "--older-than");
    query.emplace_back("older_than", filters.older_than);
  }
  if (filters.live) query.emplace_back("live", "true");
  if (filters.stuck) query.emplace_back("stuck", "true");
  return query;
}

Result<json::array> FetchBatches(ApiClient& client, const BatchFilters& filters, bool* more) {
  TIPOFF_TRY(ApiClient::Pairs query, FilterQuery(filters));
  PagedList list{.name = "batches", .more = more};
  if (!filters.all) list.limit = filters.limit;
  return GetPages(client, "/v1/batches", std::move(query), list);
}

Result<json::array> SelectBatches(ApiClient& client, const std::vector<std::string>& ids,
                                  BatchFilters filters) {
  if (!ids.empty() && filters.any()) {
    return Error{Errc::kInvalid, "name batches or choose them by filters, not both"};
  }
  if (ids.empty() && !filters.any()) {
    return Error{Errc::kInvalid,
                 "which batches? Name them, or choose them with --stuck, --older-than 2h, --live, "
                 "--phase or --date"};
  }
  if (ids.empty()) {
    filters.live = true;
    filters.all = true;
    return FetchBatches(client, filters);
  }
  // Asked for one live batch after its time, the API first writes its end. The list writes nothing,
  // so that an order meets the batch as it is and a dry run leaves it so.
  TIPOFF_TRY(json::array live, FetchBatches(client, {.live = true, .all = true}));
  json::array batches;
  std::set<std::string> seen;
  for (const std::string& id : ids) {
    if (!seen.insert(id).second) continue;
    auto found = std::find_if(live.begin(), live.end(), [&](const json::value& batch) {
      return FieldText(batch.as_object(), "batch_id") == id;
    });
    if (found != live.end()) {
      batches.push_back(*found);
      continue;
    }
    TIPOFF_TRY(std::string path, BatchPath(id));
    TIPOFF_TRY(json::object batch, GetObject(client, path));
    batches.push_back(std::move(batch));
  }
  return batches;
}

}  // namespace tipoff
