#include "store/firestore/documents.h"

#include <fmt/format.h>
#include <zlib.h>

#include "base/json.h"
#include "store/codec.h"
#include "store/firestore/queries.h"

namespace tipoff::firestore {
namespace {

// What a packed slate may grow to: far more than any day has.
constexpr std::size_t kUnpackedBytes = 64u << 20;

std::string Pack(const std::string& text) {
  uLongf size = compressBound(text.size());
  std::string packed(size, '\0');
  int result = compress2(reinterpret_cast<Bytef*>(packed.data()), &size,
                         reinterpret_cast<const Bytef*>(text.data()), text.size(), 6);
  TIPOFF_CHECK(result == Z_OK, "zlib can't pack a slate");
  packed.resize(size);
  return packed;
}

Result<std::string> Unpack(const std::string& packed, std::int64_t bytes) {
  Error bad{Errc::kCorrupt, "slate: its packed text is damaged"};
  if (bytes < 0 || static_cast<std::size_t>(bytes) > kUnpackedBytes) return bad;
  std::string text(static_cast<std::size_t>(bytes), '\0');
  uLongf size = text.size();
  int result = uncompress(reinterpret_cast<Bytef*>(text.data()), &size,
                          reinterpret_cast<const Bytef*>(packed.data()), packed.size());
  if (result != Z_OK || size != text.size()) return bad;
  return text;
}

void Set(fs::Document& document, const char* field, fs::Value value) {
  (*document.mutable_fields())[field] = std::move(value);
}

}  // namespace

std::string Paths::Batch(const BatchId& batch) const {
  return Collection(kBatches) + "/" + SafeId(batch.str());
}
std::string Paths::Rows(const BatchId& batch, std::uint32_t document) const {
  return fmt::format("{}/{}/{}", Batch(batch), kRequests, NumberId(document));
}
std::string Paths::Journal(const BatchId& batch, std::uint64_t seq) const {
  return fmt::format("{}/{}/{}", Batch(batch), kJournal, NumberId(seq));
}
std::string Paths::Staged(const BatchId& batch, std::uint64_t ordinal) const {
  return fmt::format("{}/{}/{}", Batch(batch), kStaged, NumberId(ordinal));
}
std::string Paths::Slot(const tipoff::Slot& slot) const {
  std::string id = FormatDay(slot.game_date);
  if (!slot.dataset.empty()) id += "~" + SafeId(slot.dataset);
  return Collection("tipoff_slots") + "/" + id;
}
std::string Paths::Lease(const std::string& name) const {
  return Collection("tipoff_leases") + "/" + SafeId(name);
}
std::string Paths::Announcement(const std::string& id) const {
  return Collection(kAnnouncements) + "/" + SafeId(id);
}
std::string Paths::Records(const std::string& kind) const {
  return Collection("tipoff_records") + "/" + SafeId(kind);
}
std::string Paths::Record(const std::string& kind, const std::string& id) const {
  return fmt::format("{}/{}/{}", Records(kind), kEntries, SafeId(id));
}
std::string Paths::Slate(Day game_date) const {
  return Collection("tipoff_slates") + "/" + FormatDay(game_date);
}
std::string Paths::Quarantine(const std::string& id) const {
  return Collection(kQuarantine) + "/" + id;
}

fs::Document JournalDocument(const Batch& next, const std::string& text) {
  fs::Document document;
  Set(document, "seq", Integer(static_cast<std::int64_t>(next.version)));
  Set(document, "text", Text(text));
  Set(document, "hash", Text(next.journal_hash));
  return document;
}

JournalRecord DecodeJournalRecord(const fs::Document& document) {
  return {static_cast<std::uint64_t>(IntegerOf(document, "seq")), TextOf(document, "text"),
          TextOf(document, "hash")};
}

fs::Document StagedDocument(const StagedResult& result, Instant now) {
  const Completion& outcome = result.outcome;
  fs::Document document;
  Set(document, "ordinal", Integer(outcome.ordinal));
  Set(document, "status", Text(ToString(outcome.status)));
  Set(document, "predictions", Integer(outcome.predictions));
  Set(document, "attempt", Integer(outcome.attempt));
  Set(document, "reason", Text(outcome.reason));
  Set(document, "worker", Text(outcome.worker));
  Set(document, "worker_version", Text(outcome.worker_version));
  Set(document, "data_version", Text(result.data_version));
  Set(document, "staged_at", Time(now));
  Set(document, "body", Text(EncodePredictions(result.predictions)));
  return document;
}

Result<StagedResult> DecodeStaged(const fs::Document& document, const BatchId& batch) {
  StagedResult staged;
  staged.batch = batch;
  staged.outcome.ordinal = IntegerOf(document, "ordinal");
  TIPOFF_TRY(staged.outcome.status, ParseRequestState(TextOf(document, "status")));
  staged.outcome.predictions = static_cast<std::int32_t>(IntegerOf(document, "predictions"));
  staged.outcome.attempt = static_cast<std::uint16_t>(IntegerOf(document, "attempt"));
  staged.outcome.reason = TextOf(document, "reason");
  staged.outcome.worker = TextOf(document, "worker");
  staged.outcome.worker_version = TextOf(document, "worker_version");
  staged.data_version = TextOf(document, "data_version");
  staged.staged_at = TimeOf(document, "staged_at");
  TIPOFF_TRY(staged.predictions, DecodePredictions(TextOf(document, "body")));
  return staged;
}

fs::Document AnnouncementDocument(const Announcement& announcement) {
  fs::Document document;
  Set(document, "id", Text(announcement.id));
  Set(document, "batch", Text(announcement.batch.str()));
  Set(document, "target", Text(announcement.target));
  Set(document, "kind", Text(announcement.kind));
  Set(document, "detail", Text(announcement.detail));
  Set(document, "recorded_at", Time(announcement.recorded_at));
  Set(document, "tries", Integer(announcement.tries));
  Set(document, "due_at", Time(announcement.due_at));
  Set(document, "sent_at", Time(announcement.sent_at));
  Set(document, "dead", Boolean(announcement.dead));
  Set(document, "last_error", Text(announcement.last_error));
  Set(document, kFoundBy, Texts(FoundBy(announcement)));
  return document;
}

Announcement DecodeAnnouncement(const fs::Document& document) {
  Announcement found;
  found.id = TextOf(document, "id");
  found.batch = BatchId(TextOf(document, "batch"));
  found.target = TextOf(document, "target");
  found.kind = TextOf(document, "kind");
  found.detail = TextOf(document, "detail");
  found.recorded_at = TimeOf(document, "recorded_at");
  found.tries = static_cast<int>(IntegerOf(document, "tries"));
  found.due_at = TimeOf(document, "due_at");
  found.sent_at = TimeOf(document, "sent_at");
  found.dead = BooleanOf(document, "dead");
  found.last_error = TextOf(document, "last_error");
  return found;
}

fs::Document RecordDocument(const Record& record) {
  fs::Document document;
  Set(document, "kind", Text(record.kind));
  Set(document, "id", Text(record.id));
  Set(document, "at", Time(record.at));
  Set(document, "body", Text(record.body));
  return document;
}

Record DecodeRecord(const fs::Document& document) {
  return {TextOf(document, "kind"), TextOf(document, "id"), TimeOf(document, "at"),
          TextOf(document, "body")};
}

fs::Document SlateDocument(const Slate& slate) {
  std::string text = EncodeSlate(slate);
  fs::Document document;
  Set(document, "game_date", Text(FormatDay(slate.game_date)));
  Set(document, "as_of", Time(slate.as_of));
  Set(document, "players", Integer(static_cast<std::int64_t>(slate.players.size())));
  Set(document, "bytes", Integer(static_cast<std::int64_t>(text.size())));
  Set(document, "body", Bytes(Pack(text)));
  return document;
}

Result<Slate> DecodeSlateDocument(const fs::Document& document) {
  TIPOFF_TRY(std::string text, Unpack(TextOf(document, "body"), IntegerOf(document, "bytes")));
  return DecodeSlate(text);
}

fs::Document LeaseDocument(const LeaseGrant& grant) {
  fs::Document document;
  Set(document, "owner", Text(grant.holder.str()));
  Set(document, "token", Integer(static_cast<std::int64_t>(grant.token)));
  Set(document, "until", Time(grant.until));
  return document;
}

LeaseGrant DecodeLease(const fs::Document& document) {
  LeaseGrant grant;
  grant.holder = Incarnation(TextOf(document, "owner"));
  grant.token = static_cast<std::uint64_t>(IntegerOf(document, "token"));
  grant.until = TimeOf(document, "until");
  return grant;
}

fs::Document QuarantinedDocument(const Quarantined& message, std::int64_t order) {
  fs::Document document;
  Set(document, "order", Integer(order));
  Set(document, "at", Time(message.at));
  Set(document, "topic", Text(message.topic));
  Set(document, "reason", Text(message.reason));
  Set(document, "body", Bytes(message.body));
  return document;
}

Quarantined DecodeQuarantined(const fs::Document& document) {
  return {TimeOf(document, "at"), TextOf(document, "topic"), TextOf(document, "reason"),
          TextOf(document, "body")};
}

}  // namespace tipoff::firestore
