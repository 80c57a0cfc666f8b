#include "flow/autopsy.h"

#include <memory>
#include <vector>

#include "core/limits.h"
#include "flow/queries.h"

namespace tipoff {
namespace {

struct Examiner : std::enable_shared_from_this<Examiner> {
  Examiner(Store& a_store, const Batch& a_batch)
      : store(a_store), batch(a_batch), builder(a_batch) {}

  void NextPage(std::int64_t after) {
    ListRequestViews(store, batch,
                     {.states = MissingStates(), .after = after, .limit = limits::kRowsPerPage},
                     [self = shared_from_this()](Result<RequestPage> page) {
                       if (!page.ok()) return self->done(page.error());
                       self->LookForStaged(std::move(*page));
                     });
  }

  void LookForStaged(RequestPage page) {
    std::vector<std::uint32_t> ordinals;
    for (const RequestView& view : page.views) ordinals.push_back(view.row.ordinal);
    if (ordinals.empty()) return Advance(page.next);
    store.ListStaged(batch.id, -1, limits::kRowsPerPage, std::move(ordinals),
                     [self = shared_from_this(),
                      page = std::move(page)](const Result<std::vector<StagedResult>>& staged) {
                       if (!staged.ok()) return self->done(staged.error());
                       self->Take(page, *staged);
                     });
  }

  // Both by ordinal.
  void Take(const RequestPage& page, const std::vector<StagedResult>& staged) {
    auto found = staged.begin();
    for (const RequestView& view : page.views) {
      while (found != staged.end() && found->outcome.ordinal < view.row.ordinal) ++found;
      bool has = found != staged.end() && found->outcome.ordinal == view.row.ordinal;
      builder.Add(view.row, view.spec.player_name, has);
    }
    Advance(page.next);
  }

  void Advance(std::int64_t next) {
    if (next >= 0) return NextPage(next);
    done(builder.Build(fault));
  }

  Store& store;
  Batch batch;
  AutopsyBuilder builder;
  std::string fault;
  DoneWith<Autopsy> done;
};

}  // namespace

void ExamineBatch(Store& store, const Batch& batch, std::string fault, DoneWith<Autopsy> done) {
  auto examiner = std::make_shared<Examiner>(store, batch);
  examiner->fault = std::move(fault);
  examiner->done = std::move(done);
  examiner->NextPage(-1);
}

}  // namespace tipoff
