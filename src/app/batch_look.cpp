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

int ListBatches(ApiClient& client, Console& console, Output output, const BatchFilters& filters) {
  bool more = false;
  auto batches = FetchBatches(client, filters, &more);
  if (!batches.ok()) return Complain(batches.error());
  console.Out(filters.stuck ? FormatStuck(*batches, output) : FormatBatches(*batches, output));
  if (more) console.Note(fmt::format("the newest {}; --all shows the others\n", batches->size()));
  return kExitSucceeded;
}

int GetBatch(ApiClient& client, Console& console, Output output, const std::string& id) {
  auto path = BatchPath(id);
  if (!path.ok()) return Complain(path.error());
  auto batch = GetObject(client, *path);
  if (!batch.ok()) return Complain(batch.error());
  console.Out(FormatBatch(*batch, output));
  return kExitSucceeded;
}

int ShowRequests(ApiClient& client, Console& console, Output output, const std::string& id,
                 const std::vector<std::string>& states) {
  for (const std::string& name : states) {
    auto state = ParseRequestState(name);
    if (!state.ok()) return Complain(Annotate(state.error(), "--state"));
  }
  ApiClient::Pairs query;
  if (!states.empty()) query.emplace_back("state", fmt::format("{}", fmt::join(states, ",")));
  auto requests = GetList(client, id, "requests", query, {.name = "requests"});
  if (!requests.ok()) return Complain(requests.error());
  console.Out(FormatRequests(*requests, output));
  return kExitSucceeded;
}

int ShowPredictions(ApiClient& client, Console& console, Output output, const std::string& id) {
  auto path = BatchPath(id, "/predictions");
  if (!path.ok()) return Complain(path.error());
  auto answer = GetObject(client, *path);  // All of them: this list has no pages.
  if (!answer.ok()) return Complain(answer.error());
  const json::value* predictions = answer->if_contains("predictions");
  if (predictions == nullptr || !predictions->is_array()) {
    return Complain(Error{Errc::kUnavailable, "the answer has no list 'predictions'"});
  }
  console.Out(FormatPredictions(predictions->as_array(), output));
  return kExitSucceeded;
}

int ShowJournal(ApiClient& client, Console& console, Output output, const std::string& id) {
  auto entries = GetList(client, id, "journal", {}, {.name = "entries", .after = "after"});
  if (!entries.ok()) return Complain(entries.error());
  console.Out(FormatJournal(*entries, output));
  return kExitSucceeded;
}

int VerifyBatchJournal(ApiClient& client, Console& console, Output output, const std::string& id) {
  auto path = BatchPath(id, "/journal:verify");
  if (!path.ok()) return Complain(path.error());
  auto proof = GetObject(client, *path);
  if (!proof.ok()) return Complain(proof.error());
  const json::value* holds = proof->if_contains("holds");
  bool whole = holds != nullptr && holds->is_bool() && holds->as_bool();
  console.Out(FormatJournalProof(*proof, output));
  return whole ? kExitSucceeded : kExitError;
}

}  // namespace tipoff
