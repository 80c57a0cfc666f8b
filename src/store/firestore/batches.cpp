// Creating a batch and committing to it: one atomic call each, guarded by update times.
#include <fmt/format.h>

#include <algorithm>

#include "store/codec.h"
#include "store/firestore/impl.h"
#include "store/firestore/limits.h"

namespace tipoff {

using namespace firestore;  // NOLINT: its own folder's parts.

namespace {

void Set(fs::Document& document, const std::string& field, fs::Value value) {
  (*document.mutable_fields())[field] = std::move(value);
}

void Append(fs::Write& write, const char* field, const std::vector<std::string>& names) {
  if (names.empty()) return;
  auto* transform = write.add_update_transforms();
  transform->set_field_path(field);
  *transform->mutable_append_missing_elements() = Texts(names).array_value();
}

// A part of a row document, set beside what is there.
void SetPart(fs::Write& write, const char* map, std::uint32_t ordinal, fs::Value value) {
  std::string key = RowKey(ordinal);
  auto& field = (*write.mutable_update()->mutable_fields())[map];
  (*field.mutable_map_value()->mutable_fields())[key] = std::move(value);
  write.mutable_update_mask()->add_field_paths(fmt::format("{}.{}", map, key));
}

Error Stale(const Batch& next) {
  return {Errc::kConflict,
          fmt::format("batch '{}' is no longer at version {}", next.id.str(), next.version - 1)};
}

bool GuardFailed(const Error& error) {
  return error.code == Errc::kConflict || error.code == Errc::kExists ||
         error.code == Errc::kNotFound;
}

}  // namespace

struct FirestoreStore::Impl::Creation {
  Op<CreateOutcome> op;
  BatchCommit created;
  std::optional<BatchCommit> superseded;
  std::uint32_t rows_per_document = 1;
  Known old;  // Of `superseded`, as just read.
  int tries = 0;

