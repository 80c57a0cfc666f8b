#include "flow/published.h"

#include <algorithm>
#include <map>
#include <memory>
#include <tuple>
#include <utility>

namespace tipoff {
namespace {

// Publications of one slot that are looked through; a day has 5-9 of them.
constexpr std::size_t kPublicationsMax = 200;

struct Reader : std::enable_shared_from_this<Reader> {
  using Key = std::pair<PlayerId, std::string>;  // Player and group of systems.

  explicit Reader(Store& a_store) : store(a_store) {}

  void NextBatch() {
    if (next == batches.size()) return Finish();
    rows_after = -1;
    fresh.clear();
    NextRows();
  }

  // Who was not found in a newer publication and is settled by this one.
  void NextRows() {
    RequestFilter settled{.states = {RequestState::kSucceeded, RequestState::kSkipped},
                          .after = rows_after};
    ListRequestViews(store, batches[next], settled,
                     [self = shared_from_this()](Result<RequestPage> page) {
                       if (!page.ok()) return self->done(page.error());
                       for (RequestView& view : page->views) self->Take(std::move(view));
                       self->rows_after = page->next;
                       if (page->next >= 0) return self->NextRows();
                       self->Predictions();
                     });
  }

  void Take(RequestView view) {
    Key key{view.spec.player, view.spec.group};
    if (players.contains(key)) return;
    PublishedPlayer& player = players[key];
    player.batch = batches[next].id;
    player.publication = batches[next].publication;
    player.skipped = view.row.state == RequestState::kSkipped;
    player.reason = view.row.reason;
    player.spec = std::move(view.spec);
    if (!player.skipped) fresh.push_back(key);
  }

  void Predictions() {
    if (fresh.empty()) return Advance();
    ListPredictionViews(store, batches[next],
                        [self = shared_from_this()](Result<std::vector<PredictionView>> views) {
                          if (!views.ok()) return self->done(views.error());
                          for (PredictionView& view : *views) {
                            auto found = self->players.find({view.spec.player, view.spec.group});
                            const BatchId& batch = self->batches[self->next].id;
                            if (found == self->players.end() || found->second.batch != batch) {
                              continue;
                            }
                            found->second.predictions.push_back(std::move(view.prediction));
                          }
                          self->Advance();
                        });
  }

  void Advance() {
    ++next;
    NextBatch();
  }

  void Finish() {
    std::vector<PublishedPlayer> list;
    for (auto& [key, player] : players) list.push_back(std::move(player));
    std::sort(list.begin(), list.end(), [](const PublishedPlayer& a, const PublishedPlayer& b) {
      return std::tie(a.spec.game, a.spec.player, a.spec.group) <
             std::tie(b.spec.game, b.spec.player, b.spec.group);
    });
    done(std::move(list));
  }

  Store& store;
  DoneWith<std::vector<PublishedPlayer>> done;
  std::vector<Batch> batches;
  std::size_t next = 0;
  std::int64_t rows_after = -1;
  std::vector<Key> fresh;
  std::map<Key, PublishedPlayer> players;
};

}  // namespace

void ListPublications(Store& store, const Slot& slot, DoneWith<std::vector<Batch>> done) {
  BatchFilter published{.published_only = true, .slot = slot, .limit = kPublicationsMax};
  store.ListBatches(published, [done = std::move(done)](Result<BatchPage> page) {
    if (!page.ok()) return done(page.error());
    done(std::move(page->batches));
  });
}

void ListPublished(Store& store, const Slot& slot, DoneWith<std::vector<PublishedPlayer>> done) {
  auto reader = std::make_shared<Reader>(store);
  reader->done = std::move(done);
  ListPublications(store, slot, [reader](Result<std::vector<Batch>> batches) {
    if (!batches.ok()) return reader->done(batches.error());
    reader->batches = std::move(*batches);
    reader->NextBatch();
  });
}

}  // namespace tipoff
