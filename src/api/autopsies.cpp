#include "api/autopsies.h"

#include "base/json.h"
#include "flow/autopsy.h"
#include "view/json.h"

namespace tipoff {

Announce AutopsyAnnouncement(Store& store) {
  return [&store](const Notice& notice, std::function<void(AnnounceAnswer)> done) {
    const Batch& batch = notice.batch;
    bool ended = notice.announcement.kind == "batch.ended" && IsTerminal(batch.phase);
    if (!ended || batch.phase == Phase::kSucceeded) return done({});
    ExamineBatch(store, batch, "", [&store, done = std::move(done)](Result<Autopsy> autopsy) {
      if (!autopsy.ok()) return done({autopsy.error()});
      Record record{.kind = std::string(kAutopsyRecords),
                    .id = autopsy->batch.str(),
                    .at = {},
                    .body = DumpJson(AutopsyToJson(*autopsy))};
      store.PutRecord(std::move(record), PutMode::kReplace, [done](Result<Record> put) {
        done({put.ok() ? Ok() : Status(put.error())});
      });
    });
  };
}

}  // namespace tipoff
