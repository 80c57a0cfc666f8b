#include "store/sqlite/rows.h"

#include <array>

#include "core/journal.h"
#include "store/codec.h"

namespace tipoff::sqlite {
namespace {

constexpr std::int64_t kOrdinalMask = 0xffffffff;

constexpr std::array kCountedStates{
    RequestState::kPending,   RequestState::kPublished, RequestState::kLeased,
    RequestState::kSucceeded, RequestState::kSkipped,   RequestState::kFailed,
    RequestState::kExpired,   RequestState::kCancelled, RequestState::kUndelivered};

Instant At(const Statement& row, int column) { return Instant::FromMicros(row.Int(column)); }

// Binds everything of a header that changes, from parameter `index` on.
int BindHeader(Statement& statement, int index, const Batch& batch) {
  statement.Bind(index++, static_cast<std::int64_t>(batch.version));
  statement.BindText(index++, ToString(batch.phase));
  statement.BindText(index++, ToString(batch.reason));
  statement.BindText(index++, batch.message);
  statement.Bind(index++, std::int64_t{batch.sealed});
  statement.Bind(index++, std::int64_t{batch.rows_written});
  for (RequestState state : kCountedStates) {
    statement.Bind(index++, std::int64_t{batch.counts[state]});
  }
  statement.Bind(index++, static_cast<std::int64_t>(batch.open_become));
  statement.Bind(index++, std::int64_t{batch.rows_open_at_end});
  statement.Bind(index++, batch.predictions);
  statement.Bind(index++, std::int64_t{batch.late});
  statement.Bind(index++, batch.created_at.micros());
  statement.Bind(index++, batch.terminal_by.micros());
  statement.Bind(index++, batch.progress_at.micros());
  statement.Bind(index++, batch.terminal_at.micros());
  statement.Bind(index++, std::int64_t{batch.publication});
  statement.BindText(index++, batch.retry_of.str());
  statement.BindText(index++, batch.journal_hash);
  statement.BindText(index++, EncodeBatchDetails(batch));
  return index;
}

}  // namespace

const std::string kBatchColumns =
    "id, game_date, dataset, version, phase, reason, message, sealed, rows_written, pending, "
    "published, leased, succeeded, skipped, failed, expired, cancelled, undelivered, open_become, "
    "rows_open_at_end, predictions, late, created_at, terminal_by, progress_at, terminal_at, "
    "publication, retry_of, journal_hash, details, batch_no";

const std::string kRequestColumns =
    "r.key, r.player, r.grp, r.state, r.attempt, r.due_at, r.predictions, r.reason, r.worker, "
    "r.worker_version, r.late_at, r.recorded_at, r.published_at, r.leased_at, r.reported_at, "
    "r.counted_at";

const std::string kStagedColumns =
    "key, status, predictions, attempt, reason, worker, worker_version, data_version, staged_at, "
    "body";

std::optional<std::int64_t> FindBatchNo(Connection& db, const BatchId& batch) {
  Statement& find = db.Prepared("SELECT batch_no FROM batch WHERE id=?").With(batch.str());
  if (!find.Step()) return std::nullopt;
  std::int64_t batch_no = find.Int(0);
  find.Reset();
  return batch_no;
}

std::int64_t InsertBatch(Connection& db, const Batch& batch) {
  Statement& insert = db.Prepared(
      "INSERT INTO batch(id, game_date, dataset, version, phase, reason, message, sealed, "
      "rows_written, pending, published, leased, succeeded, skipped, failed, expired, cancelled, "
      "undelivered, open_become, rows_open_at_end, predictions, late, created_at, terminal_by, "
      "progress_at, terminal_at, publication, retry_of, journal_hash, details) "
      "VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)");
  insert.BindText(0, batch.id.str());
  insert.BindText(1, FormatDay(batch.slot.game_date));
  insert.BindText(2, batch.slot.dataset);
  BindHeader(insert, 3, batch);
  insert.Run();
  return db.last_row_id();
}

bool UpdateBatch(Connection& db, const Batch& batch) {
  Statement& update = db.Prepared(
      "UPDATE batch SET version=?, phase=?, reason=?, message=?, sealed=?, rows_written=?, "
      "pending=?, published=?, leased=?, succeeded=?, skipped=?, failed=?, expired=?, "
      "cancelled=?, undelivered=?, open_become=?, rows_open_at_end=?, predictions=?, late=?, "
      "created_at=?, terminal_by=?, progress_at=?, terminal_at=?, publication=?, retry_of=?, "
      "journal_hash=?, details=? WHERE id=? AND version=?");
  int next = BindHeader(update, 0, batch);
  update.BindText(next, batch.id.str());
  update.Bind(next + 1, static_cast<std::int64_t>(batch.version) - 1);
  update.Run();
  return db.changes() == 1;
}

Result<Batch> ReadBatch(const Statement& row) {
  Batch batch;
  int column = 0;
  batch.id = BatchId(row.Text(column++));
  TIPOFF_TRY(batch.slot.game_date, ParseDay(row.View(column++)));
  batch.slot.dataset = row.Text(column++);
  batch.version = static_cast<std::uint64_t>(row.Int(column++));
  TIPOFF_TRY(batch.phase, ParsePhase(row.View(column++)));
  TIPOFF_TRY(batch.reason, ParseReason(row.View(column++)));
  batch.message = row.Text(column++);
  batch.sealed = row.Int(column++) != 0;
  batch.rows_written = static_cast<std::uint32_t>(row.Int(column++));
  for (RequestState state : kCountedStates) {
    batch.counts.Set(state, static_cast<std::uint32_t>(row.Int(column++)));
  }
  batch.open_become = static_cast<OpenBecome>(row.Int(column++));
  batch.rows_open_at_end = static_cast<std::uint32_t>(row.Int(column++));
  batch.predictions = row.Int(column++);
  batch.late = static_cast<std::uint32_t>(row.Int(column++));
  batch.created_at = At(row, column++);
  batch.terminal_by = At(row, column++);
  batch.progress_at = At(row, column++);
  batch.terminal_at = At(row, column++);
  batch.publication = static_cast<std::uint32_t>(row.Int(column++));
  batch.retry_of = BatchId(row.Text(column++));
  batch.journal_hash = row.Text(column++);
  TIPOFF_TRY_STATUS(DecodeBatchDetails(row.View(column), batch));
  return batch;
}

void InsertRequest(Connection& db, std::int64_t batch_no, const NewRequest& request) {
  const Request& row = request.row;
  std::int64_t key = RowKey(batch_no, row.ordinal);
  db.Prepared(
        "INSERT INTO request(key, batch_no, player, grp, state, attempt, due_at, predictions, "
        "reason, worker, worker_version, late_at, recorded_at, published_at, leased_at, "
        "reported_at, counted_at) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
      .With(key, batch_no, row.player.str(), row.group, row.state, row.attempt, row.due_at.micros(),
            row.predictions, row.reason, row.worker, row.worker_version, row.late_at.micros(),
            row.hops.recorded.micros(), row.hops.published.micros(), row.hops.leased.micros(),
            row.hops.reported.micros(), row.hops.counted.micros())
      .Run();
  db.Prepared("INSERT INTO request_spec(key, body) VALUES(?,?)")
      .With(key, EncodeSpec(request.spec))
      .Run();
}

void UpdateRequest(Connection& db, std::int64_t batch_no, const Request& row) {
  db.Prepared(
        "UPDATE request SET state=?, attempt=?, due_at=?, predictions=?, reason=?, worker=?, "
        "worker_version=?, late_at=?, published_at=?, leased_at=?, reported_at=?, counted_at=? "
        "WHERE key=?")
      .With(row.state, row.attempt, row.due_at.micros(), row.predictions, row.reason, row.worker,
            row.worker_version, row.late_at.micros(), row.hops.published.micros(),
            row.hops.leased.micros(), row.hops.reported.micros(), row.hops.counted.micros(),
            RowKey(batch_no, row.ordinal))
      .Run();
}

Request ReadRequest(const Statement& row) {
  Request request;
  request.ordinal = static_cast<std::uint32_t>(row.Int(0) & kOrdinalMask);
  request.player = PlayerId(row.Text(1));
  request.group = row.Text(2);
  request.state = static_cast<RequestState>(row.Int(3));
  request.attempt = static_cast<std::uint16_t>(row.Int(4));
  request.due_at = At(row, 5);
  request.predictions = static_cast<std::int32_t>(row.Int(6));
  request.reason = row.Text(7);
  request.worker = row.Text(8);
  request.worker_version = row.Text(9);
  request.late_at = At(row, 10);
  request.hops = {At(row, 11), At(row, 12), At(row, 13), At(row, 14), At(row, 15)};
  return request;
}

void InsertJournal(Connection& db, std::int64_t batch_no, const Batch& next,
                   std::string_view text) {
  db.Prepared("INSERT INTO journal(key, body, hash) VALUES(?,?,?)")
      .With(RowKey(batch_no, static_cast<std::int64_t>(next.version)), text, next.journal_hash)
      .Run();
}

void InsertAnnouncement(Connection& db, const Announcement& announcement) {
  db.Prepared(
        "INSERT OR REPLACE INTO announcement(id, batch, target, tries, due_at, sent_at, "
        "dead, last_error, kind, detail, recorded_at) VALUES(?,?,?,?,?,?,?,?,?,?,?)")
      .With(announcement.id, announcement.batch.str(), announcement.target, announcement.tries,
            announcement.due_at.micros(), announcement.sent_at.micros(), announcement.dead,
            announcement.last_error, announcement.kind, announcement.detail,
            announcement.recorded_at.micros())
      .Run();
}

std::vector<Announcement> SelectAnnouncements(Connection& db, const AnnouncementFilter& filter,
                                              Instant now) {
  std::string where = "WHERE id>?1 AND (?2='' OR target=?2) AND (?3='' OR id=?3)";
  if (filter.due) where += " AND sent_at=0 AND dead=0 AND due_at<=?4";
  if (filter.state == AnnouncementState::kPending) where += " AND sent_at=0 AND dead=0";
  if (filter.state == AnnouncementState::kSent) where += " AND sent_at<>0";
  if (filter.state == AnnouncementState::kDead) where += " AND sent_at=0 AND dead=1";
  Statement& list =
      db.Prepared(
            "SELECT id, batch, target, kind, detail, recorded_at, tries, due_at, sent_at, "
            "dead, last_error FROM announcement " +
            where + (filter.due ? " ORDER BY due_at, id" : " ORDER BY id") + " LIMIT ?5")
          .With(filter.after, filter.target, filter.id, now.micros(), filter.limit);
  std::vector<Announcement> announcements;
  while (list.Step()) {
    Announcement& found = announcements.emplace_back();
    found.id = list.Text(0);
    found.batch = BatchId(list.Text(1));
    found.target = list.Text(2);
    found.kind = list.Text(3);
    found.detail = list.Text(4);
    found.recorded_at = At(list, 5);
    found.tries = static_cast<int>(list.Int(6));
    found.due_at = At(list, 7);
    found.sent_at = At(list, 8);
    found.dead = list.Int(9) != 0;
    found.last_error = list.Text(10);
  }
  return announcements;
}

Record ReplaceRecord(WriteContext& context, Record record) {
  record.at = context.now;
  context.db.Prepared("INSERT OR REPLACE INTO record(kind, id, at, body) VALUES(?,?,?,?)")
      .With(record.kind, record.id, record.at.micros(), record.body)
      .Run();
  return record;
}

Completion InsertStaged(Connection& db, std::int64_t batch_no, const StagedResult& result,
                        Instant now) {
  const Completion& outcome = result.outcome;
  std::int64_t key = RowKey(batch_no, outcome.ordinal);
  db.Prepared(
        "INSERT INTO staged(key, status, predictions, attempt, reason, worker, "
        "worker_version, data_version, staged_at, body) VALUES(?,?,?,?,?,?,?,?,?,?) "
        "ON CONFLICT(key) DO NOTHING")
      .With(key, ToString(outcome.status), outcome.predictions, outcome.attempt, outcome.reason,
            outcome.worker, outcome.worker_version, result.data_version, now.micros(),
            EncodePredictions(result.predictions))
      .Run();
  if (db.changes() == 1) return outcome;
  Statement& find = db.Prepared(
                          "SELECT status, predictions, attempt, reason, worker, worker_version "
                          "FROM staged WHERE key=?")
                        .With(key);
  TIPOFF_CHECK(find.Step(), "a staged result vanished within its transaction");
  Completion stored = outcome;
  auto status = ParseRequestState(find.View(0));
  stored.status = status.ok() ? *status : RequestState::kFailed;
  stored.predictions = static_cast<std::int32_t>(find.Int(1));
  stored.attempt = static_cast<std::uint16_t>(find.Int(2));
  stored.reason = find.Text(3);
  stored.worker = find.Text(4);
  stored.worker_version = find.Text(5);
  find.Reset();
  return stored;
}

Result<StagedResult> ReadStaged(const Statement& row, const BatchId& batch) {
  StagedResult staged;
  staged.batch = batch;
  staged.outcome.ordinal = row.Int(0) & kOrdinalMask;
  TIPOFF_TRY(staged.outcome.status, ParseRequestState(row.View(1)));
  staged.outcome.predictions = static_cast<std::int32_t>(row.Int(2));
  staged.outcome.attempt = static_cast<std::uint16_t>(row.Int(3));
  staged.outcome.reason = row.Text(4);
  staged.outcome.worker = row.Text(5);
  staged.outcome.worker_version = row.Text(6);
  staged.data_version = row.Text(7);
  staged.staged_at = At(row, 8);
  TIPOFF_TRY(staged.predictions, DecodePredictions(row.View(9)));
  return staged;
}

}  // namespace tipoff::sqlite
