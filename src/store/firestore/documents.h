// What the store keeps, as Firestore documents and back. docs/storage.md has the layout.
#pragma once

#include <google/firestore/v1/document.pb.h>

#include <map>
#include <string>
#include <vector>

#include "store/firestore/values.h"
#include "store/store.h"

namespace tipoff::firestore {

// Where things lie, as paths below the database.
class Paths {
 public:
  explicit Paths(std::string prefix) : prefix_(std::move(prefix)) {}

  std::string Collection(std::string_view name) const { return prefix_ + std::string(name); }
  std::string Batch(const BatchId& batch) const;
  std::string Rows(const BatchId& batch, std::uint32_t document) const;
  std::string Journal(const BatchId& batch, std::uint64_t seq) const;
  std::string Staged(const BatchId& batch, std::uint64_t ordinal) const;
  std::string Slot(const tipoff::Slot& slot) const;
  std::string Lease(const std::string& name) const;
  std::string Announcement(const std::string& id) const;
  std::string Records(const std::string& kind) const;  // The parent of a kind's entries.
  std::string Record(const std::string& kind, const std::string& id) const;
  std::string Slate(Day game_date) const;
  std::string Quarantine(const std::string& id) const;

 private:
  std::string prefix_;
};

inline constexpr char kBatches[] = "prediction_batches";
inline constexpr char kRequests[] = "tipoff_requests";  // Below a batch, as the next two.
inline constexpr char kJournal[] = "tipoff_journal";
inline constexpr char kStaged[] = "tipoff_staged";
inline constexpr char kEntries[] = "tipoff_entries";  // Below a kind of records.
inline constexpr char kAnnouncements[] = "tipoff_announcements";
inline constexpr char kQuarantine[] = "tipoff_quarantine";

// --- headers -------------------------------------------------------------------------------------

// What a header document says of a batch: the platform's fields, ours, and the whole in `header`.
// All but what never changes, and the arrays of names, which grow by transforms.
fs::Document HeaderDocument(const Batch& batch, Instant now);
// What is written once: `number`, `rows_per_document`, created_at, empty arrays.
void AddCreated(const Batch& batch, std::uint32_t rows_per_document, fs::Document& document);
// The whole header. kCorrupt says what can't be read.
Result<Batch> DecodeHeader(const fs::Document& document);

// How many requests one document of this batch holds. kExhausted: it is too large for Firestore.
Result<std::uint32_t> RowsPerDocument(std::uint32_t expected);

// Who is done, for the platform's arrays: players of succeeded and skipped rows, of failed rows.
struct Names {
  std::vector<std::string> completed;
  std::vector<std::string> failed;
};
Names NamesIn(const std::vector<Request>& rows);

// --- requests ------------------------------------------------------------------------------------

// "r12": what a row is called in the maps of its document. Never made from a name.
std::string RowKey(std::uint32_t ordinal);
// The ordinal of such a key; -1 for any other.
std::int64_t OrdinalOf(std::string_view key);

fs::Value EncodeRow(const Request& row);
Result<Request> DecodeRow(std::uint32_t ordinal, const fs::Value& value);
// By what a row's player is looked up.
std::string PlayerKey(const PlayerId& player, const std::string& group);

// The rows of one document by ordinal; likewise what they ask for.
Result<std::map<std::uint32_t, Request>> DecodeRows(const fs::Document& document);
Result<std::map<std::uint32_t, RequestSpec>> DecodeSpecs(const fs::Document& document);

// --- everything else -----------------------------------------------------------------------------

fs::Document JournalDocument(const Batch& next, const std::string& text);
JournalRecord DecodeJournalRecord(const fs::Document& document);

fs::Document StagedDocument(const StagedResult& result, Instant now);
Result<StagedResult> DecodeStaged(const fs::Document& document, const BatchId& batch);

fs::Document AnnouncementDocument(const Announcement& announcement);
Announcement DecodeAnnouncement(const fs::Document& document);

fs::Document RecordDocument(const Record& record);
Record DecodeRecord(const fs::Document& document);

// The slate packed by zlib: a day of 450 players with the lines of ten bookmakers is 30 KB.
fs::Document SlateDocument(const Slate& slate);
Result<Slate> DecodeSlateDocument(const fs::Document& document);

fs::Document LeaseDocument(const LeaseGrant& grant);
LeaseGrant DecodeLease(const fs::Document& document);

// `order`: they sort by it, the newest last.
fs::Document QuarantinedDocument(const Quarantined& message, std::int64_t order);
Quarantined DecodeQuarantined(const fs::Document& document);

}  // namespace tipoff::firestore
