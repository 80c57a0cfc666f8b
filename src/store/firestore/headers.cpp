// Headers and rows of batches as documents; the platform's field names are those of its own tools.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/json.h"
#include "store/codec.h"
#include "store/firestore/documents.h"
#include "store/firestore/limits.h"
#include "store/firestore/queries.h"

namespace tipoff::firestore {
namespace {

namespace json = boost::json;

void Set(fs::Document& document, const char* field, fs::Value value) {
  (*document.mutable_fields())[field] = std::move(value);
}

constexpr RequestState StateAt(int i) { return static_cast<RequestState>(i); }

// The whole header as one text: what of it has fields of its own is told to others by them, and
// read back from here.
std::string EncodeHeader(const Batch& batch) {
  json::array counts;
  for (int i = 0; i < kRequestStates; ++i) counts.emplace_back(batch.counts[StateAt(i)]);
  return DumpJson(json::object{{"id", batch.id.str()},
                               {"game_date", FormatDay(batch.slot.game_date)},
                               {"dataset", batch.slot.dataset},
                               {"version", batch.version},
                               {"phase", ToString(batch.phase)},
                               {"reason", ToString(batch.reason)},
                               {"message", batch.message},
                               {"sealed", batch.sealed},
                               {"rows_written", batch.rows_written},
                               {"counts", std::move(counts)},
                               {"open_become", static_cast<int>(batch.open_become)},
                               {"rows_open_at_end", batch.rows_open_at_end},
                               {"predictions", batch.predictions},
                               {"late", batch.late},
                               {"created_at_us", batch.created_at.micros()},
                               {"terminal_by_us", batch.terminal_by.micros()},
                               {"progress_at_us", batch.progress_at.micros()},
                               {"terminal_at_us", batch.terminal_at.micros()},
                               {"publication", batch.publication},
                               {"retry_of", batch.retry_of.str()},
                               {"journal_hash", batch.journal_hash},
                               {"details", EncodeBatchDetails(batch)}});
}

fs::Value Counted(const Counts& counts) {
  fs::Value value;
  auto& fields = *value.mutable_map_value()->mutable_fields();
  for (int i = 0; i < kRequestStates; ++i) {
    fields[std::string(ToString(StateAt(i)))] = Integer(counts[StateAt(i)]);
  }
  return value;
}

Result<Batch> ReadHeader(JsonReader& reader) {
  auto small = [&](const char* field) { return static_cast<std::uint32_t>(reader.Integer(field)); };
  auto at = [&](const char* field) { return Instant::FromMicros(reader.Integer(field)); };
  Batch batch;
  batch.id = BatchId(reader.Text("id"));
  batch.slot = {reader.Date("game_date"), reader.Text("dataset")};
  batch.version = static_cast<std::uint64_t>(reader.Integer("version"));
  TIPOFF_TRY(batch.phase, ParsePhase(reader.Text("phase")));
  TIPOFF_TRY(batch.reason, ParseReason(reader.Text("reason")));
  batch.message = reader.Text("message");
  batch.sealed = reader.Boolean("sealed");
  batch.rows_written = small("rows_written");
  const json::array* counts = reader.Array("counts");
  for (int i = 0; counts != nullptr && i < kRequestStates; ++i) {
    auto number = json::try_value_to<std::uint32_t>(static_cast<std::size_t>(i) < counts->size()
                                                        ? (*counts)[static_cast<std::size_t>(i)]
                                                        : json::value());
    if (!number.has_value()) return Error{Errc::kCorrupt, "counts: not a number for each state"};
    batch.counts.Set(StateAt(i), *number);
  }
  batch.open_become = static_cast<OpenBecome>(reader.Integer("open_become"));
  batch.rows_open_at_end = small("rows_open_at_end");
  batch.predictions = reader.Integer("predictions");
  batch.late = small("late");
  batch.created_at = at("created_at_us");
  batch.terminal_by = at("terminal_by_us");
  batch.progress_at = at("progress_at_us");
  batch.terminal_at = at("terminal_at_us");
  batch.publication = small("publication");
  batch.retry_of = BatchId(reader.Text("retry_of"));
  batch.journal_hash = reader.Text("journal_hash");
  TIPOFF_TRY_STATUS(DecodeBatchDetails(reader.Text("details"), batch));
  TIPOFF_TRY_STATUS(reader.status());
  return batch;
}

}  // namespace

fs::Document HeaderDocument(const Batch& batch, Instant now) {
  bool terminal = IsTerminal(batch.phase);
  bool stalled = batch.reason == Reason::kStalled;
  bool cleared = batch.reason == Reason::kClearedByOperator;
  fs::Document document;
  // The platform's.
  Set(document, "batch_id", Text(batch.id.str()));
  Set(document, "game_date", Text(FormatDay(batch.slot.game_date)));
  Set(document, "expected_players", Integer(batch.expected()));
  Set(document, "total_predictions", Integer(batch.predictions));
  Set(document, "is_complete", Boolean(terminal));
  Set(document, "completion_time", TimeOrNull(batch.terminal_at));
  Set(document, "correlation_id", Text(batch.correlation_id));
  Set(document, "dataset_prefix", Text(batch.slot.dataset));
  Set(document, "updated_at", Time(now));
  Set(document, "stall_completed", Boolean(stalled));
  Set(document, "stall_reason", Text(stalled ? batch.message : ""));
  Set(document, "manual_clear", Boolean(cleared));
  Set(document, "clear_reason", Text(cleared ? batch.message : ""));
  Set(document, "completed_count", Integer(batch.counts.done()));
  // Ours.
  Set(document, "phase", Text(ToString(batch.phase)));
  Set(document, "reason", Text(ToString(batch.reason)));
  Set(document, "message", Text(batch.message));
  Set(document, "terminal_by", Time(batch.terminal_by));
  Set(document, "version", Integer(static_cast<std::int64_t>(batch.version)));
  Set(document, "progress_at", TimeOrNull(batch.progress_at));
  Set(document, "counts", Counted(batch.counts));
  Set(document, "slot", Text(FormatDay(batch.slot.game_date) + "|" + batch.slot.dataset));
  Set(document, "sealed", Boolean(batch.sealed));
  Set(document, "publication", Integer(batch.publication));
  Set(document, "header", Text(EncodeHeader(batch)));
  Set(document, kFoundBy, Texts(FoundBy(batch)));
  return document;
}

void AddCreated(const Batch& batch, std::uint32_t rows_per_document, fs::Document& document) {
  Set(document, "start_time", Time(batch.created_at));
  Set(document, "created_at", Time(batch.created_at));
  Set(document, "completed_players", NoTexts());
  Set(document, "failed_players", NoTexts());
  Set(document, "number", Integer(NumberOf(batch)));
  Set(document, "rows_per_document", Integer(rows_per_document));
}

Result<Batch> DecodeHeader(const fs::Document& document) {
  auto value = ParseJson(TextOf(document, "header"));
  if (!value.ok()) {
    return Error{Errc::kCorrupt, "the header can't be read: " + value.error().message};
  }
  JsonReader reader(*value, "header");
  auto batch = ReadHeader(reader);
  if (!batch.ok()) {
    return Error{Errc::kCorrupt, "the header can't be read: " + batch.error().message};
  }
  return batch;
}

Result<std::uint32_t> RowsPerDocument(std::uint32_t expected) {
  if (expected > kRequestsPerBatch) {
    return Error{Errc::kExhausted,
                 fmt::format("{} requests in one batch; on Firestore a batch has {} at most",
                             expected, kRequestsPerBatch)};
  }
  return std::max(kRowsPerDocument, (expected + kDocumentsPerBatch - 1) / kDocumentsPerBatch);
}

Names NamesIn(const std::vector<Request>& rows) {
  Names names;
  for (const Request& row : rows) {
    bool done = row.state == RequestState::kSucceeded || row.state == RequestState::kSkipped;
    if (done) names.completed.push_back(row.player.str());
    if (row.state == RequestState::kFailed) names.failed.push_back(row.player.str());
  }
  return names;
}

std::string RowKey(std::uint32_t ordinal) { return fmt::format("r{}", ordinal); }

std::int64_t OrdinalOf(std::string_view key) {
  std::uint32_t ordinal = 0;
  if (!key.starts_with('r')) return -1;
  auto [end, problem] = std::from_chars(key.data() + 1, key.data() + key.size(), ordinal);
  return problem == std::errc() && end == key.data() + key.size() ? std::int64_t{ordinal} : -1;
}

fs::Value EncodeRow(const Request& row) {
  return Text(DumpJson(json::object{{"player", row.player.str()},
                                    {"group", row.group},
                                    {"state", ToString(row.state)},
                                    {"attempt", row.attempt},
                                    {"due_at_us", row.due_at.micros()},
                                    {"predictions", row.predictions},
                                    {"reason", row.reason},
                                    {"worker", row.worker},
                                    {"worker_version", row.worker_version},
                                    {"late_at_us", row.late_at.micros()},
                                    {"recorded_at_us", row.hops.recorded.micros()},
                                    {"published_at_us", row.hops.published.micros()},
                                    {"leased_at_us", row.hops.leased.micros()},
                                    {"reported_at_us", row.hops.reported.micros()},
                                    {"counted_at_us", row.hops.counted.micros()}}));
}

Result<Request> DecodeRow(std::uint32_t ordinal, const fs::Value& value) {
  auto parsed = ParseJson(TextOf(value));
  if (!parsed.ok()) return Error{Errc::kCorrupt, "a request can't be read"};
  JsonReader reader(*parsed, RowKey(ordinal));
  auto at = [&](const char* field) { return Instant::FromMicros(reader.Integer(field)); };
  Request row;
  row.ordinal = ordinal;
  row.player = PlayerId(reader.Text("player"));
  row.group = reader.Text("group");
  TIPOFF_TRY(row.state, ParseRequestState(reader.Text("state")));
  row.attempt = static_cast<std::uint16_t>(reader.Integer("attempt"));
  row.due_at = at("due_at_us");
  row.predictions = static_cast<std::int32_t>(reader.Integer("predictions"));
  row.reason = reader.Text("reason");
  row.worker = reader.Text("worker");
  row.worker_version = reader.Text("worker_version");
  row.late_at = at("late_at_us");
  row.hops = {at("recorded_at_us"), at("published_at_us"), at("leased_at_us"), at("reported_at_us"),
              at("counted_at_us")};
  if (!reader.status().ok()) return Error{Errc::kCorrupt, reader.status().error().message};
  return row;
}

std::string PlayerKey(const PlayerId& player, const std::string& group) {
  return player.str() + '\x1f' + group;
}

Result<std::map<std::uint32_t, Request>> DecodeRows(const fs::Document& document) {
  std::map<std::uint32_t, Request> rows;
  for (const auto& [key, value] : MapOf(document, "rows")) {
    std::int64_t ordinal = OrdinalOf(key);
    if (ordinal < 0) continue;
    TIPOFF_TRY(Request row, DecodeRow(static_cast<std::uint32_t>(ordinal), value));
    rows[row.ordinal] = std::move(row);
  }
  return rows;
}

Result<std::map<std::uint32_t, RequestSpec>> DecodeSpecs(const fs::Document& document) {
  std::map<std::uint32_t, RequestSpec> specs;
  for (const auto& [key, value] : MapOf(document, "specs")) {
    std::int64_t ordinal = OrdinalOf(key);
    if (ordinal < 0) continue;
    TIPOFF_TRY(specs[static_cast<std::uint32_t>(ordinal)], DecodeSpec(TextOf(value)));
  }
  return specs;
}

}  // namespace tipoff::firestore
