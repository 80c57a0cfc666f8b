#include "app/batch_look.h"

#include <fmt/format.h>

#include "app/batch_view.h"
#include "app/report.h"
#include "base/json.h"
#include "core/request.h"

namespace tipoff {
namespace {

namespace json = boost::json;

Result<json::array> GetList(ApiClient& client, const std::string& id, const std::string& what,
                            const ApiClient::Pairs& query, const PagedList& list) {
  TIPOFF_TRY(std::string path, BatchPath(id, "/" + what));
  return GetPages(client, path, query, list);
}

}  // namespace

int ListBatches(ApiClient& client, Screen& screen, Output output, const BatchFilters& filters) {
  bool more = false;
  auto batches = FetchBatches(client, filters, &more);
  if (!batches.ok()) return Complain(batches.error());
  screen.Out(filters.stuck ? FormatStuck(*batches, output) : FormatBatches(*batches, output));
  if (more) screen.Note(fmt::format("the newest {}; --all shows the others\n", batches->size()));
  return kExitSucceeded;
}

int GetBatch(ApiClient& client, Screen& screen, Output output, const std::string& id) {
  auto path = BatchPath(id);
  if (!path.ok()) return Complain(path.error());
  auto batch = GetObject(client, *path);
  if (!batch.ok()) return Complain(batch.error());
  screen.Out(FormatBatch(*batch, output));
  return kExitSucceeded;
}

int ShowRequests(ApiClient& client, Screen& screen, Output output, const std::string& id,
                 const std::vector<std::string>& states) {
  for (const std::string& name : states) {
    auto state = ParseRequestState(name);
    if (!state.ok()) return Complain(Annotate(state.error(), "--state"));
  }
  ApiClient::Pairs query;
  if (!states.empty()) query.emplace_back("state", fmt::format("{}", fmt::join(states, ",")));
  auto requests = GetList(client, id, "requests", query, {.name = "requests"});
  if (!requests.ok()) return Complain(requests.error());
  screen.Out(FormatRequests(*requests, output));
  return kExitSucceeded;
}

int ShowPredictions(ApiClient& client, Screen& screen, Output output, const std::string& id) {
  auto predictions = GetList(client, id, "predictions", {}, {.name = "predictions"});
  if (!predictions.ok()) return Complain(predictions.error());
  screen.Out(FormatPredictions(*predictions, output));
  return kExitSucceeded;
}

int ShowJournal(ApiClient& client, Screen& screen, Output output, const std::string& id) {
  auto entries = GetList(client, id, "journal", {}, {.name = "entries", .after = "after"});
  if (!entries.ok()) return Complain(entries.error());
  screen.Out(FormatJournal(*entries, output));
  return kExitSucceeded;
}

}  // namespace tipoff
