#include "api/autopsies.h"

#include <fmt/format.h>

#include "base/json.h"
#include "core/diagnose.h"
#include "flow/autopsy.h"
#include "flow/facts.h"
#include "view/json.h"

namespace tipoff {

namespace {

// What is found to be at fault right after the end; "" if nothing is.
std::string FaultOf(const Result<Facts>& facts) {
  if (!facts.ok()) return "";
  Diagnosis diagnosis = Diagnose(*facts);
  if (diagnosis.layer == Layer::kNone) return "";
  return fmt::format("{}: {}", ToString(diagnosis.layer), diagnosis.sentence);
}

void StoreAutopsy(Store& store, const Autopsy& autopsy,
                  const std::function<void(AnnounceAnswer)>& done) {
  Record record{.kind = std::string(kAutopsyRecords),
                .id = autopsy.batch.str(),
                .at = {},
                .body = DumpJson(AutopsyToJson(autopsy))};
  store.PutRecord(std::move(record), PutMode::kReplace,
                  [done](Result<Record> put) { done({put.ok() ? Ok() : Status(put.error())}); });
}

}  // namespace

Announce AutopsyAnnouncement(Loop& loop, Store& store, Bus& bus) {
  return [&loop, &store, &bus](const Notice& notice, std::function<void(AnnounceAnswer)> done) {
    const Batch& batch = notice.batch;
    bool ended = notice.announcement.kind == "batch.ended" && IsTerminal(batch.phase);
    if (!ended || batch.phase == Phase::kSucceeded) return done({});
    GatherFacts(loop, store, bus, nullptr, {.batch = batch.id, .at = {}},
                [&store, batch, done = std::move(done)](const Result<Facts>& facts) {
                  ExamineBatch(store, batch, FaultOf(facts),
                               [&store, done](Result<Autopsy> autopsy) {
                                 if (!autopsy.ok()) return done({autopsy.error()});
                                 StoreAutopsy(store, *autopsy, done);
                               });
                });
  };
}

}  // namespace tipoff
