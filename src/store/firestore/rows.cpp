// Reading a batch: its header, its requests, what they ask for, its journal.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "store/codec.h"
#include "store/firestore/impl.h"
#include "store/firestore/limits.h"

namespace tipoff {

using namespace firestore;  // NOLINT: its own folder's parts.

namespace {

// The documents that hold these requests, and which of the requests they are.
std::set<std::uint32_t> DocumentsOf(const std::set<std::uint32_t>& ordinals,
                                    std::uint32_t rows_per_document) {
  std::set<std::uint32_t> documents;
  for (std::uint32_t ordinal : ordinals) documents.insert(ordinal / rows_per_document);
  return documents;
}

// The rows of `wanted` in the documents found, by ordinal.
Status TakeRows(const Client::Documents& found, std::size_t first,
                const std::set<std::uint32_t>& wanted, std::vector<Request>& rows) {
  for (std::size_t i = first; i < found.size(); ++i) {
    if (!found[i]) continue;
    std::map<std::uint32_t, Request> there;
    const auto& map = MapOf(*found[i], "rows");
    for (auto at = wanted.begin(); at != wanted.end(); ++at) {
      auto value = map.find(RowKey(*at));
      if (value == map.end()) continue;
      TIPOFF_TRY(Request row, DecodeRow(*at, value->second));
      rows.push_back(std::move(row));
    }
  }
  auto by_ordinal = [](const Request& a, const Request& b) { return a.ordinal < b.ordinal; };
  std::sort(rows.begin(), rows.end(), by_ordinal);
  return Ok();
}

}  // namespace

void FirestoreStore::Load(BatchId batch, RowKeys keys, DoneWith<Snapshot> done) {
  auto op = impl_->Begin<Snapshot>(Effect::kRead, std::move(done));
  Impl* impl = impl_.get();
  // With the rows the header is read once more, so that all is as of one instant.
  auto read = [impl, op, batch](const Impl::Known& known, const std::set<std::uint32_t>& wanted) {
    std::vector<std::string> names{impl->Name(impl->paths.Batch(batch)),
                                   impl->Name(impl->paths.Slot(known.slot))};
    for (std::uint32_t document : DocumentsOf(wanted, known.rows_per_document)) {
      names.push_back(impl->Name(impl->paths.Rows(batch, document)));
    }
    std::vector<std::string> fields = HeaderFields();
    fields.insert(fields.end(), {"next_publication", "rows"});
    impl->client.Get(std::move(names), std::move(fields), op.until,
                     [impl, op, batch, wanted](Result<Client::Documents> found) {
                       if (!found.ok()) return op(found.error());
                       const auto& header = (*found)[0];
                       if (!header) {
                         impl->Forget(batch);
                         return op(NoBatch(batch));
                       }
                       auto decoded = DecodeHeader(*header);
                       if (!decoded.ok()) return op(decoded.error());
                       Snapshot snapshot;
                       impl->Remember(*decoded, *header);
                       snapshot.batch = std::move(*decoded);
                       if (const auto& slot = (*found)[1]) {
                         auto next =
                             static_cast<std::uint32_t>(IntegerOf(*slot, "next_publication"));
                         snapshot.next_publication = std::max(1u, next);
                       }
                       Status rows = TakeRows(*found, 2, wanted, snapshot.rows);
                       if (!rows.ok()) return op(rows.error());
                       op(std::move(snapshot));
                     });
  };
  impl->WithBatch(batch, op.until, [impl, op, batch, keys, read](Result<Impl::Known> known) {
    if (!known.ok()) return op(known.error());
    std::set<std::uint32_t> wanted;
    for (std::uint32_t ordinal : keys.ordinals) {
      if (ordinal < known->expected) wanted.insert(ordinal);
    }
    if (keys.players.empty()) return read(*known, wanted);
    impl->WithPlayers(batch, op.until,
                      [op, keys, read, wanted, known = *known](auto players) mutable {
                        if (!players.ok()) return op(players.error());
                        for (const RowKeys::Player& player : keys.players) {
                          auto at = (*players)->find(PlayerKey(player.player, player.group));
                          if (at != (*players)->end()) wanted.insert(at->second);
                        }
                        read(known, wanted);
                      });
  });
}

// Goes through a batch's requests by ordinal, a few documents at a time.
struct FirestoreStore::Impl::Scan {
  BatchId batch;
  std::int64_t after = -1;
  Duration until;
  std::vector<std::string> fields;
  std::size_t documents_at_once = 1;
  // Called with each header, then with each document of requests; false: it is enough.
  std::function<Result<bool>(const fs::Document&)> header;
  std::function<Result<bool>(const fs::Document&)> rows;
  std::function<void(Status)> done;
  std::uint32_t next = 0;
};

void FirestoreStore::Impl::ScanRows(std::shared_ptr<Scan> scan) {
  WithBatch(scan->batch, scan->until, [this, scan](Result<Known> batch) {
    if (!batch.ok()) return scan->done(batch.error());
    auto from = static_cast<std::uint32_t>(std::max<std::int64_t>(scan->after + 1, 0));
    scan->next = std::max(scan->next, from / batch->rows_per_document);
    std::uint32_t all = batch->documents();
    std::uint32_t left = all > scan->next ? all - scan->next : 0;
    auto count = std::min(left, static_cast<std::uint32_t>(scan->documents_at_once));
    std::vector<std::string> names{Name(paths.Batch(scan->batch))};
    for (std::string& name : RowNames(scan->batch, scan->next, count)) {
      names.push_back(std::move(name));
    }
    scan->next += count;
    bool last = scan->next >= all;
    client.Get(std::move(names), scan->fields, scan->until,
               [this, scan, last](Result<Client::Documents> found) {
                 if (!found.ok()) return scan->done(found.error());
                 if (!found->front()) {
                   Forget(scan->batch);
                   return scan->done(NoBatch(scan->batch));
                 }
                 for (std::size_t i = 0; i < found->size(); ++i) {
                   if (!(*found)[i]) continue;
                   auto more = (i == 0 ? scan->header : scan->rows)(*(*found)[i]);
                   if (!more.ok()) return scan->done(more.error());
                   if (!*more) return scan->done(Ok());
                 }
                 if (last) return scan->done(Ok());
                 ScanRows(scan);
               });
  });
}

namespace {

// Enough documents for a page of `limit` requests, if most of them are wanted.
std::size_t DocumentsFor(std::size_t limit) {
  return std::clamp<std::size_t>(limit / kRowsPerDocument + 1, 1, 50);
}

}  // namespace

void FirestoreStore::ListRequests(BatchId batch, RequestFilter filter,
                                  DoneWith<std::vector<Request>> done) {
  auto op = impl_->Begin<std::vector<Request>>(Effect::kRead, std::move(done));
  auto found = std::make_shared<std::vector<Request>>();
  auto scan = std::make_shared<Impl::Scan>();
  scan->batch = std::move(batch);
  scan->after = filter.after;
  scan->until = op.until;
  scan->fields = {"rows", "version"};
  scan->documents_at_once = DocumentsFor(filter.limit);
  scan->header = [](const fs::Document&) -> Result<bool> { return true; };
  scan->rows = [found, filter](const fs::Document& document) -> Result<bool> {
    TIPOFF_TRY(auto rows, DecodeRows(document));
    const auto& states = filter.states;
    for (auto& [ordinal, row] : rows) {
      bool wanted =
          std::int64_t{ordinal} > filter.after &&
          (states.empty() || std::find(states.begin(), states.end(), row.state) != states.end());
      if (!wanted) continue;
      if (found->size() >= filter.limit) return false;
      found->push_back(std::move(row));
    }
    return found->size() < filter.limit;
  };
  scan->done = [op, found](Status status) {
    if (!status.ok()) return op(status.error());
    op(std::move(*found));
  };
  impl_->ScanRows(scan);
}

void FirestoreStore::ListOutbox(BatchId batch, std::int64_t after, std::size_t limit, Instant now,
                                DoneWith<std::vector<NewRequest>> done) {
  auto op = impl_->Begin<std::vector<NewRequest>>(Effect::kRead, std::move(done));
  auto found = std::make_shared<std::vector<NewRequest>>();
  auto scan = std::make_shared<Impl::Scan>();
  scan->batch = std::move(batch);
  scan->after = after;
  scan->until = op.until;
  scan->fields = {"rows", "specs", "sealed", "is_complete"};
  scan->documents_at_once = DocumentsFor(limit);
  scan->header = [](const fs::Document& header) -> Result<bool> {
    return BooleanOf(header, "sealed") && !BooleanOf(header, "is_complete");
  };
  scan->rows = [found, after, limit, now](const fs::Document& document) -> Result<bool> {
    TIPOFF_TRY(auto rows, DecodeRows(document));
    const auto& specs = MapOf(document, "specs");
    for (auto& [ordinal, row] : rows) {
      bool open = row.state == RequestState::kPending || (IsOpen(row.state) && !row.due_at.never());
      if (std::int64_t{ordinal} <= after || !open || row.due_at > now) continue;
      if (found->size() >= limit) return false;
      auto spec = specs.find(RowKey(ordinal));
      if (spec == specs.end()) return Error{Errc::kCorrupt, "a request does not say for whom"};
      TIPOFF_TRY(RequestSpec decoded, DecodeSpec(TextOf(spec->second)));
      found->push_back({std::move(row), std::move(decoded)});
    }
    return found->size() < limit;
  };
  scan->done = [op, found](Status status) {
    bool none = !status.ok() && status.error().code == Errc::kNotFound;
    if (!status.ok() && !none) return op(status.error());
    op(std::move(*found));
  };
  impl_->ScanRows(scan);
}

void FirestoreStore::LoadSpecs(BatchId batch, std::vector<std::uint32_t> ordinals,
                               DoneWith<std::vector<RequestSpec>> done) {
  auto op = impl_->Begin<std::vector<RequestSpec>>(Effect::kRead, std::move(done));
  Impl* impl = impl_.get();
  impl->WithBatch(batch, op.until, [impl, op, batch, ordinals](Result<Impl::Known> known) {
    if (!known.ok()) return op(known.error());
    std::set<std::uint32_t> wanted;
    for (std::uint32_t ordinal : ordinals) {
      if (ordinal < known->expected) wanted.insert(ordinal);
    }
    std::vector<std::string> names{impl->Name(impl->paths.Batch(batch))};
    for (std::uint32_t document : DocumentsOf(wanted, known->rows_per_document)) {
      names.push_back(impl->Name(impl->paths.Rows(batch, document)));
    }
    impl->client.Get(
        std::move(names), {"version", "specs"}, op.until,
        [impl, op, batch, ordinals](Result<Client::Documents> found) {
          if (!found.ok()) return op(found.error());
          if (!found->front()) {
            impl->Forget(batch);
            return op(NoBatch(batch));
          }
          std::map<std::uint32_t, RequestSpec> specs;
          for (const auto& document : *found) {
            if (!document) continue;
            auto there = DecodeSpecs(*document);
            if (!there.ok()) return op(there.error());
            specs.merge(*there);
          }
          std::vector<RequestSpec> answer;
          for (std::uint32_t ordinal : ordinals) {
            auto spec = specs.find(ordinal);
            if (spec == specs.end()) {
              return op(Error{Errc::kNotFound,
                              fmt::format("batch '{}' has no request {}", batch.str(), ordinal)});
            }
            answer.push_back(spec->second);
          }
          op(std::move(answer));
        });
  });
}

// Entries are numbered without gaps, so they are read by name.
void FirestoreStore::ReadJournal(BatchId batch, std::uint64_t after, std::size_t limit,
                                 DoneWith<std::vector<JournalRecord>> done) {
  auto op = impl_->Begin<std::vector<JournalRecord>>(Effect::kRead, std::move(done));
  Impl* impl = impl_.get();
  impl->ReadBatch(batch, op.until, [impl, op, batch, after, limit](Result<Impl::Known> known) {
    if (!known.ok()) return op(known.error());
    // A shorter page than was asked for would be taken for the last one.
    static_assert(limits::kJournalPerPage <= kDocumentsPerRead);
    std::size_t most = std::min(limit, limits::kJournalPerPage);
    std::vector<std::string> names;
    for (std::uint64_t seq = after + 1; seq <= known->version && names.size() < most; ++seq) {
      names.push_back(impl->Name(impl->paths.Journal(batch, seq)));
    }
    if (names.empty()) return op(std::vector<JournalRecord>());
    impl->client.Get(std::move(names), {}, op.until, [op](Result<Client::Documents> found) {
      if (!found.ok()) return op(found.error());
      std::vector<JournalRecord> records;
      for (const auto& document : *found) {
        if (document) records.push_back(DecodeJournalRecord(*document));
      }
      op(std::move(records));
    });
  });
}

}  // namespace tipoff
