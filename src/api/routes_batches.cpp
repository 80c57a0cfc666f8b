#include <boost/json.hpp>

#include "api/batch_list.h"
#include "api/fields.h"
#include "api/routes.h"
#include "api/visit.h"
#include "base/json.h"
#include "base/new_york.h"
#include "core/limits.h"
#include "flow/published.h"
#include "flow/queries.h"
#include "flow/verify.h"
#include "view/json.h"

namespace tipoff {
namespace {

namespace json = boost::json;

json::value CursorOrNull(const std::string& cursor) {
  if (cursor.empty()) return nullptr;
  return json::value(cursor);
}

void ListBatches(const ApiParts& parts, const Call& call) {
  auto query = ReadBatchListQuery(call.request, parts.loop.Now());
  if (!query.ok()) return call.Fail(query.error());
  Store& store = parts.store;
  FindBatches(store, std::move(*query), [&store, call](Result<BatchPage> page) {
    if (!page.ok()) return call.Fail(page.error());
    json::array batches;
    for (const Batch& batch : page->batches) batches.push_back(BatchToJson(batch, store.Now()));
    call.Answer(200, json::object{{"batches", std::move(batches)},
                                  {"next_cursor", CursorOrNull(page->next)}});
  });
}

void GetBatch(const ApiParts& parts, const Call& call) {
  Status only = QueryReader(call.request).Only({});
  if (!only.ok()) return call.Fail(only.error());
  Store& store = parts.store;
  VisitBatch(parts, BatchId(call.Param("id")), [&store, call](Result<Batch> batch) {
    if (!batch.ok()) return call.Fail(batch.error());
    call.Answer(200, BatchToJson(*batch, store.Now()));
  });
}

Result<RequestFilter> ReadRequestFilter(const HttpRequest& request) {
  QueryReader reader(request);
  TIPOFF_TRY_STATUS(reader.Only({"state", "cursor", "limit"}));
  RequestFilter filter;
  TIPOFF_TRY(filter.after, reader.Integer("cursor", -1, -1, limits::kRequestsPerBatch));
  TIPOFF_TRY(std::int64_t limit, reader.Integer("limit", 500, 1, 500));
  filter.limit = static_cast<std::size_t>(limit);
  std::string_view states = request.Query("state");
  while (!states.empty()) {
    std::size_t comma = std::min(states.find(','), states.size());
    auto state = ParseRequestState(states.substr(0, comma));
    if (!state.ok()) return Annotate(state.error(), "state");
    filter.states.push_back(*state);
    states.remove_prefix(std::min(comma + 1, states.size()));
  }
  return filter;
}

void ListRequests(const ApiParts& parts, const Call& call) {
  auto filter = ReadRequestFilter(call.request);
  if (!filter.ok()) return call.Fail(filter.error());
  Store& store = parts.store;
  store.Load(BatchId(call.Param("id")), {},
             [&store, call, filter = *filter](Result<Snapshot> snapshot) {
               if (!snapshot.ok()) return call.Fail(snapshot.error());
               const Batch batch = std::move(snapshot->batch);
               ListRequestViews(store, batch, filter, [call, batch](Result<RequestPage> page) {
                 if (!page.ok()) return call.Fail(page.error());
                 json::array requests;
                 for (const RequestView& view : page->views) {
                   requests.push_back(RequestToJson(batch, view.row, view.spec));
                 }
                 std::string next = page->next < 0 ? "" : std::to_string(page->next);
                 call.Answer(200, json::object{{"requests", std::move(requests)},
                                               {"next_cursor", CursorOrNull(next)}});
               });
             });
}

void ListPredictions(const ApiParts& parts, const Call& call) {
  Status only = QueryReader(call.request).Only({});
  if (!only.ok()) return call.Fail(only.error());
  Store& store = parts.store;
  store.Load(BatchId(call.Param("id")), {}, [&store, call](Result<Snapshot> snapshot) {
    if (!snapshot.ok()) return call.Fail(snapshot.error());
    ListPredictionViews(store, snapshot->batch, [call](Result<std::vector<PredictionView>> views) {
      if (!views.ok()) return call.Fail(views.error());
      json::array predictions;
      for (const PredictionView& view : *views) {
        predictions.push_back(PredictionToJson(view.spec, view.prediction));
      }
      call.Answer(200, json::object{{"predictions", std::move(predictions)}});
    });
  });
}

void ListJournalEntries(const ApiParts& parts, const Call& call) {
  QueryReader reader(call.request);
  Status only = reader.Only({"after", "limit"});
  auto after = reader.Integer("after", 0, 0, std::numeric_limits<std::int64_t>::max());
  auto limit = reader.Integer("limit", limits::kJournalPerPage, 1, limits::kJournalPerPage);
  if (!only.ok()) return call.Fail(only.error());
  if (!after.ok()) return call.Fail(after.error());
  if (!limit.ok()) return call.Fail(limit.error());
  auto size = static_cast<std::size_t>(*limit);
  auto from = static_cast<std::uint64_t>(*after);
  Store& store = parts.store;
  BatchId id(call.Param("id"));
  store.Load(id, {}, [&store, id, call, size, from](Result<Snapshot> snapshot) {
    if (!snapshot.ok()) return call.Fail(snapshot.error());
    store.ReadJournal(id, from, size, [call, size](Result<std::vector<JournalRecord>> records) {
      if (!records.ok()) return call.Fail(records.error());
      json::array entries;
      for (const JournalRecord& record : *records) {
        auto entry = DecodeJournal(record.text);
        if (!entry.ok()) return call.Fail(entry.error());
        entries.push_back(JournalToJson(*entry, record.hash));
      }
      std::string next = records->size() < size ? "" : std::to_string(records->back().seq);
      call.Answer(
          200, json::object{{"entries", std::move(entries)}, {"next_cursor", CursorOrNull(next)}});
    });
  });
}

void VerifyBatchJournal(const ApiParts& parts, const Call& call) {
  Status only = QueryReader(call.request).Only({});
  if (!only.ok()) return call.Fail(only.error());
  BatchId id(call.Param("id"));
  VerifyJournal(parts.store, id, [id, call](Result<JournalProof> proof) {
    if (!proof.ok()) return call.Fail(proof.error());
    json::array problems;
    for (const std::string& problem : proof->problems) problems.emplace_back(problem);
    call.Answer(200, json::object{{"batch_id", id.str()},
                                  {"holds", proof->holds()},
                                  {"entries", proof->entries},
                                  {"hash", proof->hash},
                                  {"problems", std::move(problems)}});
  });
}

json::object PublishedToJson(const Slot& slot, const std::vector<PublishedPlayer>& players) {
  json::array predictions, skipped;
  std::uint32_t newest = 0;
  for (const PublishedPlayer& player : players) {
    newest = std::max(newest, player.publication);
    if (player.skipped) {
      skipped.push_back({{"player_id", player.spec.player.str()},
                         {"player_name", player.spec.player_name},
                         {"game_id", player.spec.game.str()},
                         {"reason", player.reason},
                         {"batch_id", player.batch.str()},
                         {"publication", player.publication}});
    }
    for (const Prediction& prediction : player.predictions) {
      json::object row = PredictionToJson(player.spec, prediction);
      row["batch_id"] = player.batch.str();
      row["publication"] = player.publication;
      predictions.push_back(std::move(row));
    }
  }
  json::object object{{"game_date", FormatDay(slot.game_date)},
                      {"dataset", slot.dataset},
                      {"publication", nullptr},
                      {"predictions", std::move(predictions)},
                      {"skipped", std::move(skipped)}};
  if (newest > 0) object["publication"] = newest;
  return object;
}

void ListSlotPredictions(const ApiParts& parts, const Call& call) {
  auto date = ResolveGameDate(call.Param("game_date"), parts.loop.Now());
  if (!date.ok()) return call.Fail(Annotate(date.error(), "game_date"));
  Status only = QueryReader(call.request).Only({"dataset"});
  if (!only.ok()) return call.Fail(only.error());
  Slot slot{*date, std::string(call.request.Query("dataset"))};
  ListPublished(parts.store, slot, [call, slot](Result<std::vector<PublishedPlayer>> players) {
    if (!players.ok()) return call.Fail(players.error());
    call.Answer(200, PublishedToJson(slot, *players));
  });
}

}  // namespace

void AddBatchRoutes(Router& router, const ApiParts& parts) {
  auto get = [&](const char* path, void (*handler)(const ApiParts&, const Call&)) {
    router.Add("GET", path, Role::kRead,
               [parts, handler](const Call& call) { handler(parts, call); });
  };
  get("/v1/batches", ListBatches);
  get("/v1/batches/{id}", GetBatch);
  get("/v1/batches/{id}/requests", ListRequests);
  get("/v1/batches/{id}/predictions", ListPredictions);
  get("/v1/batches/{id}/journal", ListJournalEntries);
  get("/v1/batches/{id}/journal:verify", VerifyBatchJournal);
  get("/v1/slots/{game_date}/predictions", ListSlotPredictions);
}

}  // namespace tipoff
