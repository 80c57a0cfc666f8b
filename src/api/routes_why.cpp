#include <boost/json.hpp>

#include "api/fields.h"
#include "api/routes.h"
#include "base/json.h"
#include "flow/facts.h"

namespace tipoff {
namespace {

namespace json = boost::json;

json::value HopToJson(const HopFact& hop, Instant at) {
  json::object object{{"count", nullptr},
                      {"waiting", hop.waiting},
                      {"oldest_waiting_at", InstantToJson(hop.oldest_waiting)},
                      {"oldest_waiting_seconds", nullptr}};
  if (hop.count) object["count"] = *hop.count;
  if (!hop.oldest_waiting.never()) {
    Duration age = at - hop.oldest_waiting;
    object["oldest_waiting_seconds"] = std::chrono::duration<double>(age).count();
  }
  return object;
}

json::value BacklogToJson(const BacklogFact& backlog) {
  if (backlog.state != BacklogFact::State::kKnown) {
    bool missing = backlog.state == BacklogFact::State::kMissing;
    return json::object{{"state", missing ? "missing" : "unknown"},
                        {"problem", backlog.problem},
                        {"waiting", nullptr},
                        {"leased", nullptr},
                        {"oldest_at", nullptr}};
  }
  return json::object{{"state", "known"},
                      {"problem", ""},
                      {"waiting", backlog.waiting},
                      {"leased", backlog.leased},
                      {"oldest_at", InstantToJson(backlog.oldest)}};
}

json::array WorkersToJson(const Facts& facts, Instant until) {
  json::array workers;
  for (const WorkerSighting& worker : facts.workers) {
    workers.push_back(json::object{{"name", worker.name},
                                   {"version", worker.version},
                                   {"group", worker.group},
                                   {"there", WasThere(worker, until)},
                                   {"started_at", InstantToJson(worker.started_at)},
                                   {"seen_at", InstantToJson(worker.seen_at)},
                                   {"stopped_at", InstantToJson(worker.stopped_at)},
                                   {"asked_at", InstantToJson(worker.asked_at)},
                                   {"refusal", worker.refusal}});
  }
  return workers;
}

json::array ErrorsToJson(const Facts& facts) {
  json::array errors;
  for (const Trouble& trouble : facts.troubles) {
    errors.push_back(json::object{{"layer", ToString(trouble.layer)},
                                  {"kind", trouble.kind},
                                  {"process", trouble.process},
                                  {"count", trouble.count},
                                  {"first_at", InstantToJson(trouble.first_at)},
                                  {"last_at", InstantToJson(trouble.last_at)},
                                  {"message", trouble.message}});
  }
  return errors;
}

json::object WhyToJson(const Facts& facts) {
  Diagnosis diagnosis = Diagnose(facts);
  json::array evidence;
  for (const Evidence& fact : diagnosis.evidence) {
    evidence.push_back(json::object{{"name", fact.name}, {"detail", fact.detail}});
  }
  json::object why{{"batch_id", facts.batch.id.str()},
                   {"at", InstantToJson(facts.at)},
                   {"layer", ToString(diagnosis.layer)},
                   {"sentence", diagnosis.sentence},
                   {"confidence", diagnosis.confidence},
                   {"evidence", std::move(evidence)},
                   {"hops", nullptr},
                   {"workers", json::array()},
                   {"backlog", nullptr},
                   {"errors", ErrorsToJson(facts)},
                   {"next_command", diagnosis.next_command}};
  if (!facts.store_problem.empty()) return why;  // The rest is not known: it is not 0.
  why["hops"] = json::object{{"recorded", HopToJson(facts.recorded, facts.at)},
                             {"published", HopToJson(facts.published, facts.at)},
                             {"leased", HopToJson(facts.leased, facts.at)},
                             {"reported", HopToJson(facts.reported, facts.at)},
                             {"counted", HopToJson(facts.counted, facts.at)}};
  bool ended = IsTerminal(facts.batch.phase);
  why["workers"] = WorkersToJson(facts, ended ? facts.batch.terminal_at : facts.at);
  why["backlog"] = json::object{{"requests", BacklogToJson(facts.requests)},
                                {"completions", BacklogToJson(facts.completions)}};
  return why;
}

void Why(const ApiParts& parts, const Call& call) {
  Status only = QueryReader(call.request).Only({"at"});
  if (!only.ok()) return call.Fail(only.error());
  FactsQuery query{.batch = BatchId(call.Param("id")), .probe_writes = !parts.options.read_only};
  std::string_view text = call.request.Query("at");
  if (!text.empty()) {
    auto at = ParseInstant(text);
    if (!at.ok()) return call.Fail(Annotate(at.error(), "at"));
    query.at = *at;
  }
  GatherFacts(parts.loop, parts.store, parts.bus, &parts.coordinator.troubles(), std::move(query),
              [call](Result<Facts> facts) {
                if (!facts.ok()) return call.Fail(facts.error());
                call.Answer(200, WhyToJson(*facts));
              });
}

}  // namespace

void AddWhyRoutes(Router& router, const ApiParts& parts) {
  router.Add("GET", "/v1/batches/{id}/why", Role::kRead,
             [parts](const Call& call) { Why(parts, call); });
}

}  // namespace tipoff