  const Batch& batch() const { return created.next; }
  bool live() const { return !IsTerminal(created.next.phase); }
};

// What is read before a batch is created, in this order.
enum : std::size_t {
  kSlotRead,
  kHeaderRead,
  kSupersededRead,
};

void FirestoreStore::Create(BatchCommit created, std::optional<BatchCommit> superseded,
                            DoneWith<CreateOutcome> done) {
  auto creation = std::make_shared<Impl::Creation>();
  creation->op = impl_->Begin<CreateOutcome>(Effect::kWrite, std::move(done));
  auto rows = RowsPerDocument(created.next.expected());
  if (!rows.ok()) return creation->op(rows.error());
  creation->rows_per_document = *rows;
  creation->created = std::move(created);
  creation->superseded = std::move(superseded);
  impl_->TryCreate(creation);
}

void FirestoreStore::Impl::TryCreate(const std::shared_ptr<Creation>& creation) {
  ++creation->tries;
  const Batch& batch = creation->batch();
  std::vector<std::string> names{Name(paths.Slot(batch.slot)), Name(paths.Batch(batch.id))};
  if (creation->superseded) names.push_back(Name(paths.Batch(creation->superseded->next.id)));
  std::vector<std::string> fields = HeaderFields();
  fields.insert(fields.end(), {"holder", "next_publication"});
  client.Get(std::move(names), std::move(fields), creation->op.until,
             [this, creation](Result<Client::Documents> found) {
               if (!found.ok()) return creation->op(found.error());
               DecideCreate(creation, std::move(*found));
             });
}

void FirestoreStore::Impl::DecideCreate(const std::shared_ptr<Creation>& creation,
                                        Client::Documents found) {
  const auto& superseded = creation->superseded;
  if (superseded) {
    const auto& header = found[kSupersededRead];
    if (!header) return creation->op(NoBatch(superseded->next.id));
    auto old = DecodeHeader(*header);
    if (!old.ok()) return creation->op(old.error());
    if (old->version + 1 != superseded->next.version) return creation->op(Stale(superseded->next));
    creation->old = Remember(*old, *header);
  }
  const auto& slot = found[kSlotRead];
  BatchId holder(slot && creation->live() ? TextOf(*slot, "holder") : "");
  bool replaced = superseded && superseded->next.id == holder;
  if (holder.empty() || replaced) {
    if (!found[kHeaderRead]) return WriteCreate(creation, found);
    return creation->op(
        Error{Errc::kExists, fmt::format("batch '{}' exists already", creation->batch().id.str())});
  }
  if (superseded) {
    return creation->op(Error{Errc::kConflict, "another batch has taken the slot"});
  }
  // A header that somebody removed by hand holds no slot for ever.
  client.Get({Name(paths.Batch(holder))}, {"version"}, creation->op.until,
             [this, creation, holder, found = std::move(found)](Result<Client::Documents> held) {
               if (!held.ok()) return creation->op(held.error());
               if (held->front()) return creation->op(CreateOutcome{false, holder});
               WriteCreate(creation, found);
             });
}

void FirestoreStore::Impl::WriteCreate(const std::shared_ptr<Creation>& creation,
                                       const Client::Documents& found) {
  const Batch& batch = creation->batch();
  const auto& superseded = creation->superseded;
  fs::Document header = HeaderDocument(batch, client.Now());
  header.set_name(Name(paths.Batch(batch.id)));
  AddCreated(batch, creation->rows_per_document, header);
  std::vector<fs::Write> writes{PutNew(std::move(header))};
  auto add = [&writes](std::vector<fs::Write> more) {
    writes.insert(writes.end(), std::make_move_iterator(more.begin()),
                  std::make_move_iterator(more.end()));
  };
  add(Writes(creation->created, creation->rows_per_document));
  if (superseded) {
    writes.push_back(Header(*superseded, creation->old.update_time));
    add(Writes(*superseded, creation->old.rows_per_document));
  }
  if (creation->live()) {
    fs::Document slot;
    slot.set_name(Name(paths.Slot(batch.slot)));
    Set(slot, "holder", Text(batch.id.str()));
    // The superseded batch may have been about to end, and published: its number is taken.
    bool published = superseded && superseded->next.slot == batch.slot &&
                     superseded->next.publication > 0 && !creation->old.terminal;
    if (published) {
      Set(slot, "next_publication", Integer(superseded->next.publication + 1));
    }
    if (found[kSlotRead]) {
      writes.push_back(Merge(std::move(slot)));
      Guard(writes.back(), found[kSlotRead]->update_time());
    } else {
      Set(slot, "game_date", Text(FormatDay(batch.slot.game_date)));
      Set(slot, "dataset", Text(batch.slot.dataset));
      if (!published) Set(slot, "next_publication", Integer(1));
      writes.push_back(PutNew(std::move(slot)));
    }
  }
  bool elsewhere = superseded && (!creation->live() || superseded->next.slot != batch.slot);
  if (elsewhere && IsTerminal(superseded->next.phase) && !creation->old.terminal) {
    writes.push_back(FreeSlot(superseded->next));
  }
  client.Commit(std::move(writes), Effect::kWrite, creation->op.until,
                [this, creation](Result<Client::Times> times) {
                  if (creation->superseded) Forget(creation->superseded->next.id);
                  if (times.ok()) {
                    fs::Document written;
                    Set(written, "rows_per_document", Integer(creation->rows_per_document));
                    *written.mutable_update_time() = times->front();
                    Remember(creation->batch(), written);
                    return creation->op(CreateOutcome{true, creation->batch().id});
                  }
                  if (!GuardFailed(times.error())) return creation->op(times.error());
                  if (creation->tries >= kDecideTries) {
                    return creation->op(Error{Errc::kConflict, "others keep writing to the slot"});
                  }
                  client.Later(PauseBefore(creation->tries),
                               [this, creation] { TryCreate(creation); });
                });
}

// Rows, journal, announcements and records of a commit: all but the header.
std::vector<fs::Write> FirestoreStore::Impl::Writes(const BatchCommit& commit,
                                                    std::uint32_t rows_per_document) {
  const BatchId& id = commit.next.id;
  std::map<std::uint32_t, fs::Write> documents;
  for (const Request& row : commit.rows) {
    fs::Write& write = documents[row.ordinal / rows_per_document];
    GuardExists(write);
    SetPart(write, "rows", row.ordinal, EncodeRow(row));
  }
  for (const NewRequest& request : commit.new_rows) {
    const Request& row = request.row;
    fs::Write& write = documents[row.ordinal / rows_per_document];
    write.clear_current_document();
    SetPart(write, "rows", row.ordinal, EncodeRow(row));
    SetPart(write, "specs", row.ordinal, Text(EncodeSpec(request.spec)));
    SetPart(write, "players", row.ordinal, Text(PlayerKey(row.player, row.group)));
  }
  std::vector<fs::Write> writes;
  for (auto& [number, write] : documents) {
    write.mutable_update()->set_name(Name(paths.Rows(id, number)));
    writes.push_back(std::move(write));
  }
  auto put = [this, &writes](fs::Document document, const std::string& path) {
    document.set_name(Name(path));
    writes.push_back(Put(std::move(document)));
  };
  put(JournalDocument(commit.next, commit.journal), paths.Journal(id, commit.next.version));
  for (const Announcement& announcement : commit.announcements) {
    put(AnnouncementDocument(announcement), paths.Announcement(announcement.id));
  }
  for (Record record : commit.records) {
    record.at = client.Now();
    put(RecordDocument(record), paths.Record(record.kind, record.id));
  }
  return writes;
}

fs::Write FirestoreStore::Impl::Header(const BatchCommit& commit, const UpdateTime& update_time) {
  fs::Document header = HeaderDocument(commit.next, client.Now());
  header.set_name(Name(paths.Batch(commit.next.id)));
  fs::Write write = Merge(std::move(header));
  Guard(write, update_time);
  if (commit.next.expected() <= kNamesKept) {
    Names names = NamesIn(commit.rows);
    Append(write, "completed_players", names.completed);
    Append(write, "failed_players", names.failed);
  }
  return write;
}

fs::Write FirestoreStore::Impl::FreeSlot(const Batch& ended) const {
  fs::Document slot;
  slot.set_name(Name(paths.Slot(ended.slot)));
  Set(slot, "holder", Text(""));
  if (ended.publication > 0) Set(slot, "next_publication", Integer(ended.publication + 1));
  return Merge(std::move(slot));
}

void FirestoreStore::Commit(BatchCommit commit, DoneWith<Done> done) {
  auto op = impl_->Begin<Done>(Effect::kWrite, std::move(done));
  auto shared = std::make_shared<const BatchCommit>(std::move(commit));
  const Impl::Known* known = impl_->Find(shared->next.id);
  if (known != nullptr && known->version + 1 == shared->next.version) {
    return impl_->Write(op, shared, *known);
  }
  impl_->ReadBatch(shared->next.id, op.until,
                   [impl = impl_.get(), op, shared](Result<Impl::Known> read) {
                     if (!read.ok()) return op(read.error());
                     if (read->version + 1 != shared->next.version) return op(Stale(shared->next));
                     impl->Write(op, shared, *read);
                   });
}

void FirestoreStore::Impl::Write(const Op<Done>& op, std::shared_ptr<const BatchCommit> commit,
                                 const Known& read) {
  const Batch& next = commit->next;
  std::vector<fs::Write> writes{Header(*commit, read.update_time)};
  for (fs::Write& write : Writes(*commit, read.rows_per_document)) {
    writes.push_back(std::move(write));
  }
  // Only a live batch holds its slot, so nobody else has numbered a publication meanwhile.
  if (IsTerminal(next.phase) && !read.terminal) writes.push_back(FreeSlot(next));
  client.Commit(std::move(writes), Effect::kWrite, op.until,
                [this, op, commit = std::move(commit),
                 rows = read.rows_per_document](Result<Client::Times> times) {
                  const Batch& written = commit->next;
                  if (times.ok()) {
                    fs::Document header;
                    Set(header, "rows_per_document", Integer(rows));
                    *header.mutable_update_time() = times->front();
                    Remember(written, header);
                    return op(Done{});
                  }
                  Forget(written.id);
                  op(GuardFailed(times.error()) ? Stale(written) : times.error());
                });
}

}  // namespace tipoff
