#include "flow/autopsy.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace tipoff {
namespace {

constexpr std::size_t kPage = 500;

struct Examiner : std::enable_shared_from_this<Examiner> {
  Examiner(Store& a_store, const Batch& a_batch)
      : store(a_store), batch(a_batch.id), builder(a_batch) {}

  void NextPage(std::int64_t after) {
    using enum RequestState;
    RequestFilter missing{
        .states = {kPending, kPublished, kLeased, kFailed, kExpired, kCancelled, kUndelivered},
        .after = after,
        .limit = kPage};
    store.ListRequests(batch, missing,
                       [self = shared_from_this()](Result<std::vector<Request>> rows) {
                         if (!rows.ok()) return self->done(rows.error());
                         if (rows->empty()) return self->done(self->builder.Build(self->fault));
                         self->Name(std::move(*rows));
                       });
  }

  void Name(std::vector<Request> rows) {
    std::vector<std::uint32_t> ordinals;
    for (const Request& row : rows) ordinals.push_back(row.ordinal);
    store.LoadSpecs(batch, ordinals,
                    [self = shared_from_this(), ordinals,
                     rows = std::move(rows)](Result<std::vector<RequestSpec>> specs) mutable {
                      if (!specs.ok()) return self->done(specs.error());
                      self->LookForStaged(std::move(rows), std::move(*specs), ordinals);
                    });
  }

  void LookForStaged(std::vector<Request> rows, std::vector<RequestSpec> specs,
                     std::vector<std::uint32_t> ordinals) {
    store.ListStaged(batch, -1, kPage, std::move(ordinals),
                     [self = shared_from_this(), rows = std::move(rows),
                      specs = std::move(specs)](Result<std::vector<StagedResult>> staged) {
                       if (!staged.ok()) return self->done(staged.error());
                       auto found = staged->begin();
                       for (std::size_t i = 0; i < rows.size(); ++i) {
                         while (found != staged->end() && found->outcome.ordinal < rows[i].ordinal)
                           ++found;
                         bool has =
                             found != staged->end() && found->outcome.ordinal == rows[i].ordinal;
                         self->builder.Add(rows[i], specs[i].player_name, has);
                       }
                       self->NextPage(rows.back().ordinal);
                     });
  }

  Store& store;
  BatchId batch;
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
