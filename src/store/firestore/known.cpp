// What one process remembers about batches, and how it learns it.
#include <fmt/format.h>

#include <algorithm>

#include "store/firestore/impl.h"
#include "store/firestore/limits.h"

namespace tipoff {

namespace firestore {

Error NoBatch(const BatchId& batch) {
  return {Errc::kNotFound, fmt::format("there is no batch '{}'", batch.str())};
}

Duration PauseBefore(int tries) {
  if (tries <= 1) return Duration(0);
  return gcloud::kFirstPause * (1 << (tries - 2));
}

const std::vector<std::string>& HeaderFields() {
  static const std::vector<std::string> fields{"header", "number", "rows_per_document"};
  return fields;
}

}  // namespace firestore

using firestore::NoBatch;

std::vector<std::string> FirestoreStore::Impl::RowNames(const BatchId& batch, std::uint32_t first,
                                                        std::uint32_t count) const {
  std::vector<std::string> names;
  for (std::uint32_t i = first; i < first + count; ++i) {
    names.push_back(Name(paths.Rows(batch, i)));
  }
  return names;
}

FirestoreStore::Impl::Known* FirestoreStore::Impl::Find(const BatchId& batch) {
  auto found = known.find(batch);
  if (found == known.end()) return nullptr;
  found->second.used = ++uses;
  return &found->second;
}

FirestoreStore::Impl::Known& FirestoreStore::Impl::Remember(const Batch& batch,
                                                            const fs::Document& header) {
  if (known.size() >= firestore::kBatchesKnown && !known.contains(batch.id)) {
    auto older = [](const auto& a, const auto& b) { return a.second.used < b.second.used; };
    known.erase(std::min_element(known.begin(), known.end(), older));
  }
  Known& entry = known[batch.id];
  entry.used = ++uses;
  entry.slot = batch.slot;
  entry.expected = batch.expected();
  auto rows = firestore::IntegerOf(header, "rows_per_document");
  entry.rows_per_document = std::max<std::uint32_t>(1, static_cast<std::uint32_t>(rows));
  entry.sealed = batch.sealed;
  entry.version = batch.version;
  entry.update_time = header.update_time();
  entry.terminal = IsTerminal(batch.phase);
  return entry;
}

void FirestoreStore::Impl::WithBatch(const BatchId& batch, Duration until,
                                     std::function<void(Result<Known>)> next) {
  if (const Known* entry = Find(batch)) {
    next(*entry);
    return;
  }
  ReadBatch(batch, until, std::move(next));
}

void FirestoreStore::Impl::ReadBatch(const BatchId& batch, Duration until,
                                     std::function<void(Result<Known>)> next) {
  client.Get({Name(paths.Batch(batch))}, firestore::HeaderFields(), until,
             [this, batch, next = std::move(next)](Result<Client::Documents> found) {
               if (!found.ok()) return next(found.error());
               const auto& header = found->front();
               if (!header) {
                 Forget(batch);
                 return next(NoBatch(batch));
               }
               auto decoded = firestore::DecodeHeader(*header);
               if (!decoded.ok()) return next(decoded.error());
               next(Remember(*decoded, *header));
             });
}

void FirestoreStore::Impl::WithPlayers(
    const BatchId& batch, Duration until,
    std::function<void(Result<std::shared_ptr<const Players>>)> next) {
  const Known* entry = Find(batch);
  TIPOFF_CHECK(entry != nullptr, "the players of a batch that was not looked up");
  if (entry->players != nullptr) return next(entry->players);
  bool sealed = entry->sealed;
  client.Get(RowNames(batch, 0, entry->documents()), {"players"}, until,
             [this, batch, sealed, next = std::move(next)](Result<Client::Documents> found) {
               if (!found.ok()) return next(found.error());
               auto players = std::make_shared<Players>();
               for (const auto& document : *found) {
                 if (!document) continue;
                 for (const auto& [key, value] : firestore::MapOf(*document, "players")) {
                   std::int64_t ordinal = firestore::OrdinalOf(key);
                   if (ordinal < 0) continue;
                   (*players)[firestore::TextOf(value)] = static_cast<std::uint32_t>(ordinal);
                 }
               }
               Known* now = Find(batch);
               if (sealed && now != nullptr) now->players = players;
               next(std::shared_ptr<const Players>(players));
             });
}

}  // namespace tipoff
