// Lists of batches, and the end of one that nobody needs any more.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "store/codec.h"
#include "store/filter.h"
#include "store/firestore/impl.h"
#include "store/firestore/limits.h"
#include "store/firestore/queries.h"

namespace tipoff {

using namespace firestore;  // NOLINT: its own folder's parts.

// One page, gathered by as many queries as its filter leaves it short by.
struct FirestoreStore::Impl::Listing {
  Op<BatchPage> op;
  BatchFilter filter;
  std::size_t limit = 0;
  std::optional<std::int64_t> below;  // Cursor, and bound of the filter.
  BatchPage page;
  std::size_t taken = 0;

  std::string order() const { return filter.published_only ? "publication" : "number"; }
};

void FirestoreStore::ListBatches(BatchFilter filter, DoneWith<BatchPage> done) {
  auto listing = std::make_shared<Impl::Listing>();
  listing->op = impl_->Begin<BatchPage>(Effect::kRead, std::move(done));
  auto cursor = ParseBatchCursor(filter.after);
  if (!cursor.ok()) return listing->op(cursor.error());
  if (!filter.after.empty()) listing->below = *cursor;
  if (filter.ended_before && !filter.published_only) {
    // What ended before was created before.
    std::int64_t bound = NumberAt(*filter.ended_before);
    listing->below = std::min(listing->below.value_or(bound), bound);
  }
  listing->limit = std::min(filter.limit, limits::kBatchesPerPage);
  listing->filter = std::move(filter);
  if (listing->limit == 0) return listing->op(BatchPage());
  impl_->ListNext(listing);
}

void FirestoreStore::Impl::ListNext(const std::shared_ptr<Listing>& listing) {
  QuerySpec spec{.collection = paths.Collection(kBatches),
                 .found_by = Narrowest(listing->filter),
                 .order = listing->order(),
                 .descending = true,
                 .limit = listing->limit - listing->taken,
                 .fields = {"header", "number", "publication", "batch_id"}};
  if (listing->below) spec.below = Integer(*listing->below);
  std::size_t asked = spec.limit;
  client.Query(Name(""), MakeQuery(spec), listing->op.until,
               [this, listing, asked](Result<std::vector<fs::Document>> found) {
                 if (!found.ok()) return listing->op(found.error());
                 BatchPage& page = listing->page;
                 for (const fs::Document& document : *found) {
                   listing->below = IntegerOf(document, listing->order());
                   auto batch = DecodeHeader(document);
                   if (batch.ok() && !Matches(listing->filter, *batch)) continue;
                   ++listing->taken;
                   if (batch.ok()) {
                     page.batches.push_back(std::move(*batch));
                   } else {
                     page.unreadable.push_back(fmt::format("{}: {}", TextOf(document, "batch_id"),
                                                           batch.error().message));
                   }
                 }
                 bool more = found->size() == asked;
                 if (more && listing->taken < listing->limit) return ListNext(listing);
                 if (more) page.next = std::to_string(*listing->below);
                 listing->op(std::move(page));
               });
}

// One call of DropBatch: what hangs on the batch first, its header last.
struct FirestoreStore::Impl::Drop {
  Op<bool> op;
  BatchId batch;
  Known known;
  std::size_t rows = 0;
  std::size_t left = 0;
  // Collections below the header, in the order in which they go.
  std::size_t collection = 0;
};

namespace {
constexpr std::array kBelow{kStaged, kRequests, kJournal};
}  // namespace

void FirestoreStore::DropBatch(BatchId batch, std::size_t rows, DoneWith<bool> done) {
  auto drop = std::make_shared<Impl::Drop>();
  drop->op = impl_->Begin<bool>(Effect::kRepeatableWrite, std::move(done));
  drop->batch = std::move(batch);
  drop->rows = drop->left = std::max<std::size_t>(rows, 1);
  Impl* impl = impl_.get();
  impl->client.Get(
      {impl->Name(impl->paths.Batch(drop->batch))}, HeaderFields(), drop->op.until,
      [impl, drop](Result<Client::Documents> found) {
        if (!found.ok()) return drop->op(found.error());
        const auto& header = found->front();
        if (!header) return drop->op(NoBatch(drop->batch));
        auto ended = DecodeHeader(*header);
        if (!ended.ok()) return drop->op(ended.error());
        drop->known = impl->Remember(*ended, *header);
        Error not_yet{Errc::kConflict,
                      fmt::format("batch '{}' is live, or not settled, or not announced yet",
                                  drop->batch.str())};
        if (!IsTerminal(ended->phase) || ended->rows_open_at_end > 0) return drop->op(not_yet);
        QuerySpec pending{.collection = impl->paths.Collection(kAnnouncements),
                          .found_by = PendingOf(drop->batch),
                          .limit = 1,
                          .fields = {"__name__"}};
        impl->client.Query(impl->Name(""), MakeQuery(pending), drop->op.until,
                           [impl, drop, not_yet](Result<std::vector<fs::Document>> waiting) {
                             if (!waiting.ok()) return drop->op(waiting.error());
                             if (!waiting->empty()) return drop->op(not_yet);
                             impl->DropNext(drop);
                           });
      });
}

void FirestoreStore::Impl::DropNext(const std::shared_ptr<Drop>& drop) {
  if (drop->collection == kBelow.size()) return DropRest(drop);
  bool rows = kBelow[drop->collection] == kRequests;
  // A document of many requests counts as all of them, and goes alone if it must.
  std::size_t each = rows ? drop->known.rows_per_document : 1;
  if (each > drop->left && drop->left < drop->rows) return drop->op(false);
  std::size_t most = std::clamp<std::size_t>(drop->left / each, 1, kDocumentsPerPage);
  QuerySpec spec{.collection = kBelow[drop->collection], .limit = most, .fields = {"__name__"}};
  client.Query(Name(paths.Batch(drop->batch)), MakeQuery(spec), drop->op.until,
               [this, drop, each, most](Result<std::vector<fs::Document>> found) {
                 if (!found.ok()) return drop->op(found.error());
                 bool all = found->size() < most;
                 if (found->empty()) {
                   ++drop->collection;
                   return DropNext(drop);
                 }
                 std::vector<fs::Write> writes;
                 for (const fs::Document& document : *found)
                   writes.push_back(Delete(document.name()));
                 drop->left -= std::min(drop->left, writes.size() * each);
                 client.Commit(std::move(writes), Effect::kRepeatableWrite, drop->op.until,
                               [this, drop, all](Result<Client::Times> times) {
                                 if (!times.ok()) return drop->op(times.error());
                                 if (drop->left == 0) return drop->op(false);
                                 if (all) ++drop->collection;
                                 DropNext(drop);
                               });
               });
}

// The announcements of the batch, a few, and the header.
void FirestoreStore::Impl::DropRest(const std::shared_ptr<Drop>& drop) {
  QuerySpec spec{.collection = paths.Collection(kAnnouncements),
                 .found_by = AllOf(drop->batch),
                 .limit = kDocumentsPerPage,
                 .fields = {"__name__"}};
  client.Query(Name(""), MakeQuery(spec), drop->op.until,
               [this, drop](Result<std::vector<fs::Document>> found) {
                 if (!found.ok()) return drop->op(found.error());
                 bool all = found->size() < kDocumentsPerPage;
                 std::vector<fs::Write> writes;
                 for (const fs::Document& document : *found) {
                   writes.push_back(Delete(document.name()));
                 }
                 if (all) writes.push_back(Delete(Name(paths.Batch(drop->batch))));
                 client.Commit(std::move(writes), Effect::kRepeatableWrite, drop->op.until,
                               [this, drop, all](Result<Client::Times> times) {
                                 if (!times.ok()) return drop->op(times.error());
                                 Forget(drop->batch);
                                 drop->op(all);
                               });
               });
}

}  // namespace tipoff
