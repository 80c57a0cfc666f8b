#include "flow/queries.h"

#include <algorithm>
#include <memory>
#include <tuple>

#include "core/limits.h"

namespace tipoff {
namespace {

// Which stored states may read as a wanted one: under a terminal header open rows read as ended.
std::vector<RequestState> StoredStates(const Batch& batch, std::vector<RequestState> wanted) {
  if (wanted.empty() || batch.rows_open_at_end == 0) return wanted;
  auto wants = [&](RequestState state) {
    return std::find(wanted.begin(), wanted.end(), state) != wanted.end();
  };
  bool ended = wants(RequestState::kCancelled) || wants(RequestState::kExpired) ||
               wants(RequestState::kUndelivered);
  if (!ended) return wanted;
  for (RequestState open :
       {RequestState::kPending, RequestState::kPublished, RequestState::kLeased}) {
    if (!wants(open)) wanted.push_back(open);
  }
  return wanted;
}

// Collects the predictions of one batch, page by page.
struct PredictionCollector : std::enable_shared_from_this<PredictionCollector> {
  PredictionCollector(Store& a_store, Batch a_batch) : store(a_store), batch(std::move(a_batch)) {}

  void NextPage() {
    RequestFilter filter{
        .states = {RequestState::kSucceeded}, .after = after, .limit = limits::kRowsPerPage};
    store.ListRequests(batch.id, filter,
                       [self = shared_from_this()](Result<std::vector<Request>> rows) {
                         if (!rows.ok()) return self->done(rows.error());
                         if (rows->empty()) return self->Finish();
                         self->after = rows->back().ordinal;
                         self->Specs(std::move(*rows));
                       });
  }

  void Specs(std::vector<Request> rows) {
    std::vector<std::uint32_t> ordinals;
    for (const Request& row : rows) ordinals.push_back(row.ordinal);
    store.LoadSpecs(batch.id, ordinals,
                    [self = shared_from_this(), ordinals](Result<std::vector<RequestSpec>> specs) {
                      if (!specs.ok()) return self->done(specs.error());
                      self->Staged(ordinals, std::move(*specs));
                    });
  }

  void Staged(std::vector<std::uint32_t> ordinals, std::vector<RequestSpec> specs) {
    store.ListStaged(
        batch.id, -1, limits::kRowsPerPage, ordinals,
        [self = shared_from_this(), ordinals,
         specs = std::move(specs)](Result<std::vector<StagedResult>> staged) {
          if (!staged.ok()) return self->done(staged.error());
          for (StagedResult& result : *staged) {
            auto position = std::lower_bound(ordinals.begin(), ordinals.end(),
                                             static_cast<std::uint32_t>(result.outcome.ordinal));
            const RequestSpec& spec = specs[static_cast<std::size_t>(position - ordinals.begin())];
            for (Prediction& prediction : result.predictions) {
              self->views.push_back({spec, std::move(prediction)});
            }
          }
          self->NextPage();
        });
  }

  void Finish() {
    auto key = [](const PredictionView& view) {
      const auto& line = view.prediction.line;
      return std::tuple<const GameId&, const PlayerId&, const std::string&, int,
                        const std::string&>(view.spec.game, view.spec.player,
                                            view.prediction.system, line ? line->milli() : -1,
                                            view.prediction.stat);
    };
    std::sort(views.begin(), views.end(),
              [&](const PredictionView& a, const PredictionView& b) { return key(a) < key(b); });
    done(std::move(views));
  }

  Store& store;
  Batch batch;
  DoneWith<std::vector<PredictionView>> done;
  std::int64_t after = -1;
  std::vector<PredictionView> views;
};

struct JournalCollector : std::enable_shared_from_this<JournalCollector> {
  JournalCollector(Store& a_store, BatchId a_batch) : store(a_store), batch(std::move(a_batch)) {}

  void NextPage() {
    std::uint64_t after = records.empty() ? 0 : records.back().seq;
    store.ReadJournal(batch, after, limits::kJournalPerPage,
                      [self = shared_from_this()](Result<std::vector<JournalRecord>> page) {
                        if (!page.ok()) return self->done(page.error());
                        if (page->empty()) return self->done(std::move(self->records));
                        for (JournalRecord& record : *page) {
                          self->records.push_back(std::move(record));
                        }
                        self->NextPage();
                      });
  }

  Store& store;
  BatchId batch;
  DoneWith<std::vector<JournalRecord>> done;
  std::vector<JournalRecord> records;
};

}  // namespace

std::vector<RequestState> MissingStates() {
  return {RequestState::kFailed, RequestState::kExpired, RequestState::kCancelled,
          RequestState::kUndelivered};
}

void ListRequestViews(Store& store, const Batch& batch, RequestFilter filter,
                      DoneWith<RequestPage> done) {
  std::vector<RequestState> wanted = filter.states;
  filter.states = StoredStates(batch, wanted);
  store.ListRequests(
      batch.id, filter,
      [&store, batch, wanted, limit = filter.limit,
       done = std::move(done)](Result<std::vector<Request>> rows) {
        if (!rows.ok()) return done(rows.error());
        RequestPage page;
        if (rows->size() == limit) page.next = rows->back().ordinal;
        std::erase_if(*rows, [&](const Request& row) {
          RequestState reads = StateUnder(batch, row);
          return !wanted.empty() && std::find(wanted.begin(), wanted.end(), reads) == wanted.end();
        });
        std::vector<std::uint32_t> ordinals;
        for (const Request& row : *rows) ordinals.push_back(row.ordinal);
        store.LoadSpecs(
            batch.id, std::move(ordinals),
            [page, rows = std::move(*rows), done](Result<std::vector<RequestSpec>> specs) mutable {
              if (!specs.ok()) return done(specs.error());
              for (std::size_t i = 0; i < rows.size(); ++i) {
                page.views.push_back({std::move(rows[i]), std::move((*specs)[i])});
              }
              done(std::move(page));
            });
      });
}

void ListPredictionViews(Store& store, const Batch& batch,
                         DoneWith<std::vector<PredictionView>> done) {
  auto collector = std::make_shared<PredictionCollector>(store, batch);
  collector->done = std::move(done);
  collector->NextPage();
}

void ListJournal(Store& store, const BatchId& batch, DoneWith<std::vector<JournalRecord>> done) {
  auto collector = std::make_shared<JournalCollector>(store, batch);
  collector->done = std::move(done);
  collector->NextPage();
}

}  // namespace tipoff
