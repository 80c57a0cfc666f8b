// Staged results: a document each, made once.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "store/firestore/impl.h"
#include "store/firestore/limits.h"
#include "store/firestore/queries.h"

namespace tipoff {

using namespace firestore;  // NOLINT: its own folder's parts.

struct FirestoreStore::Impl::Staging {
  Op<std::vector<Completion>> op;
  std::vector<StagedResult> results;
  std::vector<Completion> stored;            // One for each result.
  std::map<std::string, std::size_t> first;  // By document, the first result of it.
  std::size_t next = 0;
};

void FirestoreStore::Stage(std::vector<StagedResult> results,
                           DoneWith<std::vector<Completion>> done) {
  auto staging = std::make_shared<Impl::Staging>();
  staging->op = impl_->Begin<std::vector<Completion>>(Effect::kWrite, std::move(done));
  staging->results = std::move(results);
  std::set<std::string> batches;
  for (const StagedResult& result : staging->results) {
    staging->stored.push_back(result.outcome);
    batches.insert(impl_->Name(impl_->paths.Batch(result.batch)));
  }
  if (batches.empty()) return staging->op(std::vector<Completion>());
  impl_->client.Get(
      {batches.begin(), batches.end()}, {"version"}, staging->op.until,
      [impl = impl_.get(), staging](Result<Client::Documents> found) {
        if (!found.ok()) return staging->op(found.error());
        for (const auto& header : *found) {
          if (header) continue;
          return staging->op(Error{Errc::kNotFound, "there is no such batch to stage results of"});
        }
        impl->StageNext(staging);
      });
}

// Writes the next results, as many as one call takes.
void FirestoreStore::Impl::StageNext(const std::shared_ptr<Staging>& staging) {
  const auto& results = staging->results;
  std::vector<fs::Write> writes;
  std::vector<std::size_t> written;
  std::size_t bytes = 0;
  for (; staging->next < results.size() && writes.size() < kDocumentsPerPage; ++staging->next) {
    const StagedResult& result = results[staging->next];
    auto ordinal = static_cast<std::uint64_t>(result.outcome.ordinal);
    std::string name = Name(paths.Staged(result.batch, ordinal));
    auto [first, fresh] = staging->first.emplace(name, staging->next);
    if (!fresh) continue;  // Twice in one call: the first of them stays.
    fs::Document document = StagedDocument(result, client.Now());
    document.set_name(name);
    std::size_t size = document.ByteSizeLong();
    if (size > kDocumentBytes) {
      return staging->op(Error{Errc::kExhausted,
                               fmt::format("the predictions of request {} of batch '{}' are larger "
                                           "than Firestore's 1 MiB",
                                           ordinal, result.batch.str())});
    }
    if (!writes.empty() && bytes + size > kCommitBytes / 2) {
      staging->first.erase(first);
      break;
    }
    bytes += size;
    writes.push_back(PutNew(std::move(document)));
    written.push_back(staging->next);
  }
  if (writes.empty()) {
    for (std::size_t i = 0; i < results.size(); ++i) {
      auto ordinal = static_cast<std::uint64_t>(results[i].outcome.ordinal);
      std::string name = Name(paths.Staged(results[i].batch, ordinal));
      staging->stored[i] = staging->stored[staging->first.at(name)];
    }
    return staging->op(std::move(staging->stored));
  }
  client.CreateEach(std::move(writes), staging->op.until,
                    [this, staging, written](Result<std::vector<bool>> made) {
                      if (!made.ok()) return staging->op(made.error());
                      std::vector<std::size_t> there;
                      for (std::size_t i = 0; i < written.size(); ++i) {
                        if (i >= made->size() || !(*made)[i]) there.push_back(written[i]);
                      }
                      if (there.empty()) return StageNext(staging);
                      ReadFirst(staging, std::move(there));
                    });
}

// These were staged before: what is stored is the answer.
void FirestoreStore::Impl::ReadFirst(const std::shared_ptr<Staging>& staging,
                                     std::vector<std::size_t> there) {
  std::vector<std::string> names;
  for (std::size_t i : there) {
    const StagedResult& result = staging->results[i];
    names.push_back(
        Name(paths.Staged(result.batch, static_cast<std::uint64_t>(result.outcome.ordinal))));
  }
  client.Get(std::move(names), {}, staging->op.until,
             [this, staging, there](Result<Client::Documents> found) {
               if (!found.ok()) return staging->op(found.error());
               for (std::size_t k = 0; k < there.size(); ++k) {
                 Completion& stored = staging->stored[there[k]];
                 const auto& document = (*found)[k];
                 auto first = document ? DecodeStaged(*document, staging->results[there[k]].batch)
                                       : Error{Errc::kUnknownOutcome, "a staged result is gone"};
                 if (!first.ok()) return staging->op(first.error());
                 Completion outcome = std::move(first->outcome);
                 outcome.player = stored.player;
                 outcome.group = stored.group;
                 outcome.reported_at = stored.reported_at;
                 stored = std::move(outcome);
               }
               StageNext(staging);
             });
}

void FirestoreStore::ListStaged(BatchId batch, std::int64_t after, std::size_t limit,
                                std::vector<std::uint32_t> ordinals,
                                DoneWith<std::vector<StagedResult>> done) {
  auto op = impl_->Begin<std::vector<StagedResult>>(Effect::kRead, std::move(done));
  Impl* impl = impl_.get();
  auto answer = [op, batch](const Client::Documents& documents) {
    std::vector<StagedResult> staged;
    for (const auto& document : documents) {
      if (!document) continue;
      auto result = DecodeStaged(*document, batch);
      if (!result.ok()) return op(result.error());
      staged.push_back(std::move(*result));
    }
    op(std::move(staged));
  };
  impl->WithBatch(batch, op.until, [=, ordinals = std::move(ordinals)](Result<Impl::Known> known) {
    if (!known.ok()) return op(known.error());
    if (!ordinals.empty()) {
      std::vector<std::string> names;
      for (std::uint32_t ordinal : ordinals) {
        names.push_back(impl->Name(impl->paths.Staged(batch, ordinal)));
      }
      impl->client.Get(std::move(names), {}, op.until, [op, answer](auto found) {
        if (!found.ok()) return op(found.error());
        answer(*found);
      });
      return;
    }
    QuerySpec spec{.collection = kStaged, .order = "ordinal", .limit = limit};
    if (after >= 0) spec.above = Integer(after);
    impl->client.Query(impl->Name(impl->paths.Batch(batch)), MakeQuery(spec), op.until,
                       [op, answer](Result<std::vector<fs::Document>> found) {
                         if (!found.ok()) return op(found.error());
                         answer({found->begin(), found->end()});
                       });
  });
}

}  // namespace tipoff
