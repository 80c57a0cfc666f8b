// The queries that this store asks, and the indexes that they need. Firestore refuses a query
// without its index (the emulator does not), so all of them have one of few shapes: documents carry
// in the array `found_by` what they are found by, and one index serves "found by X, in order".
#pragma once

#include <google/firestore/v1/query.pb.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/store.h"

namespace tipoff::firestore {

namespace fs = ::google::firestore::v1;

inline constexpr char kFoundBy[] = "found_by";

struct QuerySpec {
  std::string collection;
  std::string found_by;  // "": any document that has the field `order`.
  std::string order;     // "": in no order.
  bool descending = false;
  // Bounds of the field `order`, themselves excluded unless `at_most`.
  std::optional<fs::Value> above;
  std::optional<fs::Value> below;
  std::optional<fs::Value> at_most;
  std::size_t limit = 100;
  std::vector<std::string> fields;  // Empty: all; "__name__" for names only.
};
fs::StructuredQuery MakeQuery(const QuerySpec& spec);

// What a header is found by.
std::vector<std::string> FoundBy(const Batch& batch);
// The one of them by which a filter finds the fewest; "": none of them.
std::string Narrowest(const BatchFilter& filter);
// Headers sort by this number, newest last: the microsecond of creation, then the id.
std::int64_t NumberOf(const Batch& batch);
// Greater than the number of any batch created before.
std::int64_t NumberAt(Instant created_at);

AnnouncementState StateOf(const Announcement& announcement);
std::vector<std::string> FoundBy(const Announcement& announcement);
std::string Narrowest(const AnnouncementFilter& filter);
// Found by this, an announcement keeps its batch from being dropped.
std::string PendingOf(const BatchId& batch);
std::string AllOf(const BatchId& batch);
inline constexpr char kUnsent[] = "unsent";

// Whether an index of IndexesJson, or one that Firestore keeps unasked, serves this query.
bool Served(const fs::StructuredQuery& query, const std::string& prefix);

// The indexes of a database with this prefix of collections, as deploy/firestore.indexes.json has
// them for `firebase deploy` or `gcloud firestore indexes`: those that queries need, and the fields
// that are too large or change too often to be indexed.
std::string IndexesJson(const std::string& prefix);

}  // namespace tipoff::firestore
