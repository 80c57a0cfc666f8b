#include "api/visit.h"

#include "api/batch_list.h"
#include "base/reply.h"

namespace tipoff {
namespace {

// A caller waits so long for the end of an overdue batch to be written; then it is told "overdue".
constexpr auto kVisitTime = std::chrono::seconds(3);

}  // namespace

void VisitBatch(const ApiParts& parts, const BatchId& id, DoneWith<Batch> done) {
  Loop& loop = parts.loop;
  Store& store = parts.store;
  Sweep& sweep = parts.coordinator.sweep();
  bool read_only = parts.options.read_only;
  store.Load(id, {}, [&loop, &store, &sweep, read_only, done](Result<Snapshot> snapshot) {
    if (!snapshot.ok()) return done(snapshot.error());
    Batch stored = std::move(snapshot->batch);
    if (read_only || !IsStuck(stored, store.Now())) return done(std::move(stored));
    auto reply = Reply<Applied>::Start(
        loop, kVisitTime, {Errc::kUnavailable, "the store takes too long"},
        [done, stored](Result<Applied> applied) {
          done(applied.ok() ? Result<Batch>(std::move(applied->batch)) : Result<Batch>(stored));
        });
    sweep.Visit(stored, [reply](Result<Applied> applied) { reply->Post(std::move(applied)); });
  });
}

}  // namespace tipoff
