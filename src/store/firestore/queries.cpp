#include "store/firestore/queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "base/json.h"
#include "base/random.h"

namespace tipoff::firestore {
namespace {

namespace json = boost::json;

constexpr int kTieBits = 10;

void Where(fs::StructuredQuery& query, const std::string& field,
           fs::StructuredQuery::FieldFilter::Operator op, const fs::Value& value) {
  auto* all = query.mutable_where()->mutable_composite_filter();
  all->set_op(fs::StructuredQuery::CompositeFilter::AND);
  auto* filter = all->add_filters()->mutable_field_filter();
  filter->mutable_field()->set_field_path(field);
  filter->set_op(op);
  *filter->mutable_value() = value;
}

fs::Value Key(const std::string& text) {
  fs::Value value;
  value.set_string_value(text);
  return value;
}

std::string SlotKey(const Slot& slot) { return FormatDay(slot.game_date) + "|" + slot.dataset; }

std::string_view Word(AnnouncementState state) {
  switch (state) {
    case AnnouncementState::kSent: return "sent";
    case AnnouncementState::kDead: return "dead";
    default: return "pending";
  }
}

// "Found by X, in the order of a field".
struct Order {
  const char* collection;
  const char* field;
  bool descending;
};
constexpr Order kOrders[] = {
    {"prediction_batches", "number", true},
    {"prediction_batches", "publication", true},
    {"tipoff_announcements", "id", false},
    {"tipoff_announcements", "due_at", false},
};

// Too large to be indexed, or changing with each commit and never asked for.
struct Unindexed {
  const char* collection;
  bool prefixed;  // Collections below a document have no prefix.
  const char* field;
};
constexpr Unindexed kUnindexed[] = {
    {"prediction_batches", true, "header"},
    {"prediction_batches", true, "message"},
    {"prediction_batches", true, "counts"},
    {"prediction_batches", true, "completed_players"},
    {"prediction_batches", true, "failed_players"},
    {"tipoff_requests", false, "rows"},
    {"tipoff_requests", false, "specs"},
    {"tipoff_requests", false, "players"},
    {"tipoff_journal", false, "text"},
    {"tipoff_journal", false, "hash"},
    {"tipoff_staged", false, "body"},
    {"tipoff_staged", false, "reason"},
    {"tipoff_entries", false, "body"},
    {"tipoff_announcements", true, "detail"},
    {"tipoff_announcements", true, "last_error"},
    {"tipoff_slates", true, "body"},
    {"tipoff_quarantine", true, "body"},
    {"tipoff_quarantine", true, "reason"},
};

}  // namespace

fs::StructuredQuery MakeQuery(const QuerySpec& spec) {
  fs::StructuredQuery query;
  query.add_from()->set_collection_id(spec.collection);
  using Filter = fs::StructuredQuery::FieldFilter;
  if (!spec.found_by.empty()) {
    Where(query, kFoundBy, Filter::ARRAY_CONTAINS, Key(spec.found_by));
  }
  if (spec.above) Where(query, spec.order, Filter::GREATER_THAN, *spec.above);
  if (spec.below) Where(query, spec.order, Filter::LESS_THAN, *spec.below);
  if (spec.at_most) Where(query, spec.order, Filter::LESS_THAN_OR_EQUAL, *spec.at_most);
  if (!spec.order.empty()) {
    auto* order = query.add_order_by();
    order->mutable_field()->set_field_path(spec.order);
    order->set_direction(spec.descending ? fs::StructuredQuery::DESCENDING
                                         : fs::StructuredQuery::ASCENDING);
  }
  std::size_t most = std::numeric_limits<std::int32_t>::max();
  query.mutable_limit()->set_value(static_cast<std::int32_t>(std::min(spec.limit, most)));
  for (const std::string& field : spec.fields) {
    query.mutable_select()->add_fields()->set_field_path(field);
  }
  return query;
}

std::vector<std::string> FoundBy(const Batch& batch) {
  std::vector<std::string> keys{
      "date:" + FormatDay(batch.slot.game_date), "slot:" + SlotKey(batch.slot),
      fmt::format("phase:{}", ToString(batch.phase)), IsTerminal(batch.phase) ? "ended" : "live"};
  if (IsTerminal(batch.phase) && batch.rows_open_at_end > 0) keys.push_back("unsettled");
  if (!batch.retry_of.empty()) keys.push_back("retry_of:" + batch.retry_of.str());
  if (batch.publication > 0) {
    keys.push_back("published");
    keys.push_back("published:" + SlotKey(batch.slot));
  }
  return keys;
}

std::string Narrowest(const BatchFilter& filter) {
  if (filter.published_only) {
    return filter.slot ? "published:" + SlotKey(*filter.slot) : "published";
  }
  if (filter.retry_of) return "retry_of:" + filter.retry_of->str();
  if (filter.slot) return "slot:" + SlotKey(*filter.slot);
  if (filter.unsettled) return "unsettled";
  if (filter.live_only) return "live";
  if (filter.game_date) return "date:" + FormatDay(*filter.game_date);
  if (filter.phase) return fmt::format("phase:{}", ToString(*filter.phase));
  return filter.ended_before ? "ended" : "";
}

std::int64_t NumberOf(const Batch& batch) {
  auto tie = static_cast<std::int64_t>(MixText(0, batch.id.str()) % (1u << kTieBits));
  return (batch.created_at.micros() << kTieBits) | tie;
}

std::int64_t NumberAt(Instant created_at) { return created_at.micros() << kTieBits; }

AnnouncementState StateOf(const Announcement& announcement) {
  if (!announcement.sent_at.never()) return AnnouncementState::kSent;
  return announcement.dead ? AnnouncementState::kDead : AnnouncementState::kPending;
}

std::vector<std::string> FoundBy(const Announcement& announcement) {
  AnnouncementState state = StateOf(announcement);
  std::vector<std::string> keys{std::string(Word(state)), "target:" + announcement.target,
                                fmt::format("{}:{}", Word(state), announcement.target),
                                AllOf(announcement.batch)};
  if (state != AnnouncementState::kSent) keys.push_back(kUnsent);
  if (state == AnnouncementState::kPending) keys.push_back(PendingOf(announcement.batch));
  return keys;
}

std::string Narrowest(const AnnouncementFilter& filter) {
  std::optional<AnnouncementState> state = filter.state;
  if (filter.due) state = AnnouncementState::kPending;
  if (state && !filter.target.empty()) return fmt::format("{}:{}", Word(*state), filter.target);
  if (state) return std::string(Word(*state));
  return filter.target.empty() ? "" : "target:" + filter.target;
}

std::string PendingOf(const BatchId& batch) { return "pending_of:" + batch.str(); }
std::string AllOf(const BatchId& batch) { return "of:" + batch.str(); }

bool Served(const fs::StructuredQuery& query, const std::string& prefix) {
  const std::string& collection = query.from(0).collection_id();
  std::string order = query.order_by_size() > 0 ? query.order_by(0).field().field_path() : "";
  bool found_by = false;
  for (const auto& filter : query.where().composite_filter().filters()) {
    const auto& field = filter.field_filter();
    found_by |= field.op() == fs::StructuredQuery::FieldFilter::ARRAY_CONTAINS;
    if (field.field().field_path() != kFoundBy && field.field().field_path() != order) return false;
  }
  if (query.order_by_size() > 1) return false;
  for (const Unindexed& field : kUnindexed) {
    if ((field.prefixed ? prefix : "") + field.collection == collection && field.field == order) {
      return false;
    }
  }
  if (!found_by || order.empty()) return true;  // One field: Firestore's own index.
  bool descending = query.order_by(0).direction() == fs::StructuredQuery::DESCENDING;
  return std::any_of(std::begin(kOrders), std::end(kOrders), [&](const Order& known) {
    return prefix + known.collection == collection && known.field == order &&
           known.descending == descending;
  });
}

std::string IndexesJson(const std::string& prefix) {
  json::array indexes;
  for (const Order& order : kOrders) {
    const char* direction = order.descending ? "DESCENDING" : "ASCENDING";
    indexes.push_back({{"collectionGroup", prefix + order.collection},
                       {"queryScope", "COLLECTION"},
                       {"fields",
                        {{{"fieldPath", kFoundBy}, {"arrayConfig", "CONTAINS"}},
                         {{"fieldPath", order.field}, {"order", direction}}}}});
  }
  json::array overrides;
  for (const Unindexed& field : kUnindexed) {
    overrides.push_back({{"collectionGroup", (field.prefixed ? prefix : "") + field.collection},
                         {"fieldPath", field.field},
                         {"indexes", json::array()}});
  }
  return DumpJsonPretty(json::object{{"indexes", std::move(indexes)},
                                     {"fieldOverrides", std::move(overrides)}}) +
         "\n";
}

}  // namespace tipoff::firestore
